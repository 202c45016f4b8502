// The one main loop of all matrix products and convolutions. A tile of y is computed by a block from tiles of a and b
// that pass through a ring of stages in shared memory. Three parts are exchangeable:
//   producers bring an operand's tiles into shared memory: plain matrices by vectors (gemm-producers.cuh, gemm-mma.cuh)
//             or element by element from anywhere, such as the patches of a convolution (conv-patches.cuh);
//   sums      multiply two tiles: by ordinary arithmetic (gemm-simt.cuh), or on the tensor cores (gemm-mma.cuh);
//   a store   puts what was summed where it belongs (gemm-store.cuh).
#pragma once

#include "matmul/gemm-store.cuh"
#include "runtime/launch.h"

namespace wengert {

/// The tile of y that a block computes, and the stretch of the depth that it sums over.
struct Place {
  int row, column;
  int depthBegin, depthEnd;
  int batch, split;
};

/// Blocks are numbered through tiles, splits and batches. Tiles are taken in groups of eight rows, column by column, so
/// that the blocks that run together share their operands in the L2 cache.
__device__ __forceinline__ Place placeOf(const GemmShape& shape, unsigned block, int tileM, int tileN) {
  constexpr unsigned group = 8;
  const unsigned tiles = shape.tilesM * shape.tilesN;
  unsigned rest = block / tiles;
  const unsigned tile = block - rest * tiles;
  Place place;
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

/// Bytes of shared memory for the ring of stages, and after the loop for a slab of sums; behind them a block's Place.
template <class Sums, class A, class B>
__host__ __device__ constexpr int tileBytes() {
  constexpr int stage = (A::Layout::elements + B::Layout::elements) * static_cast<int>(sizeof(typename Sums::Shared));
  constexpr int ring = Sums::stages * stage;
  constexpr int slab = Sums::tileM / Sums::phases * (Sums::tileN + 8) * static_cast<int>(sizeof(typename Sums::Sum));
  return ring > slab ? ring : slab;
}

/// Hands the sums on, through shared memory, so that neighbouring threads store neighbouring vectors: in phases, each
/// of which takes the same part of every warp's rows.
template <class Sums, class W>
__device__ __forceinline__ void writeTile(const Sums& sums, const W& writer, const Place& place, void* memory) {
  using Sum = typename W::Sum;
  constexpr int width = W::width;
  constexpr int pitch = Sums::tileN + 8;
  constexpr int perWarp = Sums::warpM / Sums::phases;
  constexpr int elements = Sums::tileM / Sums::phases * Sums::tileN;
  Sum* const slab = static_cast<Sum*>(memory);
#pragma unroll
  for (int phase = 0; phase < Sums::phases; phase++) {
    if (phase > 0) __syncthreads();
    sums.template put<pitch>(slab, phase);
    __syncthreads();
#pragma unroll 1
    for (int i = static_cast<int>(threadIdx.x) * width; i < elements; i += Sums::threads * width) {
      const int row = i / Sums::tileN, column = i % Sums::tileN;
      const int inTile = row / perWarp * Sums::warpM + phase * perWarp + row % perWarp;
      const auto values = *reinterpret_cast<const Vector<Sum, width>*>(slab + row * pitch + column);
      writer.template put<width>(place.row + inTile, place.column + column, values.at);
    }
  }
}

/// The tile of y of this block.
template <class Sums, class A, class B, class Store>
__device__ __forceinline__ void gemmTile(const GemmShape& shape, const typename A::Source& a,
                                         const typename B::Source& b, const Store& store) {
  using Shared = typename Sums::Shared;
  constexpr int stages = Sums::stages;
  SHARED_MEMORY(Shared, memory);
  Shared* const tilesA = memory;
  Shared* const tilesB = memory + stages * A::Layout::elements;
  // The place is needed again after the loop, in which every register counts.
  Place* const kept = reinterpret_cast<Place*>(reinterpret_cast<unsigned char*>(memory) + tileBytes<Sums, A, B>());
  const Place place = placeOf(shape, blockIdx.x, Sums::tileM, Sums::tileN);
  if (threadIdx.x == 0) *kept = place;
  std::int64_t offsetA, offsetB;
  shape.axes.offsets(place.batch, offsetA, offsetB);
  A fromA(a, offsetA, place.row, place.depthBegin);
  B fromB(b, offsetB, place.column, place.depthBegin);
  Sums sums;

  // A producer's `start` begins to move its next tile, and `finish` ends what passes through registers; what the copy
  // engine moves is waited for by `arrived`. `left` is the depth from a tile on; elements beyond it are zeros.
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
    // The full stage is there for all to read, and all have read the empty one, which is filled anew.
    __syncthreads();
    const bool more = left > ahead;
    if (more) {
      fromA.start(tilesA + empty * A::Layout::elements, left - ahead);
      fromB.start(tilesB + empty * B::Layout::elements, left - ahead);
    }
    Sums::committed();
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
  const Place again = *kept;
  writeTile<Sums>(sums, Writer<Store>{shape, again.batch, again.split, store}, again, memory);
}

template <class Sums, class A, class B, class Store>
__global__ void __launch_bounds__(Sums::threads, Sums::blocksAtOnce)
    gemmKernel(const GemmShape shape, const typename A::Source a, const typename B::Source b, const Store store) {
  if constexpr (targetCapability < Sums::capability) return;  // never launched there, so not worth the compiler's time
  else gemmTile<Sums, A, B>(shape, a, b, store);
}

/// Launches the main loop, and where the depth is split the sum of the parts.
template <class Sums, class A, class B, class Store>
void launchGemm(GemmShape shape, const typename A::Source& a, const typename B::Source& b, const Store& store) {
  shape.tilesM = static_cast<int>(divideUp(shape.m, Sums::tileM));
  shape.tilesN = static_cast<int>(divideUp(shape.n, Sums::tileN));
  require(shape.k <= std::int64_t{1} << 30, "products are of at most 2^30 terms");
  // A split is a whole number of tiles deep, and no split is empty.
  const std::int64_t turns = divideUp(shape.k, Sums::tileK);
  const std::int64_t turnsPerSplit = shape.splits > 1 ? divideUp(turns, shape.splits) : turns;
  shape.splits = turns > 0 ? static_cast<int>(divideUp(turns, turnsPerSplit)) : 1;
  shape.splitDepth = static_cast<int>(turnsPerSplit * Sums::tileK);
  const std::int64_t blocks = multiplySizes(multiplySizes(shape.tilesM, shape.tilesN),
                                            multiplySizes(shape.splits, shape.batches));
  require(blocks <= 0x7fffffff, "more tiles than a grid has blocks");
  using Sum = typename Writer<Store>::Sum;
  const std::int64_t elements = multiplySizes(multiplySizes(shape.m, shape.n), shape.batches);
  const Scratch partials(shape.splits > 1 ? multiplySizes(elements, shape.splits) * sizeof(Sum) : 0);
  shape.partials = partials.as<void>();
  constexpr std::size_t bytes = tileBytes<Sums, A, B>() + sizeof(Place);
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
