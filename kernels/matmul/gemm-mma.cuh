// Tier R2: products on the tensor cores by mma.sync, from sm_80 on: bfloat16 and float16, and float32 rounded to tf32,
// all summed in float32. Tiles travel by cp.async through a ring of stages; a warp reads its fragments by ldmatrix.
// Where what it reads at once would lie in the same banks, 16-byte chunks are permuted by XOR.
#pragma once

#include "matmul/gemm-loop.cuh"
#include "matmul/gemm-producers.cuh"
#include "ptx/ptx.cuh"

namespace wengert {

template <class T>
inline constexpr int chunkLength = 16 / sizeof(T);

/// A tile whose rows are lines of 64 bytes along the depth. ldmatrix reads a chunk of eight lines; two lines fill the
/// banks, so chunks are permuted from pair to pair.
template <class T, int rowCount, int depthCount>
struct DepthLines {
  using Element = T;
  static constexpr bool alongDepth = true;
  static constexpr int rows = rowCount;
  static constexpr int depth = depthCount;
  static constexpr int elements = rows * depth;
  static_assert(depth * sizeof(T) == 64);

  __device__ __forceinline__ static int offset(int row, int depthIndex) {
    constexpr int chunk = chunkLength<T>;
    return row * depth + ((depthIndex / chunk) ^ (row >> 1 & 3)) * chunk + depthIndex % chunk;
  }
  __device__ __forceinline__ static T convert(T x) { return x; }
};

/// A tile whose lines hold a depth's rows, of 128 bytes or more. Of 16-bit elements, ldmatrix reads a chunk of eight
/// lines, transposing; of 32-bit elements, a warp reads 8 elements of four lines.
template <class T, int rowCount, int depthCount>
struct RowLines {
  using Element = T;
  static constexpr bool alongDepth = false;
  static constexpr int rows = rowCount;
  static constexpr int depth = depthCount;
  static constexpr int elements = rows * depth;
  static_assert(rows * sizeof(T) >= 128);

  __device__ __forceinline__ static int offset(int row, int depthIndex) {
    constexpr int chunk = chunkLength<T>;
    const int mask = sizeof(T) == 2 ? depthIndex & 7 : (depthIndex & 3) << 1;
    return depthIndex * rows + ((row / chunk) ^ mask) * chunk + row % chunk;
  }
  __device__ __forceinline__ static T convert(T x) { return x; }
};

/// A matrix whose lines start at multiples of 16 bytes, and are that long, into a tile whose lines go the same way.
template <class T, class LayoutType, int threads>
class AsyncProducer {
 public:
  using Layout = LayoutType;
  using Source = MatrixSource<T>;
  using Shared = T;

  __device__ __forceinline__ AsyncProducer(const Source& source, std::int64_t offset, int row, int depth)
      : base_(source.data), rows_(source.rows - row - inRow(0)),
        line_(along ? source.rowStride : source.depthStride),
        at_(source.data + offset + (along ? (row + inRow(0)) * line_ + depth + inDepth(0)
                                          : (depth + inDepth(0)) * line_ + row + inRow(0))) {}

  __device__ __forceinline__ void start(Shared* tile, int left) {
#pragma unroll
    for (int i = 0; i < each; i++) {
      const bool inside = (along ? i * linesAtOnce : 0) < rows_ && inDepth(i) < left;
      const T* const from = inside ? at_ + i * linesAtOnce * line_ : base_;
      copyAsync16(tile + Layout::offset(inRow(i), inDepth(i)), from, inside ? 16 : 0);
    }
    at_ += along ? Layout::depth : Layout::depth * line_;
  }

  __device__ __forceinline__ void finish(Shared*) {}

 private:
  static constexpr bool along = Layout::alongDepth;
  static constexpr int width = chunkLength<T>;
  static constexpr int perLine = (along ? Layout::depth : Layout::rows) / width;
  static constexpr int linesAtOnce = threads / perLine;
  static constexpr int each = Layout::elements / width / threads;
  static_assert(threads % perLine == 0 && each * width * threads == Layout::elements);

  __device__ __forceinline__ static int line() { return static_cast<int>(threadIdx.x) / perLine; }
  __device__ __forceinline__ static int inLine() { return static_cast<int>(threadIdx.x) % perLine * width; }
  __device__ __forceinline__ static int inRow(int i) { return along ? line() + i * linesAtOnce : inLine(); }
  __device__ __forceinline__ static int inDepth(int i) { return along ? inLine() : line() + i * linesAtOnce; }

