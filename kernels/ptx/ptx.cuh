// Instructions that CUDA C++ has no function for, as functions, for the matrix products, convolutions and conformance
// kernels. Only this file, ptx-hopper.cuh and ptx-wgmma.cuh contain inline assembly. If the compiler is not nvcc,
// emulator/ptx.h defines twins of the same names; kernels/conformance compares the two. Anything that uses more than
// one instruction belongs in the kernels.
#pragma once

#ifndef __CUDACC__
#include "emulator/ptx.h"
#else

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cstdint>
#include <type_traits>

namespace wengert {

/// The 32-bit address of a place in shared memory, which instructions on shared memory take.
__device__ __forceinline__ std::uint32_t sharedAddress(const void* p) {
  return static_cast<std::uint32_t>(__cvta_generic_to_shared(p));
}

// cp.async: asynchronous copies from global to shared memory of 16, 8 or 4 bytes. A thread starts copies, commits them
// as a group, and waits until at most N groups are pending. Only `readBytes` bytes are read, and the rest of the target
// becomes zeros; with readBytes = 0, nothing is read. Other threads see the bytes after the thread's wait and a
// barrier. Before sm_80 the copy is an ordinary load and store.

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 800
/// The copy as ordinary loads and stores, for sm_75.
template <int Bytes>
__device__ __forceinline__ void copyNow(void* target, const void* source, std::uint32_t readBytes) {
  unsigned words[Bytes / 4] = {};
#pragma unroll
  for (unsigned i = 0; i < Bytes; i++)
    if (i < readBytes) words[i / 4] |= static_cast<unsigned>(static_cast<const unsigned char*>(source)[i]) << i % 4 * 8;
#pragma unroll
  for (int i = 0; i < Bytes / 4; i++) static_cast<unsigned*>(target)[i] = words[i];
}
#endif

__device__ __forceinline__ void copyAsync16(void* target, const void* source, std::uint32_t readBytes = 16) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 800
  if (readBytes == 16) *static_cast<uint4*>(target) = *static_cast<const uint4*>(source);
  else copyNow<16>(target, source, readBytes);
#else
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(sharedAddress(target)), "l"(source), "r"(readBytes)
               : "memory");
#endif
}

__device__ __forceinline__ void copyAsync8(void* target, const void* source, std::uint32_t readBytes = 8) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 800
  copyNow<8>(target, source, readBytes);
#else
  asm volatile("cp.async.ca.shared.global [%0], [%1], 8, %2;" ::"r"(sharedAddress(target)), "l"(source), "r"(readBytes)
               : "memory");
#endif
}

__device__ __forceinline__ void copyAsync4(void* target, const void* source, std::uint32_t readBytes = 4) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 800
  copyNow<4>(target, source, readBytes);
#else
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(sharedAddress(target)), "l"(source), "r"(readBytes)
               : "memory");
#endif
}

__device__ __forceinline__ void copyAsyncCommit() {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
  asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

template <int Groups>
__device__ __forceinline__ void copyAsyncWait() {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
  asm volatile("cp.async.wait_group %0;" ::"n"(Groups) : "memory");
#endif
}

// ldmatrix: N matrices of 8 x 8 16-bit numbers. Lanes 8 i .. 8 i + 7 give the addresses of the rows of matrix i; a row
// is 16 bytes, aligned to 16. In register i, lane l gets two elements of matrix i: (l / 4, 2 (l % 4)) and its right
// neighbour; transposed, (2 (l % 4), l / 4) and the element below it. The lanes of a matrix, each with two columns:
//
//            columns 0 1   2 3   4 5   6 7
//   row 0            l0    l1    l2    l3
//   row 1            l4    l5    l6    l7
//   ...
//   row 7            l28   l29   l30   l31

template <int N>
__device__ __forceinline__ void loadMatrix(std::uint32_t (&r)[N], const void* row) {
  static_assert(N == 1 || N == 2 || N == 4);
  const std::uint32_t at = sharedAddress(row);
  if constexpr (N == 1)
    asm volatile("ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%0}, [%1];" : "=r"(r[0]) : "r"(at) : "memory");
  else if constexpr (N == 2)
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0, %1}, [%2];"
                 : "=r"(r[0]), "=r"(r[1])
                 : "r"(at)
                 : "memory");
  else
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(at)
                 : "memory");
}

