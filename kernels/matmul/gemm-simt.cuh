// Tier R1: products by ordinary arithmetic, for every element type; float32 is computed in float32, without tf32.
// startSimt is called by product-dispatch.h; convolution/conv-simt.cu uses the sums with other producers. The main loop
// and its ring of stages are in gemm-loop.cuh.
//
// A thread sums (perThread, perThread) elements of y in registers. For each k it reads perThread elements of a and of b
// from shared memory, in vectors of four, and does perThread^2 multiplications. With perThread = 8, a warp sums
// (32, 64) elements, and a thread has four quarters of (4, 4) of them. Marked with lane numbers:
//
//     columns   0-3  4-7  ..  28-31    32-35  ..  60-63
//     rows
//      0-3       0    1   ..    7        0    ..    7         A quarter of lane l starts at row l / 8 * 4 and column
//      4-7       8    9   ..   15        8    ..   15         l % 8 * 4; the others are 16 rows further down and 32
//      8-11     16   17   ..   23       16    ..   23         columns further right. The lanes of a row read the same
//     12-15     24   25   ..   31       24    ..   31         four elements of a, and neighbouring vectors of b.
//     16-19      0    1   ..    7        0    ..    7
//       :
#pragma once

#include "matmul/gemm-loop.cuh"
#include "matmul/gemm-producers.cuh"

namespace wengert {

/// A tile in shared memory, (depth, rows + 4), in the type in which T is summed. The rows of one depth are neighbours,
/// so that a thread reads four of them at once. The 4 elements between lines put 8 neighbouring lines in different
/// banks, for producers whose neighbouring threads store neighbouring depths.
template <class T, int rowCount, int depthCount>
struct SimtLayout {
  using Element = SumOf<T>;
  static constexpr int rows = rowCount;
  static constexpr int depth = depthCount;
  static constexpr int pitch = rows + 4;
  static constexpr int elements = depth * pitch;

  __device__ __forceinline__ static int offset(int row, int depth) { return depth * pitch + row; }
  __device__ __forceinline__ static Element convert(T x) { return static_cast<Element>(widen(x)); }
};

/// The sums of a tile of y, (sizeM, sizeN). Each thread has (perThread, perThread) of them, in quarters of (4, 4). The
/// lanes of a warp are arranged as (4, 8), so that a warp covers (4 perThread, 8 perThread), and warps cover the tile,
/// row by row.
template <class T, int sizeM, int sizeN, int sizeK, int perThread, int blocks>
class SimtSums {
 public:
  using Sum = SumOf<T>;
  using Shared = Sum;
  static constexpr int capability = 0;
  static constexpr int tileM = sizeM;
  static constexpr int tileN = sizeN;
  static constexpr int tileK = sizeK;
  static constexpr int stages = 2;
  static constexpr int threads = tileM * tileN / (perThread * perThread);
  static constexpr int blocksAtOnce = blocks;
  static constexpr int warpM = 4 * perThread;
  static constexpr int phases = perThread / 4;  // in which the tile is written (writeTile)
  using LayoutA = SimtLayout<T, tileM, tileK>;
  using LayoutB = SimtLayout<T, tileN, tileK>;

  // The producers of this tier do not use cp.async.
  __device__ __forceinline__ static void committed() {}
  __device__ __forceinline__ static void arrived() {}

  /// sums += a b for one stage, k by k.
  template <class A, class B>
  __device__ __forceinline__ void add(const Shared* tileA,    // (tileK, tileM + 4)
                                      const Shared* tileB) {  // (tileK, tileN + 4)
    const Shared* const fromA = tileA + firstRow();
    const Shared* const fromB = tileB + firstColumn();
#pragma unroll
    for (int k = 0; k < tileK; k++) {
      Vector<Sum, 4> a[quarters], b[quarters];  // rows +0..3, +16..19; columns +0..3, +32..35
#pragma unroll
      for (int q = 0; q < quarters; q++) {
        a[q] = *reinterpret_cast<const Vector<Sum, 4>*>(fromA + A::offset(q * 16, k));
        b[q] = *reinterpret_cast<const Vector<Sum, 4>*>(fromB + B::offset(q * 32, k));
      }
#pragma unroll
      for (int i = 0; i < perThread; i++)
#pragma unroll
        for (int j = 0; j < perThread; j++) sums_[i][j] += a[i / 4].at[i % 4] * b[j / 4].at[j % 4];
    }
  }

