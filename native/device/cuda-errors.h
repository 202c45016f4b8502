// Errors of the CUDA runtime as exceptions, for device-cuda.cc and cuda-piecewise-copy.h. Errors of launches are in
// kernels/runtime/launch.h.
#pragma once

#include <cuda_runtime.h>

#include <string>

#include "runtime/stream.h"

namespace wengert {

inline std::string describe(const char* what, cudaError_t status) {
  return std::string("cuda: ") + what + ": " + cudaGetErrorString(status) + " (" + cudaGetErrorName(status) + ")";
}

/// Throws DeviceFailure if a call failed; `what` is the start of the message.
inline void check(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  cudaGetLastError();  // so that it is not taken for the error of a later call
  throw DeviceFailure(describe(what, status), status == cudaErrorMemoryAllocation);
}

/// The message for an error that appears while waiting: it comes from an earlier kernel.
inline constexpr const char* kernelFailed = "a kernel failed (set CUDA_LAUNCH_BLOCKING=1 to see which one)";

}  // namespace wengert
