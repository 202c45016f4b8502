// Tier R1: products by ordinary arithmetic, for every element type; float32 sums of float32 products are exact in
// IEEE's sense, one rounding each. A thread sums a tile of y in registers; per step of the depth it reads a line of
// each operand's tile from shared memory, in vectors of four.
#pragma once

#include "matmul/gemm-loop.cuh"
#include "matmul/gemm-producers.cuh"

namespace wengert {

/// A tile in shared memory, widened to what T is summed in: each depth is a line of rows. The four elements between
/// lines spread the lines of a column over the banks.
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

/// Threads sum `perThread` x `perThread` elements each, in quarters of 4 x 4. The 32 lanes of a warp stand 4 x 8, so
/// that a warp covers (4 perThread) x (8 perThread) elements, and warps cover the tile.
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
  static constexpr int phases = perThread / 4;  // in which sums are handed on
  using LayoutA = SimtLayout<T, tileM, tileK>;
  using LayoutB = SimtLayout<T, tileN, tileK>;

  // Nothing is copied asynchronously.
  __device__ __forceinline__ static void committed() {}
  __device__ __forceinline__ static void arrived() {}

  template <class A, class B>
  __device__ __forceinline__ void add(const Shared* tileA, const Shared* tileB) {
    const Shared* const fromA = tileA + firstRow();
    const Shared* const fromB = tileB + firstColumn();
#pragma unroll
    for (int k = 0; k < tileK; k++) {
      Vector<Sum, 4> a[quarters], b[quarters];
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

  /// Puts the upper or the lower half of each warp's rows into a slab of such lines.
  template <int pitch>
  __device__ __forceinline__ void put(Sum* slab, int phase) const {
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

  Sum sums_[perThread][perThread] = {};
};

template <class T>
using LargeSimt = SimtSums<T, 128, 128, 8, 8, 2>;
template <class T>
using MediumSimt = SimtSums<T, 64, 64, 8, 8, 6>;
template <class T>
using SmallSimt = SimtSums<T, 32, 32, 16, 4, 1>;

/// The product on any matrices, element by element.
template <class T, class Sums>
void simtByElements(const Gemm& problem) {
  using A = StridedProducer<T, typename Sums::LayoutA, Sums::threads>;
  using B = StridedProducer<T, typename Sums::LayoutB, Sums::threads>;
  launchMatmul<T, Sums, A, B>(problem);
}

/// The product on matrices whose lines are made of whole vectors.
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
