// launch(kernel, {grid, block, sharedBytes}, args...): the one way in which a kernel starts, on CUDA and on the emulator.
#pragma once

#include <source_location>
#include <string>
#include <tuple>
#include <type_traits>
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

/// Starts `kernel` on the current stream. Throws DeviceFailure with the launcher's name, the shape and the line.
template <class... P, class... A>
void launch(void (*kernel)(P...), const LaunchShape& shape, A&&... args) {
  static_assert(sizeof...(P) == sizeof...(A), "the kernel takes another number of arguments");
  const Stream& on = stream();
  if (on.options.skipLaunches) return;
  const void* function = reinterpret_cast<const void*>(kernel);
  const auto check = [&](cudaError_t status) {
    if (status == cudaSuccess) [[likely]]
      return;
    throw DeviceFailure(std::string(on.kernel) + ": " + cudaGetErrorString(status) + " (" + cudaGetErrorName(status) +
                            ") at launch " + shape.describe(),
                        status == cudaErrorMemoryAllocation);
  };
  if (shape.sharedBytes > 48 * 1024)
    check(cudaFuncSetAttribute(function, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(shape.sharedBytes)));
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

/// Puts `kernel` on the current stream's queue; it runs on the emulator's own threads.
template <class... P, class... A>
void launch(void (*kernel)(P...), const LaunchShape& shape, A&&... args) {
  static_assert(sizeof...(P) == sizeof...(A), "the kernel takes another number of arguments");
  const Stream& on = stream();
  if (on.options.skipLaunches) return;
  std::tuple<std::remove_cv_t<P>...> values(std::forward<A>(args)...);
  static_cast<emulator::Queue*>(on.handle)->submit(
      [kernel, values, shape, name = on.kernel] {
        emulator::launchGrid(name, shape.grid, shape.block, shape.sharedBytes, [&] { std::apply(kernel, values); });
      });
}

#endif

}  // namespace wengert
