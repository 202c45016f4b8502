// The interface of a device: memory, copies, and tickets that tell when work is done. device-cuda.cc and
// device-emulator.cc implement it; an addon contains one of them. Memory, Staging, Faults and Reader use it. Launches
// go to the device's queue directly (kernels/runtime/launch.h).
//
//   stream   | upload | launch | launch | download |
//                                    ^mark() = 7             isDone(7): everything before the mark is done
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

/// The order in which the emulator runs threads and copies, and whether it detects races.
struct Schedule {
  std::uint64_t seed = 0;
  bool shuffle = false;
  bool detectRaces = false;
  bool operator==(const Schedule&) const = default;
};

/// All work that was submitted before a call of `mark`.
using Ticket = std::uint64_t;

/// A point of the stream whose time was noted: an index into the device's own list.
using Moment = std::size_t;

/// A device with one stream of work. All functions except `await` and `read` are called by the thread that opened it.
class Device {
 public:
  /// Throws DeviceFailure that says why there is no device.
  static std::unique_ptr<Device> open();
  /// The device's name in programs and messages: "cuda" or "emulator".
  static const char* const kind;
  /// Whether this addon's kernels report their accesses to the race detector.
  static const bool watchesAccesses;

  virtual ~Device() = default;

  /// Device memory; null if there is none left.
  virtual void* allocate(std::size_t bytes) noexcept = 0;
  /// No submitted work may still use the memory.
  virtual void release(void* data) noexcept = 0;
  virtual std::size_t freeMemory() noexcept = 0;

  /// Host memory that the device reads and writes directly; null if there is none left.
  virtual void* allocatePinned(std::size_t bytes) noexcept = 0;
  virtual void releasePinned(void* data, std::size_t bytes) noexcept = 0;
  /// Bytes of pinned memory that this process has now.
  static std::size_t pinned() { return pinned_; }

  /// Copies in the order of the stream. `pinned` must not change before the copy is done. These throw DeviceFailure.
  virtual void upload(void* target, const void* pinned, std::size_t bytes) = 0;
  virtual void download(void* pinned, const void* source, std::size_t bytes) = 0;
  virtual void fill(void* target, unsigned char value, std::size_t bytes) = 0;
  /// A copy within the device's memory.
  virtual void copy(void* target, const void* source, std::size_t bytes) = 0;

  /// A ticket for all work that was submitted so far.
  virtual Ticket mark() = 0;
  virtual bool isDone(Ticket ticket) = 0;
  /// Blocks the calling thread until the ticket is reached. Any thread may call it.
  virtual void await(Ticket ticket) = 0;
  /// Waits for `after`, and copies to any host memory. Work that is submitted meanwhile does not wait for the copy.
  /// Blocks the calling thread, which may be any. Throws DeviceFailure.
  virtual void read(void* target, const void* source, std::size_t bytes, Ticket after) = 0;
  /// Records the time at which the stream reaches this point. Pass the moment to `forgetTime` later. Throws
  /// DeviceFailure.
  virtual Moment noteTime() = 0;
  /// Microseconds of the device's clock from one moment to a later one; waits for both. Throws DeviceFailure.
  virtual double elapsed(Moment from, Moment to) = 0;
  virtual void forgetTime(Moment moment) noexcept = 0;
  /// Starts or stops the range that an attached profiler records. The emulator has no profiler.
  virtual void profile(bool) noexcept {}

  /// Called when no results are needed any more: drops work that has not begun, if the device can.
  virtual void abandon() {}

  /// The error after which the device cannot be used by this process any more, such as an illegal address; else empty.
  virtual std::string failure() noexcept { return {}; }

  /// The fault that stopped a kernel since the last call; else empty.
  virtual std::string takeFault() { return {}; }

  /// From this point of the stream on, accesses of kernels just outside [data, data + bytes) are faults (watch), or are
  /// not any more (unwatch). Only if the device watches accesses.
  virtual void watch(const void*, std::size_t) {}
  virtual void unwatch(const void*) noexcept {}

  /// For the emulator only; a GPU throws InvalidCall.
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
