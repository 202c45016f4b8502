// launch(kernel, {grid, block, sharedBytes}, args...): every kernel starts by this function, on CUDA and on the
// emulator.
//
//   launcher --launch()--> stream's queue ----> blocks on the device
//                |  first use: the kernel is loaded (takes device memory; if there is none, the cache is emptied)
//                |  more than 48 KiB of shared memory: the kernel's limit is raised (allowShared)
//                |  an error: DeviceFailure with the launcher, the shape and the line
//
// launch() returns when the kernel is in the queue, before it has run; errors of a running kernel appear later. Only
// launchers call it. Kernels themselves, and waiting for results, do not belong here.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <source_location>
#include <string>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "runtime/common.cuh"
#include "runtime/stream.h"

#ifndef __CUDACC__
#include "emulator/launch/driver.h"
#endif

namespace wengert {

/// The shape of a launch, and the line that requested it.
struct LaunchShape {
  dim3 grid;
  dim3 block;
  std::size_t sharedBytes;
  std::source_location where;

  LaunchShape(dim3 grid, dim3 block, std::size_t sharedBytes = 0,
              std::source_location where = std::source_location::current())
      : grid(grid), block(block), sharedBytes(sharedBytes), where(where) {}

  /// "<<<(128, 1, 1), (256, 1, 1), 0>>> at kernels/matmul/gemm-loop.cuh:220", for messages.
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

/// The error for a launch that failed. An error such as an illegal address is permanent: every later call returns it.
/// So the kernel that failed is one before this launch, unless CUDA_LAUNCH_BLOCKING makes each launch wait.
inline DeviceFailure launchFailure(const Stream& on, const LaunchShape& shape, cudaError_t status) {
  static const char* const blocking = std::getenv("CUDA_LAUNCH_BLOCKING");
  const std::string error = std::string(cudaGetErrorString(status)) + " (" + cudaGetErrorName(status) + ")";
  const cudaError_t state = cudaStreamQuery(static_cast<cudaStream_t>(on.handle));
  cudaGetLastError();  // so that it is not taken for the error of a later call
  const bool isBroken = state != cudaSuccess && state != cudaErrorNotReady;
  if (isBroken && (blocking == nullptr || std::string(blocking) == "0"))
    return DeviceFailure(std::string(on.kernel) + ": an earlier kernel failed: " + error +
                         "; set CUDA_LAUNCH_BLOCKING=1 to see which one");
  const std::string failed = std::string(on.kernel) + ": the launch " + shape.describe() + " failed: " + error;
  if (status != cudaErrorMemoryAllocation) return DeviceFailure(failed);
  return DeviceFailure(failed + "; loading a kernel for the first time needs device memory, but none is free even after " +
                           "emptying the cache: " + on.describeMemory() +
                           "; dispose tensors that are not needed and try again",
                       true);
}

/// Raises a kernel's limit of dynamic shared memory to the device's maximum. The attribute belongs to the process: if
/// each thread requested its own size, threads would lower each other's limit.
inline cudaError_t allowShared(const void* function, std::size_t bytes, int mostShared) {
  struct Allowed {
    std::mutex mutex;
    std::unordered_map<const void*, std::size_t> bytes;
  };
  static Allowed& allowed = *new Allowed;  // never destroyed: threads may launch while the process ends
  const std::lock_guard lock(allowed.mutex);
  std::size_t& most = allowed.bytes[function];
  if (bytes <= most) return cudaSuccess;
  cudaFuncAttributes attributes;
  cudaError_t status = cudaFuncGetAttributes(&attributes, function);
  if (status != cudaSuccess) return status;
  // Never lower the limit: the emulator has devices of several kinds in one process.
  const std::size_t largest = std::max(most, static_cast<std::size_t>(mostShared) - attributes.sharedSizeBytes);
  status = cudaFuncSetAttribute(function, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(largest));
  if (status == cudaSuccess) most = largest;
  return status;
}

#ifdef __CUDACC__

/// Hands a kernel and its arguments to the driver.
template <class... P>
cudaError_t submitKernel(const Stream& on, void (*kernel)(P...), const LaunchShape& shape,
                         std::tuple<std::remove_cv_t<P>...>& args) {
  return std::apply(
      [&](auto&... arg) {
        void* pointers[] = {const_cast<void*>(static_cast<const void*>(&arg))..., nullptr};
        return cudaLaunchKernel(reinterpret_cast<const void*>(kernel), shape.grid, shape.block, pointers,
                                shape.sharedBytes, static_cast<cudaStream_t>(on.handle));
      },
      args);
}

#else

/// A kernel and its arguments, kept until every thread of its grid has called it. A template of the parameters' types
/// only, so that kernels with the same types share its code.
template <class... P>
class Call final : public emulator::Call {
 public:
  Call(void (*kernel)(P...), const std::tuple<std::remove_cv_t<P>...>& args) : kernel_(kernel), args_(args) {}
  void operator()() const override { std::apply(kernel_, args_); }

 private:
  void (*kernel_)(P...);
  std::tuple<std::remove_cv_t<P>...> args_;
};

/// Puts a kernel and its arguments on the stream's queue; it runs on the emulator's own threads.
template <class... P>
cudaError_t submitKernel(const Stream& on, void (*kernel)(P...), const LaunchShape& shape,
                         const std::tuple<std::remove_cv_t<P>...>& args) {
  std::unique_ptr<const emulator::Call> call = std::make_unique<Call<P...>>(kernel, args);
  return emulator::launchKernel(static_cast<cudaStream_t>(on.handle), on.kernel, reinterpret_cast<const void*>(kernel),
                                shape.grid, shape.block, shape.sharedBytes, call);
}

#endif

/// Starts `kernel` on the current stream. A kernel that is used for the first time is loaded, which takes device
/// memory: if none is free, the cache is emptied and the launch tried once more. Throws DeviceFailure with the
/// launcher's name, the shape and the line. Blocks while the stream is full.
template <class... P, class... A>
void launch(void (*kernel)(P...), const LaunchShape& shape, A&&... args) {
  static_assert(sizeof...(P) == sizeof...(A), "the number of arguments must be that of the kernel");
  Stream& on = stream();
  if (on.options.skipLaunches) return;
  std::tuple<std::remove_cv_t<P>...> values(std::forward<A>(args)...);
  const auto start = [&] {
    if (shape.sharedBytes > defaultShared) {
      const cudaError_t status =
          allowShared(reinterpret_cast<const void*>(kernel), shape.sharedBytes, on.mostShared);
      if (status != cudaSuccess) return status;
    }
    return submitKernel(on, kernel, shape, values);
  };
  cudaError_t status = start();
  if (status == cudaErrorMemoryAllocation) [[unlikely]] {
    cudaGetLastError();  // so that it is not taken for the error of a later call
    on.emptyCache();
    status = start();
  }
  if (status != cudaSuccess) [[unlikely]]
    throw launchFailure(on, shape, status);
}

}  // namespace wengert
