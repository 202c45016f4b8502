// Where running kernels report bad data: a record for each kernel, in device memory, and a flag in the host's memory that
// says whether any was written. So a wait looks at the flag alone; records travel only where there is something to tell.
//
// An asynchronous read reports what kernels before it found, not those after it. Therefore records are kept in intervals:
// each read ends one, and the kernels that are launched after it have records and a flag of their own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "device.h"
#include "registry.h"

namespace wengert {

class Faults {
 public:
  /// The kernels that were launched between two reads. They count from 1.
  using Interval = std::uint64_t;

  /// Throws DeviceFailure if there is no memory.
  explicit Faults(Device& device);
  ~Faults();
  Faults(const Faults&) = delete;
  Faults& operator=(const Faults&) = delete;

  const std::vector<const Kernel*>& kernels() const { return kernels_; }
  /// Where the kernel with this number reports what it finds, if it is launched now.
  KernelFault* recordOf(std::size_t kernel) const { return current_ + kernel; }

  /// Ends the interval. `reached` is a ticket for everything that was launched in it. Waits for the device if it has not
  /// reached the end of the 64th interval before this one.
  Interval endInterval(Ticket reached);

  /// Throws InvalidCall that names everything that kernels found up to the end of the interval, which the device must
  /// have reached; and DeviceFailure, which names that as well, for what stopped a kernel. Afterwards it is forgotten,
  /// except that the intervals which had ended by then tell it too, 64 of them at most.
  void check(Interval until);

 private:
  /// Intervals that have records of their own.
  static constexpr std::size_t most = 64;

  struct Report {
    Interval found;
    Interval told;  // the last interval that had ended when it was first thrown; 0 before that
    std::string text;
  };

  std::size_t recordBytes() const { return kernels_.size() * sizeof(KernelFault); }
  std::size_t placeOf(Interval interval) const { return interval % most; }
  KernelFault* recordsOf(Interval interval) const { return records_ + placeOf(interval) * kernels_.size(); }
  void release() noexcept;
  void lookAt(Interval interval);

  Device& device_;
  std::vector<const Kernel*> kernels_;
  KernelFault* records_ = nullptr;  // (most, kernels)
  KernelFault* current_ = nullptr;  // those of the interval that has not ended
  volatile int* flags_ = nullptr;   // (most)
  std::array<Ticket, most> reached_{};
  Interval ended_ = 0;              // the last one that ended
  Interval looked_ = 0;             // the last one whose flag was looked at
  std::vector<Report> reports_;
};

}  // namespace wengert
