// Tier R2: products on the tensor cores by mma.sync, from sm_80 on: bfloat16, float16, and float32 rounded to tf32, all
// summed in float32. startMma is called by product-dispatch.h; convolution/conv-mma.cuh uses the sums with other
// producers. How a block divides its tile among warps, and the ring of stages, are drawn in gemm-loop.cuh.
//
// The fragments of mma.m16n8k16, d (16, 8) += a (16, 16) b (16, 8): the number of the lane that holds an element, and
// in which register. A register of a or b holds two 16-bit elements, neighbours in k; the first is in the lower half.
//
//        a          k                                      b          n                       d          n
//            0  1 .. 6  7     8  9 .. 14 15                      0   1  ..   7                  0  1  2  3 ..  6  7
//    m  0    0  0 .. 3  3     0  0 ..  3  3            k  0      0   4  ..  28          m  0    0  0  1  1 ..  3  3
//       1    4  4 .. 7  7     4  4 ..  7  7               1      0   4  ..  28             1    4  4  5  5 ..  7  7
//       :        a0               a2                      2      1   5  ..  29             :        d0, d1
//       7   28 28 .. 31 31   28 28 .. 31 31               :        b0                      7   28 28 29 29 .. 31 31
//       8    0  0 .. 3  3     0  0 ..  3  3               7      3   7  ..  31             8    0  0  1  1 ..  3  3
//       :        a1               a3                      8      0   4  ..  28             :        d2, d3
//      15   28 28 .. 31 31   28 28 .. 31 31               :        b1                     15   28 28 29 29 .. 31 31
//
// mma.m16n8k8 of tf32 has the same picture with one 32-bit element of k instead of two 16-bit ones. Therefore a
// fragment of either type is two chunks of 16 bytes deep, and most of the code below counts in chunks.
#pragma once

#include "matmul/gemm-loop.cuh"
#include "matmul/gemm-producers.cuh"
#include "ptx/ptx.cuh"

namespace wengert {

/// Elements in a chunk of 16 bytes: the unit of cp.async, and a row of a matrix of ldmatrix.
template <class T>
inline constexpr int chunkLength = 16 / sizeof(T);

/// A tile whose rows are lines of 64 bytes along the depth: (rows, depth). ldmatrix reads the same chunk c of eight
/// neighbouring lines. Two lines fill the 32 banks, so without a swizzle lines 0, 2, 4 and 6 would be in the same
/// banks. Therefore chunk c of a line is stored at position c ^ (row / 2 % 4):
///
///             even row                    odd row
///     banks   0-3   4-7   8-11  12-15     16-19 20-23 24-27 28-31
///     rows
///      0, 1   c0    c1    c2    c3        c0    c1    c2    c3        c0 of rows 0 to 7 is in eight
///      2, 3   c1    c0    c3    c2        c1    c0    c3    c2        different groups of four banks;
///      4, 5   c2    c3    c0    c1        c2    c3    c0    c1        the same is true of c1, c2 and c3
///      6, 7   c3    c2    c1    c0        c3    c2    c1    c0
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

/// A tile whose lines are the rows of one depth: (depth, rows), of 128 bytes or more, so every line starts in bank 0.
/// 16-bit elements: ldmatrix, transposing, reads the same chunk of eight neighbouring lines; chunk c is stored at
/// position c ^ (depth % 8). 32-bit elements: a warp reads two neighbouring chunks of four neighbouring lines, without
/// ldmatrix, which only transposes 16-bit elements; c ^ (depth % 4 * 2) keeps the two together. Either way, the eight
/// chunks are in different banks.
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

/// Brings tiles of a plain matrix into shared memory by cp.async, 16 bytes at a time, without passing through
/// registers. The lines of the matrix start at multiples of 16 bytes and are a multiple of 16 bytes long; the lines of
/// the tile go in the same direction. Neighbouring threads copy neighbouring chunks of a line.
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

