// The emulated device (device.h): a queue (kernels/emulator/launch/runtime.h), and host memory with a limit, so that
// tests can run out of it. Only the emulator addons contain this file; device-cuda.cc is its counterpart. Kernels run
// in kernels/emulator.
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <unordered_map>

#include "device/device.h"
#include "emulator/launch/driver.h"
#include "emulator/launch/runtime.h"
#include "emulator/races/memory.h"
#include "runtime/check.h"

namespace wengert {

const char* const Device::kind = "emulator";
#ifdef WENGERT_RACES
const bool Device::watchesAccesses = true;
#else
const bool Device::watchesAccesses = false;
#endif

namespace {

constexpr std::size_t alignment = 2 * 1024 * 1024;

/// Bytes of all emulated devices of this process together, as on one GPU.
std::atomic<std::size_t> inUse{0};
std::atomic<int> devices{0};

/// The number of bytes in an environment variable, or `otherwise` if it is not set.
std::size_t bytesFrom(const char* variable, std::size_t least, std::size_t otherwise) {
  const char* const text = std::getenv(variable);
  if (text == nullptr || *text == 0) return otherwise;
  char* end = nullptr;
  const double bytes = std::strtod(text, &end);
  if (*end != 0 || !(bytes >= static_cast<double>(least) && bytes < 9e15))
    throw DeviceFailure(std::string(variable) + " must be a number of bytes of at least " + std::to_string(least) + ", got " +
                        text);
  return static_cast<std::size_t>(bytes);
}

/// Takes `bytes` of the `limit` bytes of the device's memory. False if fewer are left.
bool takeMemory(std::size_t bytes, std::size_t limit) noexcept {
  std::size_t used = inUse;
  do {
    if (bytes > limit || used > limit - bytes) return false;
  } while (!inUse.compare_exchange_weak(used, used + bytes));
  return true;
}

/// Shared memory that a block may have, by compute capability.
int sharedOf(int capability) {
  if (capability >= 120) return 99 * 1024;
  if (capability >= 90) return 227 * 1024;
  if (capability == 80 || capability == 87) return 163 * 1024;
  if (capability >= 80) return 99 * 1024;
  return 64 * 1024;
}

class EmulatedDevice final : public Device {
 public:
  EmulatedDevice() {
    info_.name = "Wengert emulator";
    info_.memory = bytesFrom("WENGERT_EMULATOR_MEMORY", 1, std::size_t{4} << 30);
    emulator::setKernelLoading(bytesFrom("WENGERT_EMULATOR_KERNEL_MEMORY", 0, 0),
                               [limit = info_.memory](std::size_t bytes) { return takeMemory(bytes, limit); });
    // The same on every host: the result of a kernel may depend on the number of blocks, and that on the processors.
    info_.processors = 4;
    pretend(90);
    queue_ = &work_;
    devices++;
  }

  ~EmulatedDevice() override {
    abandon();
    await(mark());
    // The threads that run blocks serve all devices; they end with the last device.
    if (--devices == 0) emulator::shutdown();
  }

  void* allocate(std::size_t bytes) noexcept override {
    if (!takeMemory(bytes, info_.memory)) return nullptr;
    void* data = nullptr;
    if (posix_memalign(&data, bytes >= alignment ? alignment : 4096, bytes) != 0) {
      inUse -= bytes;
      return nullptr;
    }
    sizes_[data] = bytes;
    return data;
  }

  void release(void* data) noexcept override {
    const auto found = sizes_.find(data);
    inUse -= found->second;
    sizes_.erase(found);
    std::free(data);
  }

  std::size_t freeMemory() noexcept override { return info_.memory - inUse; }

  void* allocatePinned(std::size_t bytes) noexcept override {
    void* const data = std::malloc(bytes);
    if (data != nullptr) pinned_ += bytes;
    return data;
  }
  void releasePinned(void* data, std::size_t bytes) noexcept override {
    std::free(data);
    pinned_ -= bytes;
  }

  void upload(void* target, const void* pinned, std::size_t bytes) override {
    work_.submit([=] { std::memcpy(target, pinned, bytes); });
  }
  void download(void* pinned, const void* source, std::size_t bytes) override {
    work_.submit([=] { std::memcpy(pinned, source, bytes); });
  }
  void fill(void* target, unsigned char value, std::size_t bytes) override {
    work_.submit([=] { std::memset(target, value, bytes); });
  }
  void copy(void* target, const void* source, std::size_t bytes) override {
    work_.submit([=] { std::memcpy(target, source, bytes); });
  }

  Ticket mark() override { return work_.position(); }
  bool isDone(Ticket ticket) override { return work_.isDone(ticket); }
  void await(Ticket ticket) override { work_.wait(ticket); }
  void read(void* target, const void* source, std::size_t bytes, Ticket after) override {
    await(after);
    std::memcpy(target, source, bytes);
  }
  Moment noteTime() override {
    if (idleTimes_.empty()) {
      times_.emplace_back();
      idleTimes_.reserve(times_.size());
      idleTimes_.push_back(times_.size() - 1);
    }
    const Moment moment = idleTimes_.back();
    // A new object each time: if nothing waited for the last one, the queue may still write to it.
    times_[moment] = std::make_shared<NotedTime>();
    work_.submit([time = times_[moment]] { time->at = std::chrono::steady_clock::now(); });
    times_[moment]->reached = work_.position();
    idleTimes_.pop_back();
    return moment;
  }
  double elapsed(Moment from, Moment to) override {
    for (const Moment moment : {from, to}) await(times_[moment]->reached);
    return std::chrono::duration<double, std::micro>(times_[to]->at - times_[from]->at).count();
  }
  void forgetTime(Moment moment) noexcept override {
    times_[moment].reset();
    idleTimes_.push_back(moment);
  }

  void abandon() override { work_.drop(); }
  std::string takeFault() override { return work_.takeFault(); }

  void watch(const void* data, std::size_t bytes) override {
    if (watchesAccesses) work_.submit([=] { emulator::registerMemory(data, bytes); });
  }
  void unwatch(const void* data) noexcept override {
    if (watchesAccesses) work_.submit([=] { emulator::unregisterMemory(data); });
  }

  void pretend(int capability) override {
    if (capability < 75 || capability > 121)
      throw InvalidCall("emulator: capability must be from 75 to 121, got " + std::to_string(capability));
    info_.capability = capability;
    info_.mostShared = sharedOf(capability);
    work_.setMostShared(static_cast<std::size_t>(info_.mostShared));
  }

  void setSchedule(const Schedule& schedule) override {
    if (schedule.detectRaces && !watchesAccesses)
      throw InvalidCall("emulator: detectRaces requires the addon that records accesses; set WENGERT_EMULATOR_RACES=1");
    work_.wait(work_.position());
    emulator::setOptions({schedule.seed, schedule.shuffle, schedule.detectRaces});
  }

  std::vector<std::string> takeRaces() override {
    work_.wait(work_.position());
    return emulator::takeRaces();
  }

 private:
  struct NotedTime {
    Ticket reached = 0;
    std::chrono::steady_clock::time_point at;  // written by the queue's thread
  };

  emulator::Queue work_;
  std::unordered_map<void*, std::size_t> sizes_;
  std::vector<std::shared_ptr<NotedTime>> times_;
  std::vector<Moment> idleTimes_;
};

}  // namespace

std::unique_ptr<Device> Device::open() { return std::make_unique<EmulatedDevice>(); }

}  // namespace wengert
