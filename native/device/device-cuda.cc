// The GPU as a Device (device.h), by the CUDA runtime: device 0 of CUDA_VISIBLE_DEVICES. Only the cuda addon contains
// this file; device-emulator.cc is its counterpart. Launches do not go through here but through
// kernels/runtime/launch.h.
//
// A ticket is the number of a CUDA event on the stream. marks_ has the events that were not reached when last asked, in
// order; retire() takes reached ones off the front and keeps the events for reuse.
#include <cuda_runtime.h>

#include <cstdlib>
#include <deque>
#include <mutex>
#include <vector>

#include "device/cuda-errors.h"
#include "device/cuda-piecewise-copy.h"
#include "device/device.h"
#include "runtime/check.h"

// Both are in the runtime that is linked. Declared here because some distributions package cuda_profiler_api.h
// separately.
extern "C" {
cudaError_t CUDARTAPI cudaProfilerStart(void);
cudaError_t CUDARTAPI cudaProfilerStop(void);
}

namespace wengert {

const char* const Device::kind = "cuda";
const bool Device::watchesAccesses = false;

namespace {

/// Represents all kernels: they are compiled for the same targets.
__global__ void probeKernel() {}

std::string versionText(int number) {
  return std::to_string(number / 1000) + "." + std::to_string(number % 1000 / 10);
}

/// Selects device 0. Throws DeviceFailure that says why there is no usable GPU.
void findDevice(int driver, int runtime) {
  if (driver == 0) throw DeviceFailure("there is no NVIDIA driver");
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status == cudaErrorInsufficientDriver)
    throw DeviceFailure("the driver is too old: it supports CUDA " + versionText(driver) +
                        ", but the addon was built with CUDA " + versionText(runtime) + "; update the driver");
  if (status == cudaErrorNoDevice || (status == cudaSuccess && count == 0)) {
    const char* const visible = std::getenv("CUDA_VISIBLE_DEVICES");
    throw DeviceFailure(std::string("there is no GPU") +
                        (visible ? std::string(" in CUDA_VISIBLE_DEVICES=") + visible : std::string()));
  }
  check(status, "the GPUs could not be counted");
  check(cudaSetDevice(0), "the GPU cannot be used");
  check(cudaFree(nullptr), "the GPU cannot be used");
}

int attributeOf(cudaDeviceAttr attribute) {
  int value = 0;
  check(cudaDeviceGetAttribute(&value, attribute, 0), "the GPU's attributes could not be read");
  return value;
}

class CudaDevice final : public Device {
 public:
  CudaDevice() {
    cudaDriverGetVersion(&info_.driver);
    cudaRuntimeGetVersion(&info_.runtime);
    findDevice(info_.driver, info_.runtime);
    cudaDeviceProp properties;
    check(cudaGetDeviceProperties(&properties, 0), "the GPU's properties could not be read");
    info_.name = properties.name;
    info_.memory = properties.totalGlobalMem;
    info_.capability = 10 * properties.major + properties.minor;
    info_.processors = properties.multiProcessorCount;
    info_.mostShared = attributeOf(cudaDevAttrMaxSharedMemoryPerBlockOptin);
    cudaFuncAttributes attributes;
    const cudaError_t status = cudaFuncGetAttributes(&attributes, reinterpret_cast<const void*>(probeKernel));
    if (status == cudaErrorNoKernelImageForDevice || status == cudaErrorInvalidDeviceFunction) {
      cudaGetLastError();
      throw DeviceFailure("the addon has no code for " + info_.name + " (compute capability " +
                          std::to_string(properties.major) + "." + std::to_string(properties.minor) +
                          "); build it with WENGERT_CUDA_ARCHITECTURES=" + std::to_string(info_.capability));
    }
    check(status, "a kernel could not be loaded");
    check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "a stream could not be created");
    queue_ = stream_;
  }

  ~CudaDevice() override {
    for (const Mark& mark : marks_) cudaEventDestroy(mark.event);
    for (cudaEvent_t event : idle_) cudaEventDestroy(event);
    for (cudaEvent_t event : times_) cudaEventDestroy(event);
    cudaStreamDestroy(stream_);
  }

  void* allocate(std::size_t bytes) noexcept override {
    void* data = nullptr;
    if (cudaMalloc(&data, bytes) == cudaSuccess) return data;
    cudaGetLastError();  // so that it is not taken for the error of a later call
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
    if (cudaMallocHost(&data, bytes) != cudaSuccess) {
      cudaGetLastError();
      return nullptr;
    }
    pinned_ += bytes;
    return data;
  }
  void releasePinned(void* data, std::size_t bytes) noexcept override {
    cudaFreeHost(data);
    pinned_ -= bytes;
  }

