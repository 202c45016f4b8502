// Producers bring the tiles of an operand from global to shared memory, with zeros for elements outside of the operand.
// The main loop (gemm-loop.cuh) drives them. The producers here hold a tile in registers between `start` and `finish`,
// so that the main loop computes while loads are on their way; the one with cp.async is in gemm-mma.cuh.
//
// A tile is (rows, depth): `rows` rows of the operand, `depth` deep. Layout::offset(row, depth) says where an element
// is in shared memory, and Layout::convert makes it the type in which it is kept there. Each thread moves `each`
// elements or vectors of a tile, at the same places of every tile.
#pragma once

#include "matmul/gemm.h"

namespace wengert {

/// Loads elements one by one, from wherever the loader finds them:
///   Loader(source, offset)           offset: of the batch, in elements
///   Row row(int), Depth depth(int)   the work for one index; elements of a thread with the same index share it
///   Element load(Row, Depth)         zero outside of the operand
///   alongDepth                       whether neighbours in memory differ in depth
/// If so, the elements of a thread have one depth and several rows, otherwise one row and several depths.
template <class Loader, class LayoutType, int threads>
class ElementProducer {
 public:
  using Layout = LayoutType;
  using Source = typename Loader::Source;
  using Element = typename Loader::Element;
  using Shared = typename Layout::Element;

  __device__ __forceinline__ ElementProducer(const Source& source, std::int64_t offset, int row, int depth)
      : loader_(source, offset), row_(row), depth_(depth) {}

  __device__ __forceinline__ void start(Shared*, int left) {
    if constexpr (Loader::alongDepth) {
      const auto depth = loader_.depth(depth_ + inDepth(0));
#pragma unroll
      for (int i = 0; i < each; i++)
        staged_[i] = inDepth(0) < left ? loader_.load(loader_.row(row_ + inRow(i)), depth) : Element{};
    } else {
      const auto row = loader_.row(row_ + inRow(0));
#pragma unroll
      for (int i = 0; i < each; i++)
        staged_[i] = inDepth(i) < left ? loader_.load(row, loader_.depth(depth_ + inDepth(i))) : Element{};
    }
    depth_ += Layout::depth;
  }

  __device__ __forceinline__ void finish(Shared* tile) {
#pragma unroll
    for (int i = 0; i < each; i++) tile[Layout::offset(inRow(i), inDepth(i))] = Layout::convert(staged_[i]);
  }

 private:
  static constexpr int each = Layout::rows * Layout::depth / threads;
  static_assert(threads % Layout::rows == 0 && threads % Layout::depth == 0);

  // Neighbouring threads load neighbouring elements of memory.
  __device__ __forceinline__ static int inRow(int i) {
    const int t = static_cast<int>(threadIdx.x);
    return Loader::alongDepth ? t / Layout::depth + i * (threads / Layout::depth) : t % Layout::rows;
  }
  __device__ __forceinline__ static int inDepth(int i) {
    const int t = static_cast<int>(threadIdx.x);
    return Loader::alongDepth ? t % Layout::depth : t / Layout::rows + i * (threads / Layout::rows);
  }

  Loader loader_;
  int row_, depth_;            // of the next tile
  Element staged_[each] = {};  // (each): this thread's part of a tile (rows, depth)
};

/// A plain matrix in memory, as the kernels get it.
template <class T>
struct MatrixSource {
  const T* data;                        // (batches, rows, K), element (row, k) at row rowStride + k depthStride
  std::int64_t rowStride, depthStride;  // one of them is 1
  int rows;

  MatrixSource(const Operand& operand, int rows)
      : data(static_cast<const T*>(operand.data)),
        rowStride(operand.rowStride),
        depthStride(operand.depthStride),
        rows(rows) {}
};

/// Loads a matrix with any strides, element by element. Which direction is contiguous is known only at run time.
template <class T, class LayoutType, int threads>
class StridedProducer {
 public:
  using Layout = LayoutType;
  using Source = MatrixSource<T>;
  using Shared = typename Layout::Element;

  __device__ __forceinline__ StridedProducer(const Source& source, std::int64_t offset, int row, int depth) {
    const int t = static_cast<int>(threadIdx.x);
    // Neighbouring threads load neighbouring elements of memory.
    const bool alongDepth = source.depthStride == 1;
    inRow_ = alongDepth ? t / Layout::depth : t % Layout::rows;
    inDepth_ = alongDepth ? t % Layout::depth : t / Layout::rows;
    rowStep_ = alongDepth ? threads / Layout::depth : 0;
    depthStep_ = alongDepth ? 0 : threads / Layout::rows;
    rows_ = source.rows - row - inRow_;
    at_ = source.data + offset + (row + inRow_) * source.rowStride + (depth + inDepth_) * source.depthStride;
    step_ = rowStep_ * source.rowStride + depthStep_ * source.depthStride;
    tileStep_ = Layout::depth * source.depthStride;
  }

