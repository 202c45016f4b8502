// A matrix product, y = a b + bias, in batches and for any layout of a and b: the types that launchers fill and kernels
// read. Included by everything that computes products, convolutions too. The choice of a kernel is not here, but in
// product-dispatch.h.
#pragma once

#include <cstdint>

#include "matmul/product-tiles.h"
#include "runtime/buffer.h"
#include "runtime/common.cuh"

namespace wengert {

/// The type in which products of T are summed: float32 for 16-bit floats, and integers modulo 2^32 for integers.
template <class T>
using SumOf =
    std::conditional_t<std::is_same_v<T, double>, double, std::conditional_t<isFloat<T>, float, std::uint32_t>>;

/// One operand, seen as (rows, depth): its rows are the rows of y for a and the columns of y for b, and the product
/// sums over the depth. One of the strides, in elements, is 1. Therefore NN, NT, TN and TT are the same product:
///
///                                rowStride  depthStride  alongDepth
///     a as stored      (M, K)    K          1            true
///     a is transposed  (K, M)    1          M            false
///     b as stored      (K, N)    1          N            false
///     b is transposed  (N, K)    K          1            true
struct Operand {
  const void* data = nullptr;
  std::int64_t rowStride = 0;
  std::int64_t depthStride = 0;

  bool alongDepth() const { return depthStride == 1; }
};

/// The axes of a batch, and how far apart in elements the matrices of a and b are along each. A stride of 0 broadcasts.
struct BatchAxes {
  static constexpr int most = 16;

  int count = 0;
  std::int32_t size[most] = {};  // (count)
  std::int64_t a[most] = {};     // (count)
  std::int64_t b[most] = {};     // (count)

  /// The offsets of the operands of matrix `batch`. Splits the number into coordinates, innermost axis first.
  __host__ __device__ void offsets(int batch, std::int64_t& aOffset, std::int64_t& bOffset) const {
    aOffset = bOffset = 0;
    for (int axis = count - 1; axis >= 0; axis--) {
      const int outer = batch / size[axis];
      const std::int64_t i = batch - outer * size[axis];
      aOffset += i * a[axis];
      bOffset += i * b[axis];
      batch = outer;
    }
  }
};

/// The bias, added to a sum before it is stored. `bias` has an element for each row or each column of y.
struct Epilogue {
  const void* bias = nullptr;  // (M) or (N); null: nothing is added
  bool biasAlongRows = false;
};

/// The sizes of a product, in the form in which every kernel gets them. launchGemm (gemm-loop.cuh) fills splitDepth,
/// tilesM, tilesN and partials, and may lower splits.
struct GemmShape {
  int m = 0, n = 0, k = 0;
  int batches = 1;
  int splits = 1;      // parts of the depth; with several of them, each part writes partial sums
  int splitDepth = 0;  // elements of k in a part
  int tilesM = 0, tilesN = 0;
  void* partials = nullptr;  // (splits, batches, M, N); only with several parts
  BatchAxes axes = {};
};

/// y = a b + bias for each batch.
struct Gemm {
  static constexpr ProductKind kind = ProductKind::matmul;

  DType dtype = DType::float32;  // of a, b, y and the bias
  GemmShape shape = {};
  Operand a = {};     // (batches, M, K), in any layout
  Operand b = {};     // (batches, N, K), in any layout
  void* y = nullptr;  // (batches, M, N), contiguous
  Epilogue epilogue = {};
};

}  // namespace wengert
