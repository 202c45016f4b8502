// What the addon asks of a device: memory, copies, and to know when work is done. device-cuda.cc and
// device-emulator.cc are the two devices; an addon has one of them.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/stream.h"

namespace wengert {

struct DeviceInfo {
  std::string name;
  int capability = 0;      // 75, 80, 90, ...
  int processors = 1;      // streaming multiprocessors
  int mostShared = 0;      // bytes of shared memory that a block may have
  std::size_t memory = 0;  // bytes
  int driver = 0;          // 13000 for CUDA 13.0; 0 on the emulator
  int runtime = 0;
};

/// In which order the emulator runs threads and copies, and whether it looks for races.
struct Schedule {
  std::uint64_t seed = 0;
  bool shuffle = false;
  bool detectRaces = false;
  bool operator==(const Schedule&) const = default;
};

/// Everything submitted until a certain moment.
using Ticket = std::uint64_t;

/// A point of the stream whose time was noted: an index into the device's own list.
using Moment = std::size_t;

/// A device with one stream of work. All but `await` and `read` is called by the thread that opened it.
class Device {
 public:
  /// Throws DeviceFailure that says why there is none.
  static std::unique_ptr<Device> open();
  /// As programs call it.
  static const char* const kind;
  /// Whether this addon's kernels report their accesses to the race detector.
  static const bool watchesAccesses;

  virtual ~Device() = default;

  /// Null where there is no memory.
  virtual void* allocate(std::size_t bytes) noexcept = 0;
  /// Nothing that was submitted may still use the memory.
  virtual void release(void* data) noexcept = 0;
  virtual std::size_t freeMemory() noexcept = 0;

  /// Host memory that the device reads and writes by itself. Null where there is none.
  virtual void* allocatePinned(std::size_t bytes) noexcept = 0;
  virtual void releasePinned(void* data, std::size_t bytes) noexcept = 0;
  /// Bytes of it that this process has now.
  static std::size_t pinned() { return pinned_; }

  /// Work in the order of the stream; `pinned` must stay as it is until then. These throw DeviceFailure.
  virtual void upload(void* target, const void* pinned, std::size_t bytes) = 0;
  virtual void download(void* pinned, const void* source, std::size_t bytes) = 0;
  virtual void fill(void* target, unsigned char value, std::size_t bytes) = 0;
  /// From one place of the device's memory to another.
  virtual void copy(void* target, const void* source, std::size_t bytes) = 0;

  virtual Ticket mark() = 0;
  virtual bool isDone(Ticket ticket) = 0;
  /// Blocks the calling thread, which may be any.
  virtual void await(Ticket ticket) = 0;
  /// Waits for `after`, and copies to any memory of the host; what is submitted meanwhile does not wait for that. Blocks
  /// the calling thread, which may be any. Throws DeviceFailure.
  virtual void read(void* target, const void* source, std::size_t bytes, Ticket after) = 0;
  /// Notes the time at which the stream reaches this point. The moment must be given to `forgetTime`. Throws DeviceFailure.
  virtual Moment noteTime() = 0;
  /// Microseconds of the device's clock from one moment to a later one; waits for both. Throws DeviceFailure.
  virtual double elapsed(Moment from, Moment to) = 0;
  virtual void forgetTime(Moment moment) noexcept = 0;
  /// Starts or stops the range that an attached profiler records. The emulator has no profiler.
  virtual void profile(bool) noexcept {}

  /// Nobody will look at the results any more: forgets what has not begun, where that is possible.
  virtual void abandon() {}

  /// What made the device useless for the rest of the process, as an illegal address does; empty where nothing did.
  virtual std::string failure() noexcept { return {}; }

  /// What a kernel did that stopped it, since the last call; empty where nothing.
  virtual std::string takeFault() { return {}; }

  /// In the order of the stream: accesses just beside `bytes` bytes of data are wrong from here on, or no more. Only
  /// where the device watches accesses.
  virtual void watch(const void*, std::size_t) {}
  virtual void unwatch(const void*) noexcept {}

  /// What only the emulator can do; a GPU throws InvalidCall.
  virtual void pretend(int capability) = 0;
  virtual void setSchedule(const Schedule& schedule) = 0;
  virtual std::vector<std::string> takeRaces() = 0;

  const DeviceInfo& info() const { return info_; }
  void* queue() const { return queue_; }

 protected:
  DeviceInfo info_;
  void* queue_ = nullptr;  // cudaStream_t, or the emulator's Queue
  inline static std::atomic<std::size_t> pinned_{0};
};

}  // namespace wengert
