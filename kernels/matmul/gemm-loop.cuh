// The one main loop of all tiled products (R1, R2), plain ones and those of convolutions, and its launch. How an
// operand is found or multiplied does not belong here: the tiers (gemm-simt.cuh, gemm-mma.cuh, and those of
// convolution/) choose three exchangeable parts.
//   producers bring an operand's tiles into shared memory: plain matrices by vectors (gemm-producers.cuh, gemm-mma.cuh)
//             or element by element from anywhere, such as the patches of a convolution (conv-patches.cuh);
//   sums      multiply two tiles: by ordinary arithmetic (gemm-simt.cuh), or on the tensor cores (gemm-mma.cuh);
//   a store   adds the bias and writes y (gemm-store.cuh, conv-patches.cuh).
//
// A block computes one tile of y. It walks along the depth in turns of tileK; in each turn its warps multiply a tile of
// a by a tile of b. With the largest sums of gemm-mma.cuh (LargeMma) and 16-bit elements, y is divided like this:
//
//                tileK = 32                tileN = 128                     warpN = 64
//               +----------+        +-------------+-------------+        +---+---+-   -+---+
//               |          |        |   warp 0    |   warp 1    |        |   |   | ... |   | 16
//      tileM    |  tile    |        |  (64, 64)   |  (64, 64)   |        +---+---+-   -+---+
//      = 128    |  of a    |        +-------------+-------------+  warpM |   |   | ... |   |
//               |          |        |   warp 2    |   warp 3    |  = 64  +---+---+-   -+---+
//               |          |        |  (64, 64)   |  (64, 64)   |        :   :   : ... :   :
//               +----------+        +-------------+-------------+        +---+---+-   -+---+
//               one of a ring       tile of y: the accumulators            8
//               of stages in        in the registers of 4 warps          a warp: (4, 8) results of mma.m16n8k16,
//               shared memory                                            2 steps of k = 16 in each turn
//
// Data moves from global memory to the ring in shared memory (cp.async, or registers on the way), from there to
// registers, and is multiplied. Copies are `stages - 1` tiles ahead of the sums. With four stages:
//
//      turn   stage 0      stage 1      stage 2      stage 3        a stage is filled again one turn after it was
//        0    multiplied   on its way   on its way   start: 3       multiplied, behind the barrier that says that
//        1    start: 4     multiplied   on its way   on its way     all warps have read it
//        2    on its way   start: 5     multiplied   on its way
//        3    on its way   on its way   start: 6     multiplied
//
// After the loop the ring's memory is used again: the sums pass through it, so that threads write whole vectors of y.
//
// The result is deterministic: one lane holds the sum of each element of y, and steps of the depth are added in
// ascending order. If the depth is split, addPartials (gemm-store.cuh) adds the parts in ascending order. There are no
// atomics.
#pragma once

#include "matmul/gemm-store.cuh"
#include "runtime/launch.h"