  /// Puts the sums of one phase into the slab: of every warp, the rows of its upper or of its lower quarters.
  template <int pitch>
  __device__ __forceinline__ void put(Sum* slab,  // (tileM / phases, pitch)
                                      int phase) const {
    Sum* const at = slab + (firstRow() / warpM * (warpM / phases) + firstRow() % warpM) * pitch + firstColumn();
#pragma unroll
    for (int i = 0; i < 4; i++)
#pragma unroll
      for (int q = 0; q < quarters; q++) {
        Vector<Sum, 4> out;
#pragma unroll
        for (int j = 0; j < 4; j++) out.at[j] = sums_[phase * 4 + i][q * 4 + j];
        *reinterpret_cast<Vector<Sum, 4>*>(at + i * pitch + q * 32) = out;
      }
  }

 private:
  static constexpr int quarters = perThread / 4;
  static constexpr int warpN = 8 * perThread;
  static constexpr int warpsN = tileN / warpN;
  static_assert(tileM % warpM == 0 && tileN % warpN == 0 && perThread % 4 == 0);

  __device__ __forceinline__ static int firstRow() {
    const int t = static_cast<int>(threadIdx.x);
    return t / 32 / warpsN * warpM + t % 32 / 8 * 4;
  }
  __device__ __forceinline__ static int firstColumn() {
    const int t = static_cast<int>(threadIdx.x);
    return t / 32 % warpsN * warpN + t % 8 * 4;
  }

  Sum sums_[perThread][perThread] = {};  // quarter (i / 4, j / 4), element (i % 4, j % 4)
};

// Threads of a block: 256, 64 and 64. The last number is the blocks that a multiprocessor must have registers for.
template <class T>
using LargeSimt = SimtSums<T, 128, 128, 8, 8, 2>;
template <class T>
using MediumSimt = SimtSums<T, 64, 64, 8, 8, 6>;
template <class T>
using SmallSimt = SimtSums<T, 32, 32, 16, 4, 1>;

/// The product of any matrices, read element by element.
template <class T, class Sums>
void simtByElements(const Gemm& problem) {
  using A = StridedProducer<T, typename Sums::LayoutA, Sums::threads>;
  using B = StridedProducer<T, typename Sums::LayoutB, Sums::threads>;
  launchMatmul<T, Sums, A, B>(problem);
}

/// The product of matrices whose lines are made of whole vectors: a kernel for each combination of layouts.
template <class T, class Sums, bool alongDepthA, bool alongDepthB>
void simtByVectors(const Gemm& problem) {
  using A = VectorProducer<T, alongDepthA, typename Sums::LayoutA, Sums::threads>;
  using B = VectorProducer<T, alongDepthB, typename Sums::LayoutB, Sums::threads>;
  launchMatmul<T, Sums, A, B>(problem);
}

template <class T, class Sums>
void simtByVectors(const Gemm& problem) {
  if (problem.a.alongDepth()) {
    if (problem.b.alongDepth()) simtByVectors<T, Sums, true, true>(problem);
    else simtByVectors<T, Sums, true, false>(problem);
  } else {
    if (problem.b.alongDepth()) simtByVectors<T, Sums, false, true>(problem);
    else simtByVectors<T, Sums, false, false>(problem);
  }
}

/// Starts tier R1 for T (product-dispatch.h). gemm-simt-float32.cu and gemm-simt-other.cu instantiate it.
template <class T>
void startSimt(const ProductKernel& kernel, const Gemm& problem) {
  if constexpr (std::is_same_v<T, float>) {
    if (kernel.tier == Tier::simtVectors) {
      if (kernel.tile == 128) return simtByVectors<T, LargeSimt<T>>(problem);
      return simtByVectors<T, MediumSimt<T>>(problem);
    }
  }
  if constexpr (std::is_same_v<T, float> || isHalf<T>) {
    if (kernel.tile == 64) return simtByElements<T, MediumSimt<T>>(problem);
  }
  simtByElements<T, SmallSimt<T>>(problem);
}

}  // namespace wengert
