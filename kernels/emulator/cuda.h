// The part of CUDA C++ that kernels use, for a host compiler, so that the same kernel source runs on the emulator:
// keywords, thread indices, barriers, shuffles and votes. runtime/common.cuh includes it instead of CUDA's headers.
// Instructions behind inline assembly are in emulator/ptx.h, and the runtime functions that start kernels in
// launch/driver.h.
#pragma once

#include <cstdint>

#include "emulator/block/atomic.h"
#include "emulator/launch/launch.h"
#include "emulator/types/half.h"
#include "emulator/types/intrinsics.h"
#include "emulator/types/vectors.h"

#define __global__
#define __device__
#define __host__
#define __constant__
#define __grid_constant__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __align__(bytes) alignas(bytes)

#define threadIdx (emulator::Block::current->thread().index)
#define blockIdx (emulator::Block::current->index())
#define blockDim (emulator::Block::current->dim())
#define gridDim (emulator::Block::current->grid())

using dim3 = emulator::Dim3;

/// Dynamic shared memory, as a pointer to T.
#define SHARED_MEMORY(T, name) T* name = reinterpret_cast<T*>(emulator::Block::current->shared())

namespace emulator {

inline Block& block() { return *Block::current; }

/// A lane's part of a shuffle: its value, the lane that it reads from, and the result.
template <class T>
struct ShuffleSlot {
  T value;
  int from;
  T result;
};

/// Each lane gets the value of lane `from`, or keeps its value if that lane is not in the mask.
template <class T>
T shuffle(const char* name, std::uint32_t mask, T value, int from) {
  ShuffleSlot<T> slot{value, from, value};
  const auto combine = [](void* const* slots, std::uint32_t mask, const void*) {
    for (int lane = 0; lane < 32; lane++) {
      if (!(mask >> lane & 1)) continue;
      auto& slot = *static_cast<ShuffleSlot<T>*>(slots[lane]);
      if (slot.from >= 0 && slot.from < 32 && (mask >> slot.from & 1))
        slot.result = static_cast<const ShuffleSlot<T>*>(slots[slot.from])->value;
    }
  };
  block().collective(mask, name, &slot, combine);
  return slot.result;
}

inline int lane() { return block().thread().number % 32; }

}  // namespace emulator

inline void __syncthreads() { emulator::block().barrier(0, emulator::block().threads()); }
inline void __syncwarp(std::uint32_t mask = 0xffffffffu) { emulator::block().syncWarp(mask); }

template <class T>
T __shfl_sync(std::uint32_t mask, T value, int sourceLane, int width = 32) {
  return emulator::shuffle("__shfl_sync", mask, value, (emulator::lane() & -width) | (sourceLane & (width - 1)));
}

template <class T>
T __shfl_xor_sync(std::uint32_t mask, T value, int laneMask, int width = 32) {
  const int self = emulator::lane(), from = self ^ laneMask;
  return emulator::shuffle("__shfl_xor_sync", mask, value, from / width > self / width ? self : from);
}

template <class T>
T __shfl_down_sync(std::uint32_t mask, T value, unsigned delta, int width = 32) {
  const int self = emulator::lane(), from = self + static_cast<int>(delta);
  return emulator::shuffle("__shfl_down_sync", mask, value, from / width == self / width ? from : self);
}

template <class T>
T __shfl_up_sync(std::uint32_t mask, T value, unsigned delta, int width = 32) {
  const int self = emulator::lane(), from = self - static_cast<int>(delta);
  return emulator::shuffle("__shfl_up_sync", mask, value, from >= (self & -width) ? from : self);
}

inline std::uint32_t __ballot_sync(std::uint32_t mask, int predicate) {
  std::uint32_t slot = predicate != 0;
  const auto combine = [](void* const* slots, std::uint32_t mask, const void*) {
    std::uint32_t votes = 0;
    for (int lane = 0; lane < 32; lane++)
      if (mask >> lane & 1) votes |= *static_cast<std::uint32_t*>(slots[lane]) << lane;
    for (int lane = 0; lane < 32; lane++)
      if (mask >> lane & 1) *static_cast<std::uint32_t*>(slots[lane]) = votes;
  };
  emulator::block().collective(mask, "__ballot_sync", &slot, combine);
  return slot;
}

inline int __any_sync(std::uint32_t mask, int predicate) { return __ballot_sync(mask, predicate) != 0; }
inline int __all_sync(std::uint32_t mask, int predicate) { return __ballot_sync(mask, predicate) == mask; }

inline void __threadfence() { emulator::threadFence(); }
inline void __threadfence_system() { emulator::threadFence(); }
inline void __threadfence_block() {}

template <class T>
T __ldg(const T* address) {
  return *address;
}

/// Runs `kernel(args...)` for every thread of the grid and returns when all are done. For the emulator's own tests;
/// launchers use launch() of runtime/launch.h, which puts the call on a stream.
template <class... P, class... A>
void launch(const char* name, void (*kernel)(P...), dim3 grid, dim3 block, std::size_t sharedBytes, A... args) {
  emulator::launchGrid(name, grid, block, sharedBytes, [=] { kernel(args...); });
}