namespace wengert {

/// The tile of y that a block computes, and the stretch of the depth that it sums over.
struct TilePlace {
  int row, column;           // of the tile's first element in y
  int depthBegin, depthEnd;  // in k
  int batch, split;
};

/// Blocks are numbered through tiles, then splits, then batches. Tiles are taken in groups of eight rows, column by
/// column, so that the blocks that run at the same time share their operands in the L2 cache:
///
///      0   8  16  24     tilesN = 4: eight blocks read eight tiles of a and one of b, and the next eight blocks read
///      1   9  17  25     the same tiles of a again
///      :   :   :   :
///      7  15  23  31
///     32  ...
__device__ __forceinline__ TilePlace placeOf(const GemmShape& shape, unsigned block, int tileM, int tileN) {
  constexpr unsigned group = 8;
  const unsigned tiles = shape.tilesM * shape.tilesN;
  unsigned rest = block / tiles;
  const unsigned tile = block - rest * tiles;
  TilePlace place;
  place.batch = rest / shape.splits;
  place.split = rest - place.batch * shape.splits;
  const unsigned first = tile / (group * shape.tilesN) * group;
  const unsigned height = min(group, shape.tilesM - first);
  const unsigned inGroup = tile - first * shape.tilesN;
  place.row = (first + inGroup % height) * tileM;
  place.column = inGroup / height * tileN;
  place.depthBegin = place.split * shape.splitDepth;
  place.depthEnd = min(shape.k, place.depthBegin + shape.splitDepth);
  return place;
}

/// Stage of the ring after `stage`.
template <int stages>
__device__ __forceinline__ int following(int stage) {
  return stage + 1 == stages ? 0 : stage + 1;
}

/// The compute capability that this pass of the compiler is for; the emulator has every instruction.
#ifdef __CUDA_ARCH__
constexpr int targetCapability = __CUDA_ARCH__ / 10;
#else
constexpr int targetCapability = 1 << 20;
#endif

/// Bytes of shared memory for the ring of stages, (stages, tileM + tileN, tileK) and padding, and after the loop for a
/// slab of sums, (tileM / phases, tileN + 8). The TilePlace of the block is behind them.
template <class Sums, class A, class B>
__host__ __device__ constexpr int tileBytes() {
  constexpr int stage = (A::Layout::elements + B::Layout::elements) * static_cast<int>(sizeof(typename Sums::Shared));
  constexpr int ring = Sums::stages * stage;
  constexpr int slab = Sums::tileM / Sums::phases * (Sums::tileN + 8) * static_cast<int>(sizeof(typename Sums::Sum));
  return ring > slab ? ring : slab;
}

/// Writes the tile of y. The sums go from registers to a slab in shared memory, and from there to global memory, so
/// that neighbouring threads store neighbouring vectors. A slab for the whole tile would need more memory than the
/// ring: therefore in phases, each of which takes the same part of every warp's rows. Lines of the slab are 8 longer
/// than tileN, so that four lines of which a warp writes 8 sums each are in different banks.
template <class Sums, class W>
__device__ __forceinline__ void writeTile(const Sums& sums, const W& writer, const TilePlace& place, void* memory) {
  using Sum = typename W::Sum;
  constexpr int width = W::width;
  constexpr int pitch = Sums::tileN + 8;
  constexpr int perWarp = Sums::warpM / Sums::phases;
  constexpr int elements = Sums::tileM / Sums::phases * Sums::tileN;
  Sum* const slab = static_cast<Sum*>(memory);  // (tileM / phases, pitch)
#pragma unroll
  for (int phase = 0; phase < Sums::phases; phase++) {
    if (phase > 0) __syncthreads();
    sums.template put<pitch>(slab, phase);
    __syncthreads();
#pragma unroll 1
    for (int i = static_cast<int>(threadIdx.x) * width; i < elements; i += Sums::threads * width) {
      const int row = i / Sums::tileN, column = i % Sums::tileN;
      // Row of the tile: the slab has perWarp rows of each warp, one warp after the other.
      const int inTile = row / perWarp * Sums::warpM + phase * perWarp + row % perWarp;
      const auto values = *reinterpret_cast<const Vector<Sum, width>*>(slab + row * pitch + column);
      writer.template put<width>(place.row + inTile, place.column + column, values.at);
    }
  }
}

/// Computes the tile of y of this block.
template <class Sums, class A, class B, class Store>
__device__ __forceinline__ void gemmTile(const GemmShape& shape, const typename A::Source& a,
                                         const typename B::Source& b, const Store& store) {
  using Shared = typename Sums::Shared;
  constexpr int stages = Sums::stages;
  SHARED_MEMORY(Shared, memory);
  Shared* const tilesA = memory;                                 // (stages, tileM, tileK), arranged by A's layout
  Shared* const tilesB = memory + stages * A::Layout::elements;  // (stages, tileN, tileK), arranged by B's layout
  // The place is needed again after the loop. It waits in shared memory, because the loop needs every register.
  auto* const kept = reinterpret_cast<TilePlace*>(reinterpret_cast<unsigned char*>(memory) + tileBytes<Sums, A, B>());
  const TilePlace place = placeOf(shape, blockIdx.x, Sums::tileM, Sums::tileN);
  if (threadIdx.x == 0) *kept = place;
  std::int64_t offsetA, offsetB;
  shape.axes.offsets(place.batch, offsetA, offsetB);
  A fromA(a, offsetA, place.row, place.depthBegin);
  B fromB(b, offsetB, place.column, place.depthBegin);
  Sums sums;  // (tileM, tileN), spread over the threads of the block

  // A producer's `start` begins to move its next tile: with cp.async, or into registers. `finish` stores into the stage
  // the elements that are in registers; `arrived` waits for those of cp.async. `left` is the depth that remains from
  // the current tile on; the elements of a tile beyond it are zeros.
  constexpr int ahead = (stages - 1) * Sums::tileK;
  int left = place.depthEnd - place.depthBegin;
#pragma unroll
  for (int stage = 0; stage < stages - 1; stage++) {
    if (const int from = left - stage * Sums::tileK; from > 0) {
      fromA.start(tilesA + stage * A::Layout::elements, from);
      fromB.start(tilesB + stage * B::Layout::elements, from);
      fromA.finish(tilesA + stage * A::Layout::elements);
      fromB.finish(tilesB + stage * B::Layout::elements);
    }
    Sums::committed();
  }
  int full = 0;
  int empty = stages - 1;
#pragma unroll 1
  for (; left > 0; left -= Sums::tileK) {
    Sums::arrived();
    // After the barrier, all threads can read the full stage, and all have read the empty one, which is filled again.
    __syncthreads();
    const bool more = left > ahead;  // a tile of this split must still be started
    if (more) {
      fromA.start(tilesA + empty * A::Layout::elements, left - ahead);
      fromB.start(tilesB + empty * B::Layout::elements, left - ahead);
    }
    Sums::committed();  // even an empty group, so that `arrived` can count groups
    sums.template add<typename A::Layout, typename B::Layout>(tilesA + full * A::Layout::elements,
                                                              tilesB + full * B::Layout::elements);
    if (more) {
      fromA.finish(tilesA + empty * A::Layout::elements);
      fromB.finish(tilesB + empty * B::Layout::elements);
    }
    empty = full;
    full = following<stages>(full);
  }
  __syncthreads();
  const TilePlace again = *kept;
  writeTile<Sums>(sums, Writer<Store>{shape, again.batch, again.split, store}, again, memory);
}

/// y = a b + bias, for each batch. One block for each tile of y, split and batch, all in the x axis of the grid; shared
/// memory of tileBytes and a TilePlace. A large product is bound by its multiplications: in each turn a block loads
/// (tileM + tileN) tileK elements and does tileM tileN tileK multiplications.
template <class Sums, class A, class B, class Store>
__global__ void __launch_bounds__(Sums::threads, Sums::blocksAtOnce)
    gemmKernel(const GemmShape shape, const typename A::Source a,  // (batches, M, K), as A reads it
               const typename B::Source b,                         // (batches, N, K), as B reads it
               const Store store) {                                // (batches, M, N)
  if constexpr (targetCapability < Sums::capability) return;  // never launched there: do not spend time compiling it
  else gemmTile<Sums, A, B>(shape, a, b, store);
}

/// Launches the main loop and, if the depth is split, the kernel that adds the parts.
template <class Sums, class A, class B, class Store>
void launchGemm(GemmShape shape, const typename A::Source& a, const typename B::Source& b, const Store& store) {
  shape.tilesM = static_cast<int>(divideUp(shape.m, Sums::tileM));
  shape.tilesN = static_cast<int>(divideUp(shape.n, Sums::tileN));
  require(shape.k <= std::int64_t{1} << 30, "the summed dimension must be at most 2^30");
  // A split is a whole number of tiles deep, and no split is empty.
  const std::int64_t turns = divideUp(shape.k, Sums::tileK);
  const std::int64_t turnsPerSplit = shape.splits > 1 ? divideUp(turns, shape.splits) : turns;
  shape.splits = turns > 0 ? static_cast<int>(divideUp(turns, turnsPerSplit)) : 1;
  shape.splitDepth = static_cast<int>(turnsPerSplit * Sums::tileK);
  const std::int64_t blocks = multiplySizes(multiplySizes(shape.tilesM, shape.tilesN),
                                            multiplySizes(shape.splits, shape.batches));
  require(blocks <= 0x7fffffff, "the product must have at most 2^31 - 1 tiles");
  using Sum = typename Writer<Store>::Sum;
  const std::int64_t elements = multiplySizes(multiplySizes(shape.m, shape.n), shape.batches);
  // (splits, batches, M, N)
  const Scratch partials(shape.splits > 1 ? multiplySizes(elements, shape.splits) * sizeof(Sum) : 0);
  shape.partials = partials.as<void>();
  constexpr std::size_t bytes = tileBytes<Sums, A, B>() + sizeof(TilePlace);
  launch(gemmKernel<Sums, A, B, Store>, {dim3(static_cast<unsigned>(blocks)), dim3(Sums::threads), bytes}, shape, a, b,
         store);
  if (shape.splits > 1)
    launch(addPartials<Store>, {dim3(gridStrideBlocks(elements, 256)), dim3(256)}, shape, store);
}

/// The same for a plain product, with producers that read a MatrixSource.
template <class T, class Sums, class A, class B>
void launchMatmul(const Gemm& problem) {
  const GemmShape& shape = problem.shape;
  launchGemm<Sums, A, B>(shape, typename A::Source(problem.a, shape.m), typename B::Source(problem.b, shape.n),
                         MatrixStore<T>(problem.y, shape.m, shape.n, problem.epilogue));
}

}  // namespace wengert
