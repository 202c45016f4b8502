// The records in which running kernels report bad data: one for each kernel, in device memory, and a flag in the host's
// memory that says whether a record was written. A wait looks at the flag; records are copied only if the flag is set.
// Reader ends intervals and checks them; callKernel gives each launcher its kernel's record.
//
// An asynchronous read throws the reports of kernels before it, not of kernels after it. Therefore records are kept in
// intervals: each read ends one, and kernels that are launched after it use other records and another flag:
//
//   stream      | kernels | read 1 | kernels | read 2 | kernels ...
//   interval    |<--- 1 ---------->|<--- 2 ---------->|<-- 3, current_
//
// So the address of a kernel's record changes with every read. A CUDA graph would need a permanent interval, since it
// keeps the addresses that it was captured with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <vector>

#include "device/device.h"
#include "memory/staging.h"
#include "runtime/registry.h"

namespace wengert {

class Faults {
 public:
  /// The kernels that were launched between two reads. They count from 1.
  using Interval = std::uint64_t;

  /// Throws DeviceFailure if there is no memory.
  Faults(Device& device, Staging& staging);
  ~Faults();
  Faults(const Faults&) = delete;
  Faults& operator=(const Faults&) = delete;

  const std::vector<const Kernel*>& kernels() const { return kernels_; }
  /// The record in which the kernel with this number reports if it is launched now.
  KernelFault* recordOf(std::size_t kernel) const { return current_.records + kernel; }

  /// Ends the interval, for a read that must later call `check` or `forget` with it. `reached` is a ticket for
  /// everything that was launched in it. Does not wait for the device, unless no memory is left for the records of more
  /// intervals: then it waits for the end of the oldest one. Throws DeviceFailure; if it throws, the interval has not
  /// ended.
  Interval endInterval(Ticket reached);

  /// Throws InvalidCall that names everything that kernels found up to the end of the interval, which the device must
  /// have reached; and DeviceFailure, which names them as well, for a fault that stopped a kernel. They are then
  /// erased, but intervals that had already ended report it too.
  void check(Interval until);

  /// For a read that failed: `check` will not be called with the interval. Does nothing for 0 or a checked interval.
  void forget(Interval until) noexcept;

 private:
  /// Intervals whose records are allocated together.
  static constexpr std::size_t placesPerBlock = 64;

  /// The records of an interval, and their flag.
  struct Place {
    KernelFault* records = nullptr;  // (kernels)
    volatile int* flag = nullptr;
  };

  struct Block {
    KernelFault* records;  // (placesPerBlock, kernels), in device memory
    int* flags;            // (placesPerBlock), pinned
  };

  struct Ended {
    Place place;
    Ticket reached;
  };

  struct Report {
    Interval found;
    Interval told;  // the last interval that had ended when it was first thrown; 0 before that
    std::string text;
  };

  std::size_t recordBytes() const { return kernels_.size() * sizeof(KernelFault); }
  bool allocateBlock();
  void makePlace();
  void lookAtOldest();
  void eraseToldReports() noexcept;

  Device& device_;
  Staging& staging_;
  std::vector<const Kernel*> kernels_;
  std::vector<Block> blocks_;
  std::vector<Place> free_;    // not used by an interval
  Place current_;              // of the interval that has not ended
  std::deque<Ended> waiting_;  // of intervals that ended and were not looked at: looked_ + 1 to ended_
  Interval ended_ = 0;         // the last one that ended
  Interval looked_ = 0;        // the last one whose flag was looked at
  std::set<Interval> open_;    // ended by reads that have not been checked
  std::vector<Report> reports_;
};

}  // namespace wengert
