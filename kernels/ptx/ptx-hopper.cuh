// What sm_90a has beyond ptx.cuh, which includes this: mbarriers, bulk tensor copies (TMA), matrix instructions of
// warpgroups. On other targets the functions compile and trap.
#pragma once

#include <cuda.h>

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
#define HOPPER(...) asm volatile(__VA_ARGS__)
#else
#define HOPPER(...) __trap()
#endif

namespace wengert {

using TensorMap = CUtensorMap;

/// How rows lie in shared memory: address bits 4 to 6 are combined (XOR) with bits 7 to 9, or with fewer of them.
enum class Swizzle : int { none = 0, bytes32 = 1, bytes64 = 2, bytes128 = 3 };

/// Makes the calling thread's ordinary writes to shared memory visible to bulk copies and wgmma. Every thread that
/// wrote calls it, before the barrier that precedes the copy or the instruction.
__device__ __forceinline__ void fenceProxyAsync() { HOPPER("fence.proxy.async.shared::cta;" ::: "memory"); }

// stmatrix: the opposite of loadMatrix.

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

// mbarrier: a phase is complete when `count` arrivals were made and the expected bytes have come; then the next one
// begins. mbarrierWait(parity) waits until the phase of that parity, 0 for the first, is complete; on a fresh barrier
// parity 1 passes at once.

__device__ __forceinline__ void mbarrierInit(std::uint64_t* barrier, std::uint32_t count) {
  HOPPER("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(sharedAddress(barrier)), "r"(count) : "memory");
}
/// By the thread that initialised, before the barrier after which others use the mbarriers.
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

// Bulk tensor copies of the box at `coordinates`, innermost first. One thread issues them. A load completes at an
// mbarrier that expects its bytes; stores are committed and waited for in groups of the issuing thread. Addresses in
// shared memory are multiples of 128, and of 1,024 where wgmma goes by the swizzle.

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
/// Waits until the thread has at most so many groups of stores under way; bulkWaitRead, until at most so many have
/// still to read shared memory.
template <int Groups>
__device__ __forceinline__ void bulkWait() {
  HOPPER("cp.async.bulk.wait_group %0;" ::"n"(Groups) : "memory");
}
template <int Groups>
__device__ __forceinline__ void bulkWaitRead() {
  HOPPER("cp.async.bulk.wait_group.read %0;" ::"n"(Groups) : "memory");
}

/// Hands registers to the warpgroups that need them; by all warps of a warpgroup. A multiple of 8, 24 to 256.
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
