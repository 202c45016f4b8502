// The instructions that are compiled for sm_90a only, as functions: mbarriers, bulk tensor copies (TMA), and, in
// ptx-wgmma.cuh, the matrix instructions of warpgroups. ptx.cuh includes this file; kernels include ptx.cuh. On other
// targets the functions compile and trap.
#pragma once

#include <cuda.h>

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
#define HOPPER(...) asm volatile(__VA_ARGS__)
#else
#define HOPPER(...) __trap()
#endif

namespace wengert {

using TensorMap = CUtensorMap;

/// How rows are stored in shared memory. Bits 4 to 6 of an address are XORed with bits 7 to 9 (bytes64: two bits,
/// bytes32: one), so that the same 16-byte column of successive rows is in different banks. bytes128, chunk numbers of
/// 16 bytes:
///
///   row 0    0 1 2 3 4 5 6 7
///   row 1    1 0 3 2 5 4 7 6      chunk c of row r is at position c ^ (r % 8)
///   row 2    2 3 0 1 6 7 4 5
enum class Swizzle : int { none = 0, bytes32 = 1, bytes64 = 2, bytes128 = 3 };

/// Makes the calling thread's ordinary writes to shared memory visible to bulk copies and wgmma. Every thread that
/// wrote must call it, before the barrier that precedes the copy or the instruction.
__device__ __forceinline__ void fenceProxyAsync() { HOPPER("fence.proxy.async.shared::cta;" ::: "memory"); }

// stmatrix: the opposite of loadMatrix (ptx.cuh), with the same fragment layout.

template <int N>
__device__ __forceinline__ void storeMatrix(void* row, const std::uint32_t (&r)[N]) {
  static_assert(N == 1 || N == 2 || N == 4);
  const std::uint32_t at = sharedAddress(row);
  if constexpr (N == 1) HOPPER("stmatrix.sync.aligned.m8n8.x1.shared.b16 [%0], {%1};" ::"r"(at), "r"(r[0]) : "memory");
  else if constexpr (N == 2)
    HOPPER("stmatrix.sync.aligned.m8n8.x2.shared.b16 [%0], {%1, %2};" ::"r"(at), "r"(r[0]), "r"(r[1]) : "memory");
  else
    HOPPER("stmatrix.sync.aligned.m8n8.x4.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(at), "r"(r[0]), "r"(r[1]),
           "r"(r[2]), "r"(r[3])
           : "memory");
}

template <int N>
__device__ __forceinline__ void storeMatrixTransposed(void* row, const std::uint32_t (&r)[N]) {
  static_assert(N == 1 || N == 2 || N == 4);
  const std::uint32_t at = sharedAddress(row);
  if constexpr (N == 1)
    HOPPER("stmatrix.sync.aligned.m8n8.x1.trans.shared.b16 [%0], {%1};" ::"r"(at), "r"(r[0]) : "memory");
  else if constexpr (N == 2)
    HOPPER("stmatrix.sync.aligned.m8n8.x2.trans.shared.b16 [%0], {%1, %2};" ::"r"(at), "r"(r[0]), "r"(r[1]) : "memory");
  else
    HOPPER("stmatrix.sync.aligned.m8n8.x4.trans.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(at), "r"(r[0]), "r"(r[1]),
           "r"(r[2]), "r"(r[3])
           : "memory");
}

// mbarrier: a phase is complete when `count` arrivals were made and all expected bytes have arrived; then the next
// phase begins. Phases alternate between parity 0 and 1:
//
//   phase              0           1           2           3
//   parity             0           1           0           1
//
// Of the current and the previous phase, mbarrierWait(parity) waits for the one with that parity. On a new barrier,
// parity 0 waits for phase 0, and parity 1 returns at once, as if a previous phase were complete.

__device__ __forceinline__ void mbarrierInit(std::uint64_t* barrier, std::uint32_t count) {
  HOPPER("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(sharedAddress(barrier)), "r"(count) : "memory");
}
/// Called by the thread that initialised the mbarriers, before the __syncthreads after which others use them.
__device__ __forceinline__ void mbarrierInitFence() { HOPPER("fence.mbarrier_init.release.cluster;" ::: "memory"); }

__device__ __forceinline__ void mbarrierArrive(std::uint64_t* barrier) {
  HOPPER("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(sharedAddress(barrier)) : "memory");
}
__device__ __forceinline__ void mbarrierArriveExpect(std::uint64_t* barrier, std::uint32_t bytes) {
  HOPPER("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(sharedAddress(barrier)), "r"(bytes) : "memory");
}
__device__ __forceinline__ void mbarrierWait(std::uint64_t* barrier, std::uint32_t parity) {
  HOPPER(
      "{\n"
      ".reg .pred done;\n"
      "again:\n"
      "mbarrier.try_wait.parity.shared::cta.b64 done, [%0], %1;\n"
      "@!done bra again;\n"
      "}" ::"r"(sharedAddress(barrier)),
      "r"(parity)
      : "memory");
}

// Bulk tensor copies of the box at the coordinates c0, c1, ..., innermost first. One thread issues a copy. A load
// completes at an mbarrier that expects its bytes; stores are committed and waited for in groups, by the thread that
// issued them. Addresses in shared memory must be multiples of 128, and of 1,024 if wgmma reads a swizzled tile.

__device__ __forceinline__ void tensorLoad(void* target, const TensorMap* map, std::uint64_t* barrier, int c0) {
  HOPPER(
      "cp.async.bulk.tensor.1d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%3}], [%2];" ::"r"(
          sharedAddress(target)),
      "l"(map), "r"(sharedAddress(barrier)), "r"(c0)
      : "memory");
}
__device__ __forceinline__ void tensorLoad(void* target, const TensorMap* map, std::uint64_t* barrier, int c0, int c1) {
  HOPPER(
      "cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4}], [%2];" ::
          "r"(sharedAddress(target)),
      "l"(map), "r"(sharedAddress(barrier)), "r"(c0), "r"(c1)
      : "memory");
}
__device__ __forceinline__ void tensorLoad(void* target, const TensorMap* map, std::uint64_t* barrier, int c0, int c1,
                                           int c2) {
  HOPPER(
      "cp.async.bulk.tensor.3d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4, %5}], "
      "[%2];" ::"r"(sharedAddress(target)),
      "l"(map), "r"(sharedAddress(barrier)), "r"(c0), "r"(c1), "r"(c2)
      : "memory");
}
__device__ __forceinline__ void tensorLoad(void* target, const TensorMap* map, std::uint64_t* barrier, int c0, int c1,
                                           int c2, int c3) {
  HOPPER(
      "cp.async.bulk.tensor.4d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4, %5, %6}], "
      "[%2];" ::"r"(sharedAddress(target)),
      "l"(map), "r"(sharedAddress(barrier)), "r"(c0), "r"(c1), "r"(c2), "r"(c3)
      : "memory");
}

__device__ __forceinline__ void tensorStore(const TensorMap* map, const void* source, int c0, int c1) {
  HOPPER("cp.async.bulk.tensor.2d.global.shared::cta.tile.bulk_group [%0, {%2, %3}], [%1];" ::"l"(map),
         "r"(sharedAddress(source)), "r"(c0), "r"(c1)
         : "memory");
}
__device__ __forceinline__ void tensorStore(const TensorMap* map, const void* source, int c0, int c1, int c2) {
  HOPPER("cp.async.bulk.tensor.3d.global.shared::cta.tile.bulk_group [%0, {%2, %3, %4}], [%1];" ::"l"(map),
         "r"(sharedAddress(source)), "r"(c0), "r"(c1), "r"(c2)
         : "memory");
}
__device__ __forceinline__ void tensorStore(const TensorMap* map, const void* source, int c0, int c1, int c2, int c3) {
  HOPPER("cp.async.bulk.tensor.4d.global.shared::cta.tile.bulk_group [%0, {%2, %3, %4, %5}], [%1];" ::"l"(map),
         "r"(sharedAddress(source)), "r"(c0), "r"(c1), "r"(c2), "r"(c3)
         : "memory");
}

__device__ __forceinline__ void tensorMapPrefetch(const TensorMap* map) {
  HOPPER("prefetch.tensormap [%0];" ::"l"(map) : "memory");
}
__device__ __forceinline__ void bulkCommit() { HOPPER("cp.async.bulk.commit_group;" ::: "memory"); }
/// Waits until at most `Groups` of the thread's groups of stores are pending. bulkWaitRead waits only until they have
/// read shared memory, which may then be written again.
template <int Groups>
__device__ __forceinline__ void bulkWait() {
  HOPPER("cp.async.bulk.wait_group %0;" ::"n"(Groups) : "memory");
}
template <int Groups>
__device__ __forceinline__ void bulkWaitRead() {
  HOPPER("cp.async.bulk.wait_group.read %0;" ::"n"(Groups) : "memory");
}

/// Changes the number of registers of each thread of a warpgroup: some warpgroups give registers up, others take them.
/// All warps of the warpgroup call it. A multiple of 8 from 24 to 256.
template <int Registers>
__device__ __forceinline__ void raiseRegisters() {
  HOPPER("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(Registers));
}
template <int Registers>
__device__ __forceinline__ void lowerRegisters() {
  HOPPER("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(Registers));
}

}  // namespace wengert

#include "ptx/ptx-wgmma.cuh"

#undef HOPPER