template <int N>
__device__ __forceinline__ void loadMatrixTransposed(std::uint32_t (&r)[N], const void* row) {
  static_assert(N == 1 || N == 2 || N == 4);
  const std::uint32_t at = sharedAddress(row);
  if constexpr (N == 1)
    asm volatile("ldmatrix.sync.aligned.m8n8.x1.trans.shared.b16 {%0}, [%1];" : "=r"(r[0]) : "r"(at) : "memory");
  else if constexpr (N == 2)
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0, %1}, [%2];"
                 : "=r"(r[0]), "=r"(r[1])
                 : "r"(at)
                 : "memory");
  else
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(at)
                 : "memory");
}

// mma: d (16, 8) += a (16, k) b (k, 8) by one warp. With g = lane / 4 and t = lane % 4, a register of 16-bit numbers
// holds a pair of elements, and the registers of a lane are
//   a (16, 16): (g, 2 t), (g + 8, 2 t), (g, 2 t + 8), (g + 8, 2 t + 8), each with its right neighbour
//   b (16, 8):  (2 t, g), (2 t + 8, g), each with the element below it
//   d (16, 8):  (g, 2 t), (g, 2 t + 1), (g + 8, 2 t), (g + 8, 2 t + 1)
// Each 8 x 8 quarter of a is a matrix of ldmatrix, and so is each half of b^T. For k = 8, a and b have the first half
// of these registers. On sm_75, k = 16 is two instructions of k = 8.

template <class T>
__device__ __forceinline__ void mma(float (&d)[4], const std::uint32_t (&a)[2], const std::uint32_t (&b)[1]) {
  static_assert(std::is_same_v<T, __nv_bfloat16> || std::is_same_v<T, __half>);
  if constexpr (std::is_same_v<T, __half>) {
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
                 : "r"(a[0]), "r"(a[1]), "r"(b[0]));
  } else {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 800
    __trap();  // Turing's tensor cores have no bfloat16
#else
    asm volatile(
        "mma.sync.aligned.m16n8k8.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(b[0]));
#endif
  }
}

template <class T>
__device__ __forceinline__ void mma(float (&d)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2]) {
  static_assert(std::is_same_v<T, __nv_bfloat16> || std::is_same_v<T, __half>);
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 800
  const std::uint32_t a0[2] = {a[0], a[1]}, a1[2] = {a[2], a[3]}, b0[1] = {b[0]}, b1[1] = {b[1]};
  mma<T>(d, a0, b0);
  mma<T>(d, a1, b1);
#else
  if constexpr (std::is_same_v<T, __half>)
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, "
        "%3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  else
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, "
        "%2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#endif
}

/// tf32, k = 8: a (16, 8) at (g, t), (g + 8, t), (g, t + 4), (g + 8, t + 4); b (8, 8) at (t, g), (t + 4, g).
__device__ __forceinline__ void mmaTf32(float (&d)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2]) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 800
  __trap();  // Turing's tensor cores have no tf32
#else
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, "
      "%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#endif
}

/// The bits of the nearest tf32 (10 bits of fraction), ties away from zero: an operand of mmaTf32.
__device__ __forceinline__ std::uint32_t toTf32(float x) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 800
  const std::uint32_t u = __float_as_uint(x);
  return (u & 0x7f800000u) == 0x7f800000u ? ((u & 0x7fffffu) != 0 ? 0x7fffe000u : u) : (u + 0x1000u) & 0xffffe000u;
#else
  std::uint32_t rounded;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(rounded) : "f"(x));
  return rounded;
#endif
}

// Named barriers: barrier 0 is __syncthreads, 1 to 15 are free. The barrier opens when `count` threads, a multiple of
// 32, have arrived. barrierSync arrives and waits; barrierArrive arrives and goes on.

__device__ __forceinline__ void barrierSync(int id, int count) {
  asm volatile("barrier.sync.aligned %0, %1;" ::"r"(id), "r"(count) : "memory");
}
__device__ __forceinline__ void barrierArrive(int id, int count) {
  asm volatile("barrier.arrive.aligned %0, %1;" ::"r"(id), "r"(count) : "memory");
}

}  // namespace wengert

#include "ptx/ptx-hopper.cuh"

#endif
