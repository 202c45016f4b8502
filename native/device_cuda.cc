// The GPU: plain CUDA runtime. Device 0 of those that CUDA_VISIBLE_DEVICES leaves.
#include <cuda_runtime.h>

#include <cstdlib>
#include <deque>
#include <mutex>
#include <vector>

#include "check.h"
#include "device.h"

namespace wengert {

const char* const Device::kind = "cuda";
const bool Device::watchesAccesses = false;

namespace {

/// Stands for all kernels: where there is no code for it, there is none for them.
__global__ void probeKernel() {}

void check(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  throw DeviceFailure(std::string("cuda: ") + what + ": " + cudaGetErrorString(status) + " (" + cudaGetErrorName(status) + ")",
                      status == cudaErrorMemoryAllocation);
}

std::string versionText(int number) {
  return std::to_string(number / 1000) + "." + std::to_string(number % 1000 / 10);
}

/// Throws with the reason in words that help.
void findDevice(int driver, int runtime) {
  if (driver == 0) throw DeviceFailure("there is no NVIDIA driver");
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status == cudaErrorInsufficientDriver)
    throw DeviceFailure("the driver is too old: it supports CUDA " + versionText(driver) + ", the addon was built with " +
                        versionText(runtime));
  if (status == cudaErrorNoDevice || (status == cudaSuccess && count == 0)) {
    const char* const visible = std::getenv("CUDA_VISIBLE_DEVICES");
    throw DeviceFailure(std::string("there is no GPU") +
                        (visible ? std::string(" among CUDA_VISIBLE_DEVICES=") + visible : std::string()));
  }
  check(status, "no GPU can be used");
  check(cudaSetDevice(0), "the GPU cannot be used");
  check(cudaFree(nullptr), "the GPU cannot be used");
}

int attributeOf(cudaDeviceAttr attribute) {
  int value = 0;
  check(cudaDeviceGetAttribute(&value, attribute, 0), "the GPU does not say what it is");
  return value;
}

class CudaDevice final : public Device {
 public:
  CudaDevice() {
    cudaDriverGetVersion(&info_.driver);
    cudaRuntimeGetVersion(&info_.runtime);
    findDevice(info_.driver, info_.runtime);
    cudaDeviceProp properties;
    check(cudaGetDeviceProperties(&properties, 0), "the GPU does not say what it is");
    info_.name = properties.name;
    info_.memory = properties.totalGlobalMem;
    info_.capability = 10 * properties.major + properties.minor;
    info_.processors = properties.multiProcessorCount;
    info_.mostShared = attributeOf(cudaDevAttrMaxSharedMemoryPerBlockOptin);
    cudaFuncAttributes attributes;
    if (cudaFuncGetAttributes(&attributes, reinterpret_cast<const void*>(probeKernel)) != cudaSuccess) {
      cudaGetLastError();
      throw DeviceFailure("the addon has no code for " + info_.name + " (compute capability " +
                          std::to_string(properties.major) + "." + std::to_string(properties.minor) +
                          "); build it with WENGERT_CUDA_ARCHITECTURES=" + std::to_string(info_.capability));
    }
    check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "no stream could be made");
    queue_ = stream_;
  }

  ~CudaDevice() override {
    for (const Mark& mark : marks_) cudaEventDestroy(mark.event);
    for (cudaEvent_t event : idle_) cudaEventDestroy(event);
    cudaStreamDestroy(stream_);
  }

  void* allocate(std::size_t bytes) noexcept override {
    void* data = nullptr;
    if (cudaMalloc(&data, bytes) == cudaSuccess) return data;
    cudaGetLastError();  // so that it is not taken for the error of a later launch
    return nullptr;
  }
  void release(void* data) noexcept override { cudaFree(data); }
  std::size_t freeMemory() noexcept override {
    std::size_t free = 0;
    std::size_t total = 0;
    cudaMemGetInfo(&free, &total);
    return free;
  }

  void* allocatePinned(std::size_t bytes) noexcept override {
    void* data = nullptr;
    if (cudaMallocHost(&data, bytes) == cudaSuccess) return data;
    cudaGetLastError();
    return nullptr;
  }
  void releasePinned(void* data) noexcept override { cudaFreeHost(data); }

  void upload(void* target, const void* pinned, std::size_t bytes) override {
    check(cudaMemcpyAsync(target, pinned, bytes, cudaMemcpyHostToDevice, stream_), "a copy to the device failed");
  }
  void download(void* pinned, const void* source, std::size_t bytes) override {
    check(cudaMemcpyAsync(pinned, source, bytes, cudaMemcpyDeviceToHost, stream_), "a copy from the device failed");
  }
  void fill(void* target, unsigned char value, std::size_t bytes) override {
    check(cudaMemsetAsync(target, value, bytes, stream_), "memory could not be filled");
  }

  Ticket mark() override {
    const std::lock_guard lock(mutex_);
    retire();
    cudaEvent_t event;
    if (idle_.empty()) {
      check(cudaEventCreateWithFlags(&event, cudaEventDisableTiming | cudaEventBlockingSync), "no event could be made");
    } else {
      event = idle_.back();
      idle_.pop_back();
    }
    marks_.push_back({++last_, event});
    check(cudaEventRecord(event, stream_), "the device failed");
    return last_;
  }

  bool isDone(Ticket ticket) override {
    const std::lock_guard lock(mutex_);
    retire();
    return marks_.empty() || ticket < marks_.front().ticket;
  }

  void await(Ticket ticket) override {
    cudaEvent_t event;
    {
      const std::lock_guard lock(mutex_);
      if (marks_.empty() || ticket < marks_.front().ticket) return;
      event = marks_[ticket - marks_.front().ticket].event;
    }
    // Should the event be recorded anew before this thread waits, it waits for more than it must, which does no harm.
    check(cudaEventSynchronize(event), "the device failed");
  }

  void pretend(int) override { refuse("capability"); }
  void setSchedule(const Schedule&) override { refuse("shuffle, seed and detectRaces"); }
  std::vector<std::string> takeRaces() override { return {}; }

 private:
  struct Mark {
    Ticket ticket;  // they follow each other without gaps
    cudaEvent_t event;
  };

  [[noreturn]] static void refuse(const char* options) {
    throw InvalidCall(std::string("cuda: only the emulator has the option ") + options);
  }

  /// Takes the marks that were reached off the front.
  void retire() {
    while (!marks_.empty() && cudaEventQuery(marks_.front().event) == cudaSuccess) {
      idle_.push_back(marks_.front().event);
      marks_.pop_front();
    }
    cudaGetLastError();
  }

  cudaStream_t stream_ = nullptr;
  std::mutex mutex_;
  std::deque<Mark> marks_;
  std::vector<cudaEvent_t> idle_;
  Ticket last_ = 0;
};

}  // namespace

std::unique_ptr<Device> Device::open() { return std::make_unique<CudaDevice>(); }

}  // namespace wengert
