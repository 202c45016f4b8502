// The one dispatcher of all matrix products: it chooses a kernel and starts it. The launchers in matmul.cu and
// convolution/conv.cu call runProduct. The kernels themselves are in the files of the tiers, and the table from which
// the choice is made is in product-tiles.h, which the addon reads too.
//
//     matmul, linear (matmul.cu)    conv2d and its gradients (convolution/conv.cu)
//                    |              |
//                    v              v
//     runProduct: the product's key -> chooseProduct: kernel and splits -> startKernel: tier and element type
//                    |              |               |
//                    v              v               v
//               startNaive      startSimt       startMma         R0, R1, R2
//     Gemm      gemm-naive.cu   gemm-simt.cuh   gemm-mma.cuh     a plain product
//     others                    conv-simt.cu    conv-mma.cuh     those behind convolutions (conv-products.h)
#pragma once

#include "matmul/gemm.h"
#include "matmul/product-tuning.h"
#include "runtime/check.h"
#include "runtime/stream.h"

namespace wengert {

// The functions that start kernels: a template for each group of tiers, over the element type. The sources that are
// named after an element type, such as gemm-mma-bfloat16.cu, only instantiate them, so that they compile in parallel.

/// R0: one thread for each element of y; every numeric dtype.
template <class T>
void startNaive(const Gemm& problem);

/// R1: ordinary arithmetic; every numeric dtype. Tiles of 128 and 64 for float32 on lines of whole vectors; on any
/// lines, of 64 for float32 and 16-bit floats, and of 32.
template <class T>
void startSimt(const ProductKernel& kernel, const Gemm& problem);

/// R2: tensor cores; bfloat16, float16, and float32 rounded to tf32. Tiles of 128 and 64 on lines of whole vectors, and
/// of 64 on any lines.
template <class T>
void startMma(const ProductKernel& kernel, const Gemm& problem);

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

/// Whether every line of an operand, in every batch, starts at a multiple of 16 bytes and is a multiple of 16 bytes
/// long. `width` is the number of elements in 16 bytes.
inline bool hasVectors(const Operand& operand, int rows, int depth, const BatchAxes& axes,
                       const std::int64_t* batchStride, int width) {
  const std::int64_t line = operand.alongDepth() ? operand.rowStride : operand.depthStride;
  bool whole = isAligned(operand.data) && line % width == 0 && (operand.alongDepth() ? depth : rows) % width == 0;
  for (int axis = 0; axis < axes.count; axis++) whole = whole && batchStride[axis] % width == 0;
  return whole;
}

/// Whether a kernel can read both operands in vectors of 16 bytes. A convolution always has such filters, and its
/// patches are gathered element by element.
template <class Product>
bool hasVectors(const Product& product) {
  if constexpr (Product::kind == ProductKind::matmul) {
    const GemmShape& s = product.shape;
    const int width = static_cast<int>(16 / bytesOf(product.dtype));
    return hasVectors(product.a, s.m, s.k, s.axes, s.axes.a, width) &&
           hasVectors(product.b, s.n, s.k, s.axes, s.axes.b, width);
  } else {
    return true;
  }
}

/// Number of blocks that compute y.
inline std::int64_t blocksOf(const ProductKey& product, int tile) {
  return divideUp(product.m, tile) * divideUp(product.n, tile) * product.batches;
}

/// Number of parts the depth is split into: more than one if there are fewer tiles than processors and the sum is long.
/// It depends only on the shape and the device, so that the order of every sum is always the same.
inline int splitsFor(const ProductKey& product, std::int64_t tiles) {
  const std::int64_t most = mostSplits(product.k);
  const std::int64_t fitting = stream().processors / tiles;
  return static_cast<int>(fitting < most ? (fitting > 1 ? fitting : 1) : most);
}

/// Whether a tile would be mostly empty, so that one thread for each element of y is faster.
inline bool isTiny(const ProductKey& product) {
  return product.kind == ProductKind::matmul && std::int64_t{product.m} * product.n <= 128 && product.k <= 128;
}

/// The choice without measurements: the first row of the table that can compute the product and suits its size.
inline ProductChoice chooseFromTable(const ProductKey& product, bool vectors) {
  if (isTiny(product)) return {&naiveProduct, 1};
  const Stream& on = stream();
  for (const ProductKernel& kernel : kernelsOf(product.kind)) {
    if (canCompute(kernel, product.elements, vectors, on.capability) && product.m >= kernel.least &&
        product.n >= kernel.least && (!kernel.fills || blocksOf(product, kernel.tile) >= on.processors))
      return {&kernel, splitsFor(product, blocksOf(product, kernel.tile))};
  }
  refuse("there is no kernel for this product on this device");
}

/// The measured choice if there is one that can compute the product, otherwise the table's. For tiny products, the
/// time of the host matters most: without measurements and log, they skip the check of the operands' lines.
template <class Product>
ProductChoice chooseProduct(const ProductKey& key, const Product& product) {
  const Stream& on = stream();
  const bool plain = on.tuning == nullptr && on.productLog == nullptr;
  if (plain && isTiny(key)) return {&naiveProduct, 1};
  const bool vectors = hasVectors(product);
  if (plain) return chooseFromTable(key, vectors);
  const ProductChoice* const measured = on.tuning != nullptr ? on.tuning->find(key) : nullptr;
  const bool tuned = measured != nullptr && canCompute(*measured->kernel, key.elements, vectors, on.capability);
  const ProductChoice choice = tuned ? *measured : chooseFromTable(key, vectors);
  if (on.productLog != nullptr) on.productLog->products.push_back({on.kernel, key, vectors, tuned, choice});
  return choice;
}

/// Starts a kernel of the table: switches on its tier and on the element type.
template <class Product>
void startKernel(const ProductKernel& kernel, const Product& product) {
  using HalvesAndFloat = Types<float, bfloat16, float16>;
  constexpr bool isMatmul = Product::kind == ProductKind::matmul;
  // The direct loops in conv-direct.cu compute convolutions of other dtypes.
  using SimtTypes = std::conditional_t<isMatmul, NumericTypes, HalvesAndFloat>;
  switch (kernel.tier) {
    case Tier::naive:
      if constexpr (isMatmul)
        return dispatch(product.dtype, NumericTypes(),
                        [&](auto type) { startNaive<typename decltype(type)::type>(product); });
      break;
    case Tier::simtElements:
    case Tier::simtVectors:
    case Tier::simt:
      return dispatch(product.dtype, SimtTypes(),
                      [&](auto type) { startSimt<typename decltype(type)::type>(kernel, product); });
    case Tier::mmaElements:
    case Tier::mmaVectors:
    case Tier::mma:
      return dispatch(product.dtype, HalvesAndFloat(),
                      [&](auto type) { startMma<typename decltype(type)::type>(kernel, product); });
  }
  refuse("there is no kernel for this product on this device");
}

/// Computes a product: Gemm, or one of conv-products.h. Sizes of 0 are allowed. `product.shape.splits` is set to the
/// number of parts that was chosen.
template <class Product>
void runProduct(Product& product, FloatMode mode) {
  GemmShape& shape = product.shape;
  if (shape.m == 0 || shape.n == 0 || shape.batches == 0) return;
  ProductKey key{.kind = Product::kind,
                 .elements = elementsOf(product.dtype, mode),
                 .m = shape.m,
                 .n = shape.n,
                 .k = shape.k,
                 .batches = shape.batches};
  if constexpr (Product::kind == ProductKind::matmul) {
    key.aAlongDepth = product.a.alongDepth();
    key.bAlongDepth = product.b.alongDepth();
  }
  const auto [kernel, splits] = chooseProduct(key, product);
  shape.splits = splits;
  startKernel(*kernel, product);
}

}  // namespace wengert
