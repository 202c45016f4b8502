// The emulated twins of the functions of ptx.cuh, ptx-hopper.cuh and ptx-wgmma.cuh, with the same names. ptx.cuh
// includes this file if the compiler is not nvcc. Each twin forwards to the block that is running; behaviour is in
// block/ and instructions/.
#pragma once

#include <bit>
#include <type_traits>

#include "emulator/cuda.h"
#include "emulator/instructions/bulk.h"
#include "emulator/instructions/matrix.h"
#include "emulator/instructions/warpgroup.h"

namespace wengert {

using emulator::Swizzle;
using emulator::TensorMap;

// cp.async

inline void copyAsync16(void* target, const void* source, std::uint32_t readBytes = 16) {
  emulator::block().copyAsync(target, source, 16, readBytes);
}
inline void copyAsync8(void* target, const void* source, std::uint32_t readBytes = 8) {
  emulator::block().copyAsync(target, source, 8, readBytes);
}
inline void copyAsync4(void* target, const void* source, std::uint32_t readBytes = 4) {
  emulator::block().copyAsync(target, source, 4, readBytes);
}
inline void copyAsyncCommit() { emulator::block().commitCopies(); }
template <int Groups>
void copyAsyncWait() {
  emulator::block().waitCopies(Groups);
}

// ldmatrix, stmatrix, mma.sync

template <int N>
void loadMatrix(std::uint32_t (&registers)[N], const void* row) {
  static_assert(N == 1 || N == 2 || N == 4);
  emulator::loadMatrix(registers, row, N, false);
}
template <int N>
void loadMatrixTransposed(std::uint32_t (&registers)[N], const void* row) {
  static_assert(N == 1 || N == 2 || N == 4);
  emulator::loadMatrix(registers, row, N, true);
}
template <int N>
void storeMatrix(void* row, const std::uint32_t (&registers)[N]) {
  static_assert(N == 1 || N == 2 || N == 4);
  emulator::storeMatrix(row, registers, N, false);
}
template <int N>
void storeMatrixTransposed(void* row, const std::uint32_t (&registers)[N]) {
  static_assert(N == 1 || N == 2 || N == 4);
  emulator::storeMatrix(row, registers, N, true);
}

template <class T>
void mma(float (&d)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2]) {
  if constexpr (std::is_same_v<T, emulator::bfloat16>) emulator::mmaBfloat16(d, a, b, 16);
  else emulator::mmaFloat16(d, a, b, 16);
}
template <class T>
void mma(float (&d)[4], const std::uint32_t (&a)[2], const std::uint32_t (&b)[1]) {
  if constexpr (std::is_same_v<T, emulator::bfloat16>) emulator::mmaBfloat16(d, a, b, 8);
  else emulator::mmaFloat16(d, a, b, 8);
}
inline void mmaTf32(float (&d)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2]) {
  emulator::mmaTf32(d, a, b);
}

/// cvt.rna: to nearest, ties away from zero.
inline std::uint32_t toTf32(float x) {
  const std::uint32_t u = std::bit_cast<std::uint32_t>(x);
  if ((u & 0x7f800000u) == 0x7f800000u) return (u & 0x7fffffu) != 0 ? 0x7fffe000u : u;
  return (u + 0x1000u) & 0xffffe000u;
}

// Named barriers, and the fence between ordinary accesses and the accesses of bulk copies and wgmma

inline void barrierSync(int id, int count) { emulator::block().barrier(id, count); }
inline void barrierArrive(int id, int count) { emulator::block().barrier(id, count, false); }
inline void fenceProxyAsync() {
  if (emulator::Detector* detector = emulator::block().detector())
    detector->fenceAsync(emulator::block().thread().number);
  emulator::block().maybePreempt();
}

// mbarrier

inline void mbarrierInit(std::uint64_t* barrier, std::uint32_t count) {
  emulator::block().bulk().initialise(barrier, count);
}
inline void mbarrierInitFence() { emulator::block().bulk().fenceInitialised(); }
inline void mbarrierArrive(std::uint64_t* barrier) { emulator::block().bulk().arrive(barrier, 0); }
inline void mbarrierArriveExpect(std::uint64_t* barrier, std::uint32_t bytes) {
  emulator::block().bulk().arrive(barrier, bytes);
}
inline void mbarrierWait(std::uint64_t* barrier, std::uint32_t parity) {
  emulator::block().bulk().wait(barrier, parity);
}

// Bulk tensor copies (TMA)

template <class... At>
void tensorLoad(void* target, const TensorMap* map, std::uint64_t* barrier, At... coordinates) {
  const int at[5] = {static_cast<int>(coordinates)...};
  if (map->rank != sizeof...(At))
    emulator::block().fault(
        "cp.async.bulk.tensor: the number of coordinates must be the number of dimensions of the tensor");
  emulator::block().bulk().load(target, *map, barrier, at);
}
template <class... At>
void tensorStore(const TensorMap* map, const void* source, At... coordinates) {
  const int at[5] = {static_cast<int>(coordinates)...};
  if (map->rank != sizeof...(At))
    emulator::block().fault(
        "cp.async.bulk.tensor: the number of coordinates must be the number of dimensions of the tensor");
  emulator::block().bulk().store(*map, source, at);
}
inline void tensorMapPrefetch(const TensorMap*) {}
inline void bulkCommit() { emulator::block().bulk().commit(); }
template <int Groups>
void bulkWait() {
  emulator::block().bulk().wait(Groups);
}
template <int Groups>
void bulkWaitRead() {
  emulator::block().bulk().wait(Groups);
}

// wgmma. A descriptor holds an offset in shared memory instead of an address; the other fields are the hardware's.

inline std::uint64_t matrixDescriptor(const void* start, Swizzle swizzle, std::uint32_t leadingBytes,
                                      std::uint32_t strideBytes) {
  const std::size_t offset = emulator::block().sharedOffset(start, 16, 16, "wgmma");
  return std::uint64_t{offset >> 4} | std::uint64_t{leadingBytes >> 4} << 16 | std::uint64_t{strideBytes >> 4} << 32 |
         std::uint64_t((4 - static_cast<int>(swizzle)) % 4) << 62;
}
inline void wgmmaFence() { emulator::block().warpgroups().fence(); }
inline void wgmmaCommit() { emulator::block().warpgroups().commit(); }
template <int Groups, int N>
void wgmmaWait(float (&)[N]) {
  emulator::block().warpgroups().wait(Groups);
}
template <class T>
constexpr emulator::Half halfOf =
    std::is_same_v<T, emulator::bfloat16> ? emulator::Half::bfloat16 : emulator::Half::float16;

template <class T, int N, bool TransposeA = false, bool TransposeB = false>
void wgmma(float (&d)[N / 2], std::uint64_t a, std::uint64_t b, bool accumulate) {
  static_assert(N == 64 || N == 128 || N == 192 || N == 256);
  emulator::block().warpgroups().issue({halfOf<T>, N, TransposeA, TransposeB, true, a, b, accumulate}, d, nullptr);
}
template <class T, int N, bool TransposeB = false>
void wgmma(float (&d)[N / 2], const std::uint32_t (&a)[4], std::uint64_t b, bool accumulate) {
  static_assert(N == 64 || N == 128 || N == 192 || N == 256);
  emulator::block().warpgroups().issue({halfOf<T>, N, false, TransposeB, false, 0, b, accumulate}, d, a);
}

// setmaxnreg: the emulator does not count registers.

template <int Registers>
void raiseRegisters() {}
template <int Registers>
void lowerRegisters() {}

}  // namespace wengert
