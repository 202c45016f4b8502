// How the threads of a block wait for each other: barriers of the block, and collectives of a warp. Members of Block
// (block.h), called by __syncthreads, shuffles, votes and matrix instructions. mbarriers are in instructions/bulk.cpp.
#include <bit>
#include <cstring>

#include "emulator/block/block.h"

namespace emulator {

void Block::barrier(int id, int count, bool waits) {
  if (id < 0 || id >= 16) fault("barrier " + std::to_string(id) + ": the number of a barrier must be from 0 to 15");
  if (count <= 0 || (count % 32 != 0 && count != threadCount_))
    fault("barrier " + std::to_string(id) + ": the count must be a multiple of 32, got " + std::to_string(count));
  Barrier& barrier = barriers_[id];
  if (barrier.arrived.empty()) barrier.count = count;
  if (barrier.count != count)
    fault("barrier " + std::to_string(id) + ": threads pass different counts, " +
          std::to_string(barrier.count) + " and " + std::to_string(count));
  Thread& self = *running_;
  barrier.arrived.push_back(self.number);
  const bool isLast = static_cast<int>(barrier.arrived.size()) == count;
  if (!isLast) {
    if (!waits) {
      // The other threads learn what this thread has done so far, but not what it does after its arrival.
      if (detecting_) detector_.release(self.number, barrier.arrivals);
    } else {
      barrier.waiting.push_back(&self);
      suspend();
    }
  } else {
    completeBarrier(barrier, waits);
  }
  maybePreempt();
}

/// The last thread has arrived: every waiting thread learns everything that the threads had done when they arrived.
void Block::completeBarrier(Barrier& barrier, bool lastWaits) {
  if (detecting_) {
    for (const Thread* thread : barrier.waiting) detector_.release(thread->number, barrier.arrivals);
    detector_.release(running_->number, barrier.arrivals);
    for (const Thread* thread : barrier.waiting) detector_.acquire(thread->number, barrier.arrivals);
    if (lastWaits) detector_.acquire(running_->number, barrier.arrivals);
    barrier.arrivals.generic.clear();
    barrier.arrivals.async.clear();
  }
  for (std::size_t i = barrier.waiting.size(); i-- > 0;) wake(*barrier.waiting[i]);
  barrier.arrived.clear();
  barrier.waiting.clear();
}

void Block::collective(std::uint32_t mask, const char* operation, void* slot, Combine combine, const void* argument) {
  gather(mask, operation, slot, combine, argument, false);
}

void Block::syncWarp(std::uint32_t mask) {
  gather(mask, "__syncwarp", nullptr, nullptr, nullptr, true);
  maybePreempt();
}

/// A lane arrives at a collective. Lanes of one mask form a gathering; the last lane to arrive combines the slots of
/// all and makes the others ready. A warp can have several gatherings at a time, of lanes that diverged:
///
///   lanes 0-15    __shfl_xor(0x0000ffff)    gathering 0: arrived 0x00000fff, waits
///   lanes 16-31   __shfl_xor(0xffff0000)    gathering 1: arrived 0xffff0000, complete
///
/// `orders` is true for __syncwarp, the only one that orders memory accesses.
void Block::gather(std::uint32_t mask, const char* operation, void* slot, Combine combine, const void* argument,
                   bool orders) {
  Thread& self = *running_;
  Warp& warp = warps_[self.number / 32];
  const int lane = self.number % 32;
  if (!(mask >> lane & 1)) fault(std::string(operation) + ": the calling lane is not in its mask");
  warp.slots[lane] = slot;
  int g = warp.gatherings;
  for (int i = 0; i < warp.gatherings; i++) {
    const Gathering& other = warp.at[i];
    if (other.mask == mask && (other.operation == operation || std::strcmp(other.operation, operation) == 0)) g = i;
    // This lane is expected by another gathering that includes lanes of its mask: the two would wait for each other.
    else if ((other.mask >> lane & 1) && (other.arrived & mask))
      fault(std::string(operation) + ": other lanes of the mask call " + other.operation + " or pass a different mask");
  }
  Gathering& gathering = warp.at[g];
  if (g == warp.gatherings) {
    warp.gatherings++;
    gathering = {mask, 0, operation};
  }
  gathering.arrived |= 1u << lane;
  if (gathering.arrived != mask) {
    suspend();
    return;
  }
  gathering = warp.at[--warp.gatherings];
  if (combine != nullptr) combine(warp.slots, mask, argument);
  const int first = self.number - lane;
  if (orders && detecting_) {
    int numbers[32], count = 0;
    for (std::uint32_t rest = mask; rest != 0; rest &= rest - 1) numbers[count++] = first + std::countr_zero(rest);
    detector_.synchronise(numbers, count);
  }
  for (std::uint32_t rest = mask & ~(1u << lane); rest != 0;) {
    const int highest = 31 - std::countl_zero(rest);
    rest ^= 1u << highest;
    ready_.push_back(&all_[first + highest]);
  }
}

}  // namespace emulator
