// CUDA's atomic operations on global and shared memory (cuda.h includes this). They are not inline: code that is
// inlined into a kernel reports ordinary loads and stores to the race detector, and an atomic operation must be a
// single access.
#pragma once

namespace emulator {

enum class Atomic { add, min, max, exchange, bitAnd, bitOr };

/// Applies the operation to *address and returns the old value. For int, unsigned, unsigned long long, float and
/// double.
template <class T>
T atomicApply(Atomic operation, T* address, T operand);

/// Stores `value` if *address is `expected`; returns the old value.
template <class T>
T atomicCompareExchange(T* address, T expected, T value);

/// __threadfence: a thread that sees a later write of this thread also sees its earlier writes.
void threadFence();

}  // namespace emulator

#define EMULATOR_ATOMIC(T, name, operation)                                         \
  inline T name(T* address, T operand) {                                            \
    return emulator::atomicApply<T>(emulator::Atomic::operation, address, operand); \
  }

EMULATOR_ATOMIC(int, atomicAdd, add)
EMULATOR_ATOMIC(unsigned, atomicAdd, add)
EMULATOR_ATOMIC(unsigned long long, atomicAdd, add)
EMULATOR_ATOMIC(float, atomicAdd, add)
EMULATOR_ATOMIC(double, atomicAdd, add)
EMULATOR_ATOMIC(int, atomicMin, min)
EMULATOR_ATOMIC(unsigned, atomicMin, min)
EMULATOR_ATOMIC(unsigned long long, atomicMin, min)
EMULATOR_ATOMIC(int, atomicMax, max)
EMULATOR_ATOMIC(unsigned, atomicMax, max)
EMULATOR_ATOMIC(unsigned long long, atomicMax, max)
EMULATOR_ATOMIC(int, atomicExch, exchange)
EMULATOR_ATOMIC(unsigned, atomicExch, exchange)
EMULATOR_ATOMIC(unsigned long long, atomicExch, exchange)
EMULATOR_ATOMIC(float, atomicExch, exchange)
EMULATOR_ATOMIC(int, atomicAnd, bitAnd)
EMULATOR_ATOMIC(unsigned, atomicAnd, bitAnd)
EMULATOR_ATOMIC(int, atomicOr, bitOr)
EMULATOR_ATOMIC(unsigned, atomicOr, bitOr)
#undef EMULATOR_ATOMIC

inline int atomicCAS(int* address, int expected, int value) {
  return emulator::atomicCompareExchange(address, expected, value);
}
inline unsigned atomicCAS(unsigned* address, unsigned expected, unsigned value) {
  return emulator::atomicCompareExchange(address, expected, value);
}
inline unsigned long long atomicCAS(unsigned long long* address, unsigned long long expected,
                                    unsigned long long value) {
  return emulator::atomicCompareExchange(address, expected, value);
}