  __device__ __forceinline__ void start(Shared*, int left) {
    const T* at = at_;
    int row = 0, depth = inDepth_;
#pragma unroll
    for (int i = 0; i < each; i++) {
      staged_[i] = row < rows_ && depth < left ? *at : T{};
      at += step_;
      row += rowStep_;
      depth += depthStep_;
    }
    at_ += tileStep_;
  }

  __device__ __forceinline__ void finish(Shared* tile) {
    int row = inRow_, depth = inDepth_;
#pragma unroll
    for (int i = 0; i < each; i++) {
      tile[Layout::offset(row, depth)] = Layout::convert(staged_[i]);
      row += rowStep_;
      depth += depthStep_;
    }
  }

 private:
  static constexpr int each = Layout::rows * Layout::depth / threads;
  static_assert(threads % Layout::rows == 0 && threads % Layout::depth == 0);

  const T* at_;                   // this thread's first element in the next tile
  std::int64_t step_, tileStep_;  // to its next element in a tile, and to the next tile
  int rows_;                      // of the matrix, from this thread's first element on
  int inRow_, inDepth_;           // of its first element in a tile
  int rowStep_, depthStep_;       // to its next element: one of them is 0
  T staged_[each] = {};           // (each): this thread's part of a tile (rows, depth)
};

/// Loads a matrix in vectors of `width` elements. Its lines start at multiples of `width` and are a multiple of it
/// long. Along the depth, a vector is stored as single elements, because the layout keeps the rows of one depth
/// together.
template <class T, bool alongDepth, class LayoutType, int threads>
class VectorProducer {
 public:
  using Layout = LayoutType;
  using Source = MatrixSource<T>;
  using Shared = typename Layout::Element;
  static constexpr int width = 4;

  __device__ __forceinline__ VectorProducer(const Source& source, std::int64_t offset, int row, int depth)
      : rows_(source.rows - row - inRow(0)),
        line_(alongDepth ? source.rowStride : source.depthStride),
        at_(source.data + offset + (alongDepth ? (row + inRow(0)) * line_ + depth + inDepth(0)
                                               : (depth + inDepth(0)) * line_ + row + inRow(0))) {}

  __device__ __forceinline__ void start(Shared*, int left) {
#pragma unroll
    for (int i = 0; i < each; i++) {
      const bool inside = rowStep * i < rows_ && inDepth(i) < left;
      const auto* const from = reinterpret_cast<const Vector<T, width>*>(at_ + i * linesAtOnce * line_);
      staged_[i] = inside ? *from : Vector<T, width>{};
    }
    at_ += alongDepth ? Layout::depth : Layout::depth * line_;
  }

  __device__ __forceinline__ void finish(Shared* tile) {
#pragma unroll
    for (int i = 0; i < each; i++) {
      const int row = inRow(i), depth = inDepth(i);
      if constexpr (alongDepth) {
#pragma unroll
        for (int j = 0; j < width; j++) tile[Layout::offset(row, depth + j)] = Layout::convert(staged_[i].at[j]);
      } else {
        Vector<Shared, width> out;
#pragma unroll
        for (int j = 0; j < width; j++) out.at[j] = Layout::convert(staged_[i].at[j]);
        *reinterpret_cast<Vector<Shared, width>*>(tile + Layout::offset(row, depth)) = out;
      }
    }
  }

 private:
  static constexpr int perLine = (alongDepth ? Layout::depth : Layout::rows) / width;
  static constexpr int linesAtOnce = threads / perLine;
  static constexpr int each = Layout::rows * Layout::depth / width / threads;
  static constexpr int rowStep = alongDepth ? linesAtOnce : 0;
  static constexpr int depthStep = alongDepth ? 0 : linesAtOnce;
  static_assert(threads % perLine == 0 && each * width * threads == Layout::rows * Layout::depth);

  __device__ __forceinline__ static int line() { return static_cast<int>(threadIdx.x) / perLine; }
  __device__ __forceinline__ static int inLine() { return static_cast<int>(threadIdx.x) % perLine * width; }
  __device__ __forceinline__ static int inRow(int i) { return alongDepth ? line() + i * rowStep : inLine(); }
  __device__ __forceinline__ static int inDepth(int i) { return alongDepth ? inLine() : line() + i * depthStep; }

  int rows_;                            // of the matrix, from this thread's first element on
  std::int64_t line_;                   // elements from one line of the matrix to the next
  const T* at_;                         // this thread's first element in the next tile
  Vector<T, width> staged_[each] = {};  // (each, width): this thread's part of a tile (rows, depth)
};

}  // namespace wengert
