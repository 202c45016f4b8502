// The twins of the CUDA runtime's functions that start kernels (driver.h): attributes, loading, errors of the calling
// thread. A launch itself is in runtime.cpp and launch.cpp.
#include "emulator/launch/driver.h"

#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "emulator/launch/runtime.h"

namespace {

struct Kernels {
  std::mutex mutex;
  std::unordered_map<const void*, int> shared;  // of each kernel that was loaded: the dynamic shared memory it may have
  std::size_t bytes = 0;
  std::function<bool(std::size_t)> take;
};

/// Never destroyed: detached threads may still launch at exit.
Kernels& kernels() {
  static Kernels& all = *new Kernels;
  return all;
}

thread_local cudaError_t lastError = cudaSuccess;

cudaError_t fail(cudaError_t error) { return lastError = error; }

/// The limit of the kernel's dynamic shared memory. Loads the kernel on its first use; null if there is no memory for
/// that. The caller holds the lock.
int* loaded(const void* function) {
  Kernels& all = kernels();
  if (const auto found = all.shared.find(function); found != all.shared.end()) return &found->second;
  if (all.bytes > 0 && !all.take(all.bytes)) return nullptr;
  return &(all.shared[function] = emulator::defaultShared);
}

}  // namespace

const char* cudaGetErrorName(cudaError_t error) {
  switch (error) {
    case cudaSuccess: return "cudaSuccess";
    case cudaErrorInvalidValue: return "cudaErrorInvalidValue";
    case cudaErrorMemoryAllocation: return "cudaErrorMemoryAllocation";
    case cudaErrorNotReady: return "cudaErrorNotReady";
  }
  return "unrecognized error code";
}

const char* cudaGetErrorString(cudaError_t error) {
  switch (error) {
    case cudaSuccess: return "no error";
    case cudaErrorInvalidValue: return "invalid argument";
    case cudaErrorMemoryAllocation: return "out of memory";
    case cudaErrorNotReady: return "device not ready";
  }
  return "unrecognized error code";
}

cudaError_t cudaGetLastError() { return std::exchange(lastError, cudaSuccess); }

cudaError_t cudaStreamQuery(cudaStream_t stream) {
  return stream->isDone(stream->position()) ? cudaSuccess : cudaErrorNotReady;
}

cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* attributes, const void* function) {
  const std::lock_guard lock(kernels().mutex);
  const int* const shared = loaded(function);
  if (shared == nullptr) return fail(cudaErrorMemoryAllocation);
  *attributes = {0, *shared};
  return cudaSuccess;
}

cudaError_t cudaFuncSetAttribute(const void* function, cudaFuncAttribute attribute, int value) {
  if (attribute != cudaFuncAttributeMaxDynamicSharedMemorySize || value < 0 ||
      static_cast<std::size_t>(value) > emulator::mostShared)
    return fail(cudaErrorInvalidValue);
  const std::lock_guard lock(kernels().mutex);
  int* const shared = loaded(function);
  if (shared == nullptr) return fail(cudaErrorMemoryAllocation);
  *shared = value;
  return cudaSuccess;
}

namespace emulator {

void setKernelLoading(std::size_t bytes, std::function<bool(std::size_t)> take) {
  const std::lock_guard lock(kernels().mutex);
  kernels().bytes = bytes;
  kernels().take = std::move(take);
}

cudaError_t launchKernel(cudaStream_t stream, const char* name, const void* function, Dim3 grid, Dim3 block,
                         std::size_t sharedBytes, const Call* call) {
  std::unique_ptr<const Call> owned(call);
  {
    const std::lock_guard lock(kernels().mutex);
    const int* const shared = loaded(function);
    if (shared == nullptr) return fail(cudaErrorMemoryAllocation);
    if (sharedBytes > static_cast<std::size_t>(*shared) || sharedBytes > stream->mostShared())
      return fail(cudaErrorInvalidValue);
  }
  stream->launch(name, grid, block, sharedBytes, std::move(owned));
  return cudaSuccess;
}

}  // namespace emulator
