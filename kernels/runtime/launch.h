// launch(kernel, {grid, block, sharedBytes}, args...): every kernel starts by this function, on CUDA and on the
// emulator.
//
//   launcher --launch()--> stream's queue ----> blocks on the device
//                |  first use: the kernel is loaded (takes device memory; if there is none, the cache is emptied)
//                |  more than 48 KiB of shared memory: the kernel's limit is raised (allowShared)
//                |  an error: DeviceFailure with the launcher, the shape and the line
//
// launch() returns when the kernel is in the queue, before it has run; errors of a running kernel appear later. Only
// launchers call it. Every kernel file includes this header, so it includes little of the standard library: the parts that
// are not templates are in launch.cpp. Kernels themselves, and waiting for results, do not belong here.
#pragma once

#include <source_location>
#include <string>
#include <tuple>
#include <type_traits>
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
  std::string describe() const;
};

/// The error for a launch that failed. An error such as an illegal address is permanent: every later call returns it.
/// So the kernel that failed is one before this launch, unless CUDA_LAUNCH_BLOCKING makes each launch wait.
DeviceFailure launchFailure(const Stream& on, const LaunchShape& shape, cudaError_t status);

/// Raises a kernel's limit of dynamic shared memory to the device's maximum. The attribute belongs to the process: if
/// each thread requested its own size, threads would lower each other's limit.
cudaError_t allowShared(const void* function, std::size_t bytes, int mostShared);

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
  const emulator::Call* const call = new Call<P...>(kernel, args);  // launchKernel owns it
  return emulator::launchKernel(static_cast<cudaStream_t>(on.handle), on.kernel, reinterpret_cast<const void*>(kernel),
                                shape.grid, shape.block, shape.sharedBytes, call);
}

#endif

/// Starts `kernel` on the current stream. A kernel that is used for the first time is loaded, which takes device
/// memory: if none is free, the cache is emptied and the launch tried once more. Throws DeviceFailure with the
/// launcher's name, the shape and the line. Blocks while the stream is full.
template <class... P, class... A>
void launch(void (*kernel)(P...), const LaunchShape& shape, A&&... args) {
  static_assert(sizeof...(P) == sizeof...(A), "the number of arguments must match the kernel");
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
