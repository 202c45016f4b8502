// launch(kernel, {grid, block, sharedBytes}, args...): the one way in which a kernel starts, on CUDA and on the emulator.
#pragma once

#include <cstdlib>
#include <memory>
#include <source_location>
#include <string>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "common.cuh"
#include "stream.h"

#ifndef __CUDACC__
#include "emulator/runtime.h"
#endif

namespace wengert {

/// The shape of a launch, and the line that asked for it.
struct LaunchShape {
  dim3 grid;
  dim3 block;
  std::size_t sharedBytes;
  std::source_location where;

  LaunchShape(dim3 grid, dim3 block, std::size_t sharedBytes = 0,
              std::source_location where = std::source_location::current())
      : grid(grid), block(block), sharedBytes(sharedBytes), where(where) {}

  /// "<<<(128, 1, 1), (256, 1, 1), 0>>> at kernels/matmul.cu:120", for messages.
  std::string describe() const {
    const auto show = [](dim3 d) {
      return "(" + std::to_string(d.x) + ", " + std::to_string(d.y) + ", " + std::to_string(d.z) + ")";
    };
    const std::string file = where.file_name();
    const std::size_t folder = file.rfind("kernels/");
    return "<<<" + show(grid) + ", " + show(block) + ", " + std::to_string(sharedBytes) + ">>> at " +
           (folder == std::string::npos ? file : file.substr(folder)) + ":" + std::to_string(where.line());
  }
};

#ifdef __CUDACC__

/// What is known of a launch that did not work. An error such as an illegal address stays: every later call gives it, so
/// it is a kernel before this one that failed, unless each launch is waited for.
inline DeviceFailure launchFailure(const Stream& on, const LaunchShape& shape, cudaError_t status) {
  static const char* const blocking = std::getenv("CUDA_LAUNCH_BLOCKING");
  const std::string error = std::string(cudaGetErrorString(status)) + " (" + cudaGetErrorName(status) + ")";
  const cudaError_t state = cudaStreamQuery(static_cast<cudaStream_t>(on.handle));
  cudaGetLastError();  // so that it is not taken for the error of a later call
  const bool isBroken = state != cudaSuccess && state != cudaErrorNotReady;
  if (isBroken && (blocking == nullptr || std::string(blocking) == "0"))
    return DeviceFailure(std::string(on.kernel) + ": a kernel before it failed: " + error +
                         "; with CUDA_LAUNCH_BLOCKING=1 the error names it");
  return DeviceFailure(std::string(on.kernel) + ": " + error + " at launch " + shape.describe(),
                       status == cudaErrorMemoryAllocation);
}

/// Lets a kernel have more shared memory than all kernels may. Asked of the driver once for each kernel and size.
inline cudaError_t allowShared(const void* function, std::size_t bytes) {
  static thread_local std::unordered_map<const void*, std::size_t> allowed;
  std::size_t& most = allowed[function];
  if (bytes <= most) return cudaSuccess;
  const cudaError_t status =
      cudaFuncSetAttribute(function, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(bytes));
  if (status == cudaSuccess) most = bytes;
  return status;
}

/// Starts `kernel` on the current stream. Throws DeviceFailure with the launcher's name, the shape and the line.
template <class... P, class... A>
void launch(void (*kernel)(P...), const LaunchShape& shape, A&&... args) {
  static_assert(sizeof...(P) == sizeof...(A), "the kernel takes another number of arguments");
  const Stream& on = stream();
  if (on.options.skipLaunches) return;
  const void* function = reinterpret_cast<const void*>(kernel);
  const auto check = [&](cudaError_t status) {
    if (status != cudaSuccess) [[unlikely]]
      throw launchFailure(on, shape, status);
  };
  if (shape.sharedBytes > 48 * 1024) check(allowShared(function, shape.sharedBytes));
  std::tuple<std::remove_cv_t<P>...> values(std::forward<A>(args)...);
  std::apply(
      [&](auto&... value) {
        void* pointers[] = {const_cast<void*>(static_cast<const void*>(&value))...};
        check(cudaLaunchKernel(function, shape.grid, shape.block, pointers, shape.sharedBytes,
                               static_cast<cudaStream_t>(on.handle)));
      },
      values);
}

#else

/// A kernel and its arguments, until every thread of its grid has called it. Of the parameters' types alone, so that
/// kernels which share them share its code.
template <class... P>
class Call final : public emulator::Call {
 public:
  template <class... A>
  explicit Call(void (*kernel)(P...), A&&... args) : kernel_(kernel), args_(std::forward<A>(args)...) {}
  void operator()() const override { std::apply(kernel_, args_); }

 private:
  void (*kernel_)(P...);
  std::tuple<std::remove_cv_t<P>...> args_;
};

/// Puts `kernel` on the current stream's queue; it runs on the emulator's own threads.
template <class... P, class... A>
void launch(void (*kernel)(P...), const LaunchShape& shape, A&&... args) {
  static_assert(sizeof...(P) == sizeof...(A), "the kernel takes another number of arguments");
  const Stream& on = stream();
  if (on.options.skipLaunches) return;
  static_cast<emulator::Queue*>(on.handle)->launch(on.kernel, shape.grid, shape.block, shape.sharedBytes,
                                                   std::make_unique<Call<P...>>(kernel, std::forward<A>(args)...));
}

#endif

}  // namespace wengert