  const T* base_;       // what a copy of nothing may point to
  int rows_;            // of the matrix, from this thread's first element on
  std::int64_t line_;   // from one line of the matrix to the next
  const T* at_;
};

/// Each warp sums warpRows x warpN elements, in fragments of 16 x 8.
template <class T, int sizeM, int sizeN, int warpRows, int warpN, int stageCount, int blocks>
class MmaSums {
 public:
  using Sum = float;
  using Shared = T;
  static constexpr int capability = 80;
  static constexpr int tileM = sizeM;
  static constexpr int tileN = sizeN;
  static constexpr int tileK = 64 / sizeof(T);
  static constexpr int stages = stageCount;
  static constexpr int warpM = warpRows;
  static constexpr int phases = tileM / 64;  // in which sums are handed on
  static constexpr int threads = tileM / warpM * (tileN / warpN) * 32;
  static constexpr int blocksAtOnce = blocks;
  template <bool alongDepth>
  using LayoutA = std::conditional_t<alongDepth, DepthLines<T, tileM, tileK>, RowLines<T, tileM, tileK>>;
  template <bool alongDepth>
  using LayoutB = std::conditional_t<alongDepth, DepthLines<T, tileN, tileK>, RowLines<T, tileN, tileK>>;

  __device__ __forceinline__ static void committed() { copyAsyncCommit(); }
  __device__ __forceinline__ static void arrived() { copyAsyncWait<stages - 2>(); }

  template <class A, class B>
  __device__ __forceinline__ void add(const Shared* tileA, const Shared* tileB) {
#pragma unroll
    for (int depth = 0; depth < tileK; depth += 2 * chunk) {
      std::uint32_t a[fragmentsM][4], b[fragmentsN / 2][4];
#pragma unroll
      for (int i = 0; i < fragmentsM; i++) loadA<A>(a[i], tileA, warpRow() + i * 16, depth);
#pragma unroll
      for (int j = 0; j < fragmentsN / 2; j++) loadB<B>(b[j], tileB, warpColumn() + j * 16, depth);
#pragma unroll
      for (int i = 0; i < fragmentsM; i++)
#pragma unroll
        for (int j = 0; j < fragmentsN; j++)
          multiply(sums_[i][j], a[i], {b[j / 2][j % 2 * 2], b[j / 2][j % 2 * 2 + 1]});
    }
  }

  /// Puts a part of each warp's rows into a slab of such lines.
  template <int pitch>
  __device__ __forceinline__ void put(float* slab, int phase) const {
    const int lane = static_cast<int>(threadIdx.x) % 32;
    float* const at = slab + (warpRow() / phases + lane / 4) * pitch + warpColumn() + lane % 4 * 2;
#pragma unroll
    for (int i = 0; i < fragmentsM / phases; i++)
#pragma unroll
      for (int half = 0; half < 2; half++)
#pragma unroll
        for (int j = 0; j < fragmentsN; j++) {
          const float* const sums = sums_[phase * (fragmentsM / phases) + i][j] + 2 * half;
          *reinterpret_cast<Vector<float, 2>*>(at + (i * 16 + half * 8) * pitch + j * 8) = {{sums[0], sums[1]}};
        }
  }

 private:
  static constexpr int chunk = chunkLength<T>;
  static constexpr int fragmentsM = warpM / 16;
  static constexpr int fragmentsN = warpN / 8;
  static constexpr int warpsN = tileN / warpN;
  static_assert(tileM % warpM == 0 && tileN % warpN == 0 && warpM % 16 == 0 && warpN % 16 == 0 && stages >= 2 &&
                fragmentsM % phases == 0);

  __device__ __forceinline__ static int warpRow() { return static_cast<int>(threadIdx.x) / 32 / warpsN * warpM; }
  __device__ __forceinline__ static int warpColumn() { return static_cast<int>(threadIdx.x) / 32 % warpsN * warpN; }

