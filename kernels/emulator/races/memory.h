// Guard bands around global memory: in code with the access hooks, an access just outside an allocation is a Fault. The
// emulated device registers buffers here, and Block checks accesses. Shared memory is the race detector's.
//
//   | guardBytes | allocation [begin, end) | guardBytes |      an access that touches a guard band is a fault
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace emulator {

/// The bytes before and after a registered allocation that no other allocation may use.
constexpr std::size_t guardBytes = 256;

/// From the next launch on, accesses of kernels that touch a guard band of [data, data + bytes) are faults.
void registerMemory(const void* data, std::size_t bytes);
void unregisterMemory(const void* data);

struct Region {
  std::uintptr_t begin;
  std::uintptr_t end;
};

/// All registered allocations, by address. A launch uses the list with which it started.
using Regions = std::vector<Region>;
std::shared_ptr<const Regions> registeredMemory();

/// Checks accesses of one block. Addresses far from any allocation are fine: they are the kernel's stack and constants.
class MemoryCheck {
 public:
  void use(std::shared_ptr<const Regions> regions);

  bool isFine(const void* address, std::size_t bytes) {
    const auto begin = reinterpret_cast<std::uintptr_t>(address);
    if (begin + bytes + guardBytes <= low_ || begin >= high_ + guardBytes) return true;
    for (const Region& region : recent_)
      if (begin >= region.begin && begin + bytes <= region.end) return true;
    return search(begin, bytes);
  }
  /// The error of an access, or an empty string.
  std::string describe(const void* address, std::size_t bytes) const;

 private:
  bool search(std::uintptr_t begin, std::size_t bytes);

  std::shared_ptr<const Regions> regions_;
  std::uintptr_t low_ = 0;
  std::uintptr_t high_ = 0;
  Region recent_[4] = {};  // where the last accesses were
  unsigned next_ = 0;
};

}  // namespace emulator
