// The part of CUDA C++ that kernels use, for a host compiler: the same kernel source runs on the emulator.
#pragma once

#include <cstdint>
#include <cstring>

#include "launch.h"

#define __global__
#define __device__
#define __forceinline__ inline

#define threadIdx (emulator::Block::current->thread().index)
#define blockIdx (emulator::Block::current->index())
#define blockDim (emulator::Block::current->dim())
#define gridDim (emulator::Block::current->grid())

using dim3 = emulator::Dim3;

/// Dynamic shared memory, as a pointer to T.
#define SHARED_MEMORY(T, name) T* name = reinterpret_cast<T*>(emulator::Block::current->shared())

namespace emulator {

inline Block& block() { return *Block::current; }

template <class T>
std::uint64_t toWord(T value) {
  static_assert(sizeof(T) <= sizeof(std::uint64_t));
  std::uint64_t word = 0;
  std::memcpy(&word, &value, sizeof(T));
  return word;
}

template <class T>
T fromWord(std::uint64_t word) {
  T value;
  std::memcpy(&value, &word, sizeof(T));
  return value;
}

/// Each lane gets what lane `source(lane)` handed in; where that lane takes no part, its own value.
template <class T, class Source>
T shuffle(const char* name, std::uint32_t mask, T value, Source source) {
  const std::uint64_t in[2] = {toWord(value), static_cast<std::uint64_t>(source(block().thread().number % 32))};
  const auto combine = [](Lanes& lanes, std::uint32_t mask, const void*) {
    for (int lane = 0; lane < 32; lane++) {
      if (!(mask >> lane & 1)) continue;
      const int from = static_cast<int>(lanes.in[lane][1]);
      lanes.out[lane][0] = lanes.in[from >= 0 && from < 32 && (mask >> from & 1) ? from : lane][0];
    }
  };
  return fromWord<T>(block().collective(mask, name, in, 2, combine)[0]);
}

}  // namespace emulator

inline void __syncthreads() { emulator::block().barrier(0, static_cast<int>(emulator::block().dim().count())); }

template <class T>
T __shfl_xor_sync(std::uint32_t mask, T value, int laneMask) {
  return emulator::shuffle("__shfl_xor_sync", mask, value, [laneMask](int lane) { return lane ^ laneMask; });
}

template <class T>
T __shfl_sync(std::uint32_t mask, T value, int sourceLane) {
  return emulator::shuffle("__shfl_sync", mask, value, [sourceLane](int) { return sourceLane & 31; });
}

template <class T>
T __shfl_down_sync(std::uint32_t mask, T value, int delta) {
  return emulator::shuffle("__shfl_down_sync", mask, value, [delta](int lane) { return lane + delta < 32 ? lane + delta : lane; });
}

inline std::uint32_t __ballot_sync(std::uint32_t mask, bool predicate) {
  const std::uint64_t in[1] = {predicate};
  const auto combine = [](emulator::Lanes& lanes, std::uint32_t mask, const void*) {
    std::uint64_t votes = 0;
    for (int lane = 0; lane < 32; lane++)
      if ((mask >> lane & 1) && lanes.in[lane][0]) votes |= std::uint64_t{1} << lane;
    for (int lane = 0; lane < 32; lane++) lanes.out[lane][0] = votes;
  };
  return static_cast<std::uint32_t>(emulator::block().collective(mask, "__ballot_sync", in, 1, combine)[0]);
}

inline void __syncwarp(std::uint32_t mask = 0xffffffffu) { __ballot_sync(mask, true); }

/// cp.async: 16 bytes from global to shared memory, of which the last 16 - readBytes become zeros.
inline void copyAsync16(void* target, const void* source, std::uint32_t readBytes = 16) {
  emulator::block().copyAsync(target, source, 16, readBytes);
}
inline void copyAsyncCommit() { emulator::block().commitCopies(); }
template <int Groups>
void copyAsyncWait() {
  emulator::block().waitCopies(Groups);
}

/// Runs `kernel(args...)` for every thread of the grid.
template <class... P, class... A>
void launch(const char* name, void (*kernel)(P...), dim3 grid, dim3 block, std::size_t sharedBytes, A... args) {
  emulator::launchGrid(name, grid, block, sharedBytes, [=] { kernel(args...); });
}