  void upload(void* target, const void* pinned, std::size_t bytes) override {
    check(cudaMemcpyAsync(target, pinned, bytes, cudaMemcpyHostToDevice, stream_), "a copy to the device failed");
  }
  void download(void* pinned, const void* source, std::size_t bytes) override {
    check(cudaMemcpyAsync(pinned, source, bytes, cudaMemcpyDeviceToHost, stream_), "a copy from the device failed");
  }
  void fill(void* target, unsigned char value, std::size_t bytes) override {
    check(cudaMemsetAsync(target, value, bytes, stream_), "memory could not be filled");
  }
  void copy(void* target, const void* source, std::size_t bytes) override {
    check(cudaMemcpyAsync(target, source, bytes, cudaMemcpyDeviceToDevice, stream_), "a copy on the device failed");
  }

  Ticket mark() override {
    const std::lock_guard lock(mutex_);
    retire();
    cudaEvent_t event;
    if (idle_.empty()) {
      check(cudaEventCreateWithFlags(&event, cudaEventDisableTiming | cudaEventBlockingSync),
            "an event could not be created");
    } else {
      event = idle_.back();
      idle_.pop_back();
    }
    if (const cudaError_t status = cudaEventRecord(event, stream_); status != cudaSuccess) {
      idle_.push_back(event);
      check(status, kernelFailed);
    }
    marks_.push_back({++last_, event});
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
      check(failed_, kernelFailed);
      if (marks_.empty() || ticket < marks_.front().ticket) return;
      event = marks_[ticket - marks_.front().ticket].event;
    }
    // If the event is reused and recorded again before this thread waits, the thread waits longer than needed, which is
    // safe.
    check(cudaEventSynchronize(event), kernelFailed);
  }

  void read(void* target, const void* source, std::size_t bytes, Ticket after) override {
    await(after);
    piecewise_(static_cast<char*>(target), static_cast<const char*>(source), bytes);
  }

  Moment noteTime() override {
    if (idleTimes_.empty()) {
      cudaEvent_t event;
      check(cudaEventCreate(&event), "an event could not be created");
      times_.push_back(event);
      idleTimes_.reserve(times_.size());
      idleTimes_.push_back(times_.size() - 1);
    }
    const Moment moment = idleTimes_.back();
    check(cudaEventRecord(times_[moment], stream_), kernelFailed);
    idleTimes_.pop_back();
    return moment;
  }
  double elapsed(Moment from, Moment to) override {
    float milliseconds = 0;
    check(cudaEventSynchronize(times_[to]), kernelFailed);
    check(cudaEventElapsedTime(&milliseconds, times_[from], times_[to]), kernelFailed);
    return 1000.0 * milliseconds;
  }
  void forgetTime(Moment moment) noexcept override { idleTimes_.push_back(moment); }
  void profile(bool on) noexcept override { on ? cudaProfilerStart() : cudaProfilerStop(); }

  std::string failure() noexcept override {
    const cudaError_t status = cudaStreamQuery(stream_);
    cudaGetLastError();
    return status == cudaSuccess || status == cudaErrorNotReady ? std::string() : describe(kernelFailed, status);
  }

  void pretend(int) override { refuse("capability"); }
  void setSchedule(const Schedule&) override { refuse("shuffle, seed and detectRaces"); }
  std::vector<std::string> takeRaces() override { return {}; }

 private:
  struct Mark {
    Ticket ticket;  // consecutive numbers
    cudaEvent_t event;
  };

  [[noreturn]] static void refuse(const char* options) {
    throw InvalidCall(std::string("cuda: only the emulator supports ") + options);
  }

  /// Removes reached marks from the front. If the device has failed, all marks are removed, and `await` throws the
  /// error.
  void retire() {
    while (!marks_.empty()) {
      const cudaError_t status = cudaEventQuery(marks_.front().event);
      if (status == cudaErrorNotReady) break;
      if (status != cudaSuccess) failed_ = status;
      idle_.push_back(marks_.front().event);
      marks_.pop_front();
    }
    cudaGetLastError();
  }

  cudaStream_t stream_ = nullptr;
  PiecewiseCopy piecewise_{*this};
  std::mutex mutex_;
  cudaError_t failed_ = cudaSuccess;  // the error that a mark ended with
  std::deque<Mark> marks_;
  std::vector<cudaEvent_t> idle_;
  Ticket last_ = 0;
  std::vector<cudaEvent_t> times_;  // events with timing, unlike those of marks; reused
  std::vector<Moment> idleTimes_;
};

}  // namespace

std::unique_ptr<Device> Device::open() { return std::make_unique<CudaDevice>(); }

}  // namespace wengert
