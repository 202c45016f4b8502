// The part of the CUDA runtime that starts kernels, under its own names, so that launch.h is the same source on a GPU
// and on the emulator. A kernel's attributes belong to the process, not to a thread; a kernel is loaded when it is
// first used, which may take device memory. Kernels do not include this file.
#pragma once

#include <cstddef>
#include <functional>

#include "emulator/launch/launch.h"

namespace emulator {
class Queue;
}

enum cudaError_t {
  cudaSuccess = 0,
  cudaErrorInvalidValue = 1,
  cudaErrorMemoryAllocation = 2,
  cudaErrorNotReady = 600,
};

enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize = 8 };

struct cudaFuncAttributes {
  std::size_t sharedSizeBytes;    // static shared memory; the emulator has none
  int maxDynamicSharedSizeBytes;  // the limit that cudaFuncSetAttribute set
};

using cudaStream_t = emulator::Queue*;

const char* cudaGetErrorName(cudaError_t error);
const char* cudaGetErrorString(cudaError_t error);
/// The error of this thread's last call that failed; the next call returns cudaSuccess.
cudaError_t cudaGetLastError();
cudaError_t cudaStreamQuery(cudaStream_t stream);

/// Both load the kernel.
cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* attributes, const void* function);
cudaError_t cudaFuncSetAttribute(const void* function, cudaFuncAttribute attribute, int value);

namespace emulator {

/// The first use of each kernel permanently takes `bytes` of device memory by calling `take`. If `take` returns false,
/// the call fails with cudaErrorMemoryAllocation and the kernel is not loaded. Zero bytes: loading takes no memory.
void setKernelLoading(std::size_t bytes, std::function<bool(std::size_t)> take);

/// cudaLaunchKernel: loads the kernel at the address `function`, and puts `call` on the stream. Fails with
/// cudaErrorInvalidValue if the launch needs more dynamic shared memory than the kernel's limit, or than a block may
/// have on the stream's device (Queue::setMostShared). Takes ownership of `call`, also if it fails.
cudaError_t launchKernel(cudaStream_t stream, const char* name, const void* function, Dim3 grid, Dim3 block,
                         std::size_t sharedBytes, const Call* call);

}  // namespace emulator
