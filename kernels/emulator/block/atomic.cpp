// The atomic operations of atomic.h. An operation is atomic for the host's threads too, since blocks of a grid run on
// several cores, and the race detector is told that the access is atomic.
#include "emulator/block/atomic.h"

#include <algorithm>
#include <atomic>
#include <type_traits>

#include "emulator/block/block.h"

namespace emulator {

namespace {

/// The value that the operation stores.
template <class T>
T combined(Atomic operation, T old, T operand) {
  if (operation == Atomic::add) return old + operand;
  if (operation == Atomic::min) return std::min(old, operand);
  if (operation == Atomic::max) return std::max(old, operand);
  if constexpr (std::is_integral_v<T>) {
    if (operation == Atomic::bitAnd) return old & operand;
    if (operation == Atomic::bitOr) return old | operand;
  }
  return operand;
}

/// Tells the race detector of the access, or checks it against the guard bands if it is in global memory.
template <class T>
void note(const T* address) {
  Block* const block = Block::current;
  if (block == nullptr) return;
  if (!block->isShared(address)) block->checkGlobal(address, sizeof(T));
  else if (Detector* const detector = block->detector())
    detector->accessAtomic(block->thread().number, reinterpret_cast<const unsigned char*>(address) - block->shared(),
                           sizeof(T));
}

}  // namespace

template <class T>
T atomicApply(Atomic operation, T* address, T operand) {
  note(address);
  // Blocks run on several cores of the host, so the operation is atomic there as well.
  const std::atomic_ref<T> target(*address);
  T old = target.load();
  while (!target.compare_exchange_weak(old, combined(operation, old, operand))) {
  }
  return old;
}

template <class T>
T atomicCompareExchange(T* address, T expected, T value) {
  note(address);
  std::atomic_ref<T>(*address).compare_exchange_strong(expected, value);
  return expected;
}

void threadFence() { std::atomic_thread_fence(std::memory_order_seq_cst); }

template int atomicApply(Atomic, int*, int);
template unsigned atomicApply(Atomic, unsigned*, unsigned);
template unsigned long long atomicApply(Atomic, unsigned long long*, unsigned long long);
template float atomicApply(Atomic, float*, float);
template double atomicApply(Atomic, double*, double);
template int atomicCompareExchange(int*, int, int);
template unsigned atomicCompareExchange(unsigned*, unsigned, unsigned);
template unsigned long long atomicCompareExchange(unsigned long long*, unsigned long long, unsigned long long);

}  // namespace emulator