  /// The fragment of a at (row, depth): 16 rows, two chunks deep; the upper rows come before the second chunk.
  template <class Layout>
  __device__ __forceinline__ static void loadA(std::uint32_t (&r)[4], const T* tile, int row, int depth) {
    const int lane = static_cast<int>(threadIdx.x) % 32;
    if constexpr (Layout::alongDepth) {
      loadMatrix(r, tile + Layout::offset(row + lane % 16, depth + lane / 16 * chunk));
    } else if constexpr (sizeof(T) == 2) {
      loadMatrixTransposed(r, tile + Layout::offset(row + lane / 8 % 2 * 8, depth + lane % 8 + lane / 16 * 8));
    } else {
#pragma unroll
      for (int i = 0; i < 4; i++)
        r[i] = __float_as_uint(tile[Layout::offset(row + lane / 4 + i % 2 * 8, depth + lane % 4 + i / 2 * 4)]);
    }
    round(r);
  }

  /// Two fragments of b, of 8 columns each, two chunks deep.
  template <class Layout>
  __device__ __forceinline__ static void loadB(std::uint32_t (&r)[4], const T* tile, int row, int depth) {
    const int lane = static_cast<int>(threadIdx.x) % 32;
    if constexpr (Layout::alongDepth) {
      loadMatrix(r, tile + Layout::offset(row + lane % 8 + lane / 16 * 8, depth + lane / 8 % 2 * chunk));
    } else if constexpr (sizeof(T) == 2) {
      loadMatrixTransposed(r, tile + Layout::offset(row + lane / 16 * 8, depth + lane % 8 + lane / 8 % 2 * 8));
    } else {
#pragma unroll
      for (int i = 0; i < 4; i++)
        r[i] = __float_as_uint(tile[Layout::offset(row + lane / 4 + i / 2 * 8, depth + lane % 4 + i % 2 * 4)]);
    }
    round(r);
  }

  __device__ __forceinline__ static void round(std::uint32_t (&r)[4]) {
    if constexpr (std::is_same_v<T, float>) {
#pragma unroll
      for (int i = 0; i < 4; i++) r[i] = toTf32(__uint_as_float(r[i]));
    }
  }

  __device__ __forceinline__ static void multiply(float (&d)[4], const std::uint32_t (&a)[4],
                                                  const std::uint32_t (&b)[2]) {
    if constexpr (std::is_same_v<T, float>) mmaTf32(d, a, b);
    else mma<T>(d, a, b);
  }

  float sums_[fragmentsM][fragmentsN][4] = {};
};

template <class T>
using LargeMma = MmaSums<T, 128, 128, 64, 64, 4, 2>;
template <class T>
using MediumMma = MmaSums<T, 64, 64, 32, 32, 4, 4>;

/// For elements that pass through registers, which need more of them and no more stages than two.
template <class T>
using MediumMmaElements = MmaSums<T, 64, 64, 32, 32, 2, 2>;

/// The product on any matrices, element by element.
template <class T, class Sums>
void mmaByElements(const Gemm& problem) {
  using A = StridedProducer<T, typename Sums::template LayoutA<false>, Sums::threads>;
  using B = StridedProducer<T, typename Sums::template LayoutB<false>, Sums::threads>;
  launchMatmul<T, Sums, A, B>(problem);
}

/// The product on matrices whose lines are made of whole vectors.
template <class T, class Sums, bool alongDepthA, bool alongDepthB>
void mmaByVectors(const Gemm& problem) {
  using A = AsyncProducer<T, typename Sums::template LayoutA<alongDepthA>, Sums::threads>;
  using B = AsyncProducer<T, typename Sums::template LayoutB<alongDepthB>, Sums::threads>;
  launchMatmul<T, Sums, A, B>(problem);
}

template <class T, class Sums>
void mmaByVectors(const Gemm& problem) {
  if (problem.a.alongDepth()) {
    if (problem.b.alongDepth()) mmaByVectors<T, Sums, true, true>(problem);
    else mmaByVectors<T, Sums, true, false>(problem);
  } else {
    if (problem.b.alongDepth()) mmaByVectors<T, Sums, false, true>(problem);
    else mmaByVectors<T, Sums, false, false>(problem);
  }
}

template <class T>
void startMma(const ProductKernel& kernel, const Gemm& problem) {
  if (kernel.tier != Tier::mmaVectors) mmaByElements<T, MediumMmaElements<T>>(problem);
  else if (kernel.tile == 128) mmaByVectors<T, LargeMma<T>>(problem);
  else mmaByVectors<T, MediumMma<T>>(problem);
}

}  // namespace wengert
