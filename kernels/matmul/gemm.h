// A matrix product, as launchers ask for it: y = a b + bias, in batches, for any layout of a and b.
#pragma once

#include <cstdint>

#include "matmul/product-tiles.h"
#include "runtime/buffer.h"
#include "runtime/common.cuh"
#include "runtime/stream.h"

namespace wengert {

/// What products of T are summed in: 16-bit floats in float32, integers modulo 2^32.
template <class T>
using SumOf =
    std::conditional_t<std::is_same_v<T, double>, double, std::conditional_t<isFloat<T>, float, std::uint32_t>>;

/// The element type in the tables of kernels; for float32 it depends on the mode.
inline ProductElements elementsOf(DType dtype, FloatMode mode) {
  switch (dtype) {
    case DType::float32:
      return mode == FloatMode::tf32 ? ProductElements::tf32 : ProductElements::float32;
    case DType::bfloat16:
      return ProductElements::bfloat16;
    case DType::float16:
      return ProductElements::float16;
    default:
      return ProductElements::other;
  }
}

/// One operand, seen as (rows, depth): its rows are the rows of y for a and the columns of y for b, and the product
/// sums over the depth. One of the strides, in elements, is 1. So all of NN, NT, TN and TT are the same product.
struct Operand {
  const void* data = nullptr;
  std::int64_t rowStride = 0;
  std::int64_t depthStride = 0;

  bool alongDepth() const { return depthStride == 1; }
};

/// Where the operands of each batch start. A stride of 0 broadcasts.
struct BatchAxes {
  static constexpr int most = 16;

  int count = 0;
  std::int32_t size[most] = {};
  std::int64_t a[most] = {};
  std::int64_t b[most] = {};

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

/// What is added to a sum before it is stored. `bias` has an element for each row or each column of y.
struct Epilogue {
  const void* bias = nullptr;  // null: nothing is added
  bool biasAlongRows = false;
};

/// y (M, N) = a (M, K) b (K, N) for each batch; y is contiguous.
struct Gemm {
  DType dtype = DType::float32;
  FloatMode mode = FloatMode::ieee;
  int m = 0, n = 0, k = 0;
  int batches = 1;
  BatchAxes axes = {};
  Operand a = {}, b = {};
  void* y = nullptr;
  Epilogue epilogue = {};
};

/// Chooses a kernel (product-choice.h), and launches it. Sizes of 0 are allowed.
void gemm(const Gemm& problem);

}  // namespace wengert