  /// Chunks beyond the matrix are filled with zeros: cp.async reads 0 bytes for them.
  __device__ __forceinline__ void start(Shared* tile, int left) {  // (rows, depth)
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
  static constexpr int perLine = (along ? Layout::depth : Layout::rows) / width;  // chunks
  static constexpr int linesAtOnce = threads / perLine;
  static constexpr int each = Layout::elements / width / threads;  // chunks that a thread copies
  static_assert(threads % perLine == 0 && each * width * threads == Layout::elements);

  __device__ __forceinline__ static int line() { return static_cast<int>(threadIdx.x) / perLine; }
  __device__ __forceinline__ static int inLine() { return static_cast<int>(threadIdx.x) % perLine * width; }
  __device__ __forceinline__ static int inRow(int i) { return along ? line() + i * linesAtOnce : inLine(); }
  __device__ __forceinline__ static int inDepth(int i) { return along ? inLine() : line() + i * linesAtOnce; }

  const T* base_;      // a valid address, for copies of 0 bytes
  int rows_;           // of the matrix, from this thread's first element on
  std::int64_t line_;  // elements from one line of the matrix to the next
  const T* at_;        // this thread's first element in the next tile
};

/// The sums of a tile of y, (sizeM, sizeN). Each warp sums (warpRows, warpN) of them, as fragments of (16, 8).
/// `blocks`: how many blocks a multiprocessor holds at least, which limits the registers.
template <class T, int sizeM, int sizeN, int warpRows, int warpN, int stageCount, int blocks>
class MmaSums {
 public:
  using Sum = float;
  using Shared = T;
  static constexpr int capability = 80;
  static constexpr int tileM = sizeM;
  static constexpr int tileN = sizeN;
  static constexpr int tileK = 64 / sizeof(T);  // 32 or 16: two steps of mma
  static constexpr int stages = stageCount;
  static constexpr int warpM = warpRows;
  static constexpr int phases = tileM / 64;  // in which the tile is written (writeTile)
  static constexpr int threads = tileM / warpM * (tileN / warpN) * 32;
  static constexpr int blocksAtOnce = blocks;
  template <bool alongDepth>
  using LayoutA = std::conditional_t<alongDepth, DepthLines<T, tileM, tileK>, RowLines<T, tileM, tileK>>;
  template <bool alongDepth>
  using LayoutB = std::conditional_t<alongDepth, DepthLines<T, tileN, tileK>, RowLines<T, tileN, tileK>>;

  __device__ __forceinline__ static void committed() { copyAsyncCommit(); }
  /// Waits until the oldest of the stages - 1 tiles on their way is there.
  __device__ __forceinline__ static void arrived() { copyAsyncWait<stages - 2>(); }

  /// sums += a b for one stage. Each fragment of a is used for a whole row of fragments of y, and each of b for a
  /// column.
  template <class A, class B>
  __device__ __forceinline__ void add(const Shared* tileA,    // (tileM, tileK), arranged by A
                                      const Shared* tileB) {  // (tileN, tileK), arranged by B
#pragma unroll
    for (int depth = 0; depth < tileK; depth += 2 * chunk) {
      std::uint32_t a[fragmentsM][4];      // (warpM, 2 chunks)
      std::uint32_t b[fragmentsN / 2][4];  // (warpN, 2 chunks): b0, b1 of one fragment, then of its right neighbour
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

  /// Puts the sums of one phase into the slab: of every warp, warpM / phases rows. A lane has two neighbours of a row
  /// in each fragment, twice: in rows 8 apart.
  template <int pitch>
  __device__ __forceinline__ void put(float* slab,  // (tileM / phases, pitch)
                                      int phase) const {
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

  /// The fragment of a at (row, depth): (16, 2 chunks). ldmatrix loads four matrices of 8 rows and one chunk, or, if
  /// transposed, of 8 depths and one chunk of rows. Lane l names line l % 8 of matrix l / 8, and matrix i becomes
  /// register i: rows 0 to 7 (a0), rows 8 to 15 (a1), then the same rows of the second chunk (a2, a3).
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

  /// Two fragments of b, for 16 columns of y from `row` on: (16, 2 chunks). The columns of y are the rows of a tile of
  /// b. Here the second chunk (b1) comes before the next fragment.
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

  float sums_[fragmentsM][fragmentsN][4] = {};  // (warpM / 16, warpN / 8, 4): registers d0 to d3 of each fragment
};

// 128 threads either way: 4 warps.
template <class T>
using LargeMma = MmaSums<T, 128, 128, 64, 64, 4, 2>;
template <class T>
using MediumMma = MmaSums<T, 64, 64, 32, 32, 4, 4>;

/// For elements that pass through registers: they need more registers, and two stages are enough.
template <class T>
using MediumMmaElements = MmaSums<T, 64, 64, 32, 32, 2, 2>;

/// The product of any matrices, read element by element.
template <class T, class Sums>
void mmaByElements(const Gemm& problem) {
  using A = StridedProducer<T, typename Sums::template LayoutA<false>, Sums::threads>;
  using B = StridedProducer<T, typename Sums::template LayoutB<false>, Sums::threads>;
  launchMatmul<T, Sums, A, B>(problem);
}

/// The product of matrices whose lines are made of whole vectors: a kernel for each combination of layouts.
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

/// Starts tier R2 for T (product-dispatch.h). gemm-mma-bfloat16.cu and its neighbours instantiate it.
template <class T>
void startMma(const ProductKernel& kernel, const Gemm& problem) {
  if (kernel.tier != Tier::mmaVectors) mmaByElements<T, MediumMmaElements<T>>(problem);
  else if (kernel.tile == 128) mmaByVectors<T, LargeMma<T>>(problem);
  else mmaByVectors<T, MediumMma<T>>(problem);
}

}  // namespace wengert
