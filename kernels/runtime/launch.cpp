// The parts of a launch that are not templates (launch.h): the error of a failed launch, and the limit of shared memory. Built
// once for the addon: by nvcc for CUDA, by the C++ compiler for the emulator.
#include "runtime/launch.h"

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <unordered_map>

namespace wengert {

std::string LaunchShape::describe() const {
  const auto show = [](dim3 d) {
    return "(" + std::to_string(d.x) + ", " + std::to_string(d.y) + ", " + std::to_string(d.z) + ")";
  };
  const std::string file = where.file_name();
  const std::size_t folder = file.rfind("kernels/");
  return "<<<" + show(grid) + ", " + show(block) + ", " + std::to_string(sharedBytes) + ">>> at " +
         (folder == std::string::npos ? file : file.substr(folder)) + ":" + std::to_string(where.line());
}

DeviceFailure launchFailure(const Stream& on, const LaunchShape& shape, cudaError_t status) {
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

cudaError_t allowShared(const void* function, std::size_t bytes, int mostShared) {
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

}  // namespace wengert
