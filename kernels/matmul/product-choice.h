// Chooses the kernel for a matrix product: the measured one if it can compute it, otherwise the first match in the table.
#pragma once

#include "matmul/product-tuning.h"
#include "runtime/check.h"
#include "runtime/common.cuh"
#include "runtime/stream.h"

namespace wengert {

/// Blocks that compute y.
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

/// A tile would be mostly empty: one thread for each element of y.
inline bool isTiny(const ProductKey& product) {
  return product.kind == ProductKind::matmul && std::int64_t{product.m} * product.n <= 128 && product.k <= 128;
}

/// The choice without measurements.
inline ProductChoice chooseFromTable(const ProductKey& product, bool vectors) {
  if (isTiny(product)) return {&naiveProduct, 1};
  const Stream& on = stream();
  for (const ProductKernel& kernel : kernelsOf(product.kind)) {
    if (canCompute(kernel, product.elements, vectors, on.capability) && product.m >= kernel.least &&
        product.n >= kernel.least && (!kernel.fills || blocksOf(product, kernel.tile) >= on.processors))
      return {&kernel, splitsFor(product, blocksOf(product, kernel.tile))};
  }
  refuse("no kernel for this product");
}

/// Chooses a kernel. `hasVectors` says whether the lines of a and b are made of whole vectors of 16 bytes; tiny products,
/// for which the host's time counts most, skip this check.
template <class Vectors>
ProductChoice chooseProduct(const ProductKey& product, const Vectors& hasVectors) {
  const Stream& on = stream();
  const bool plain = on.tuning == nullptr && on.productLog == nullptr;
  if (plain && isTiny(product)) return {&naiveProduct, 1};
  const bool vectors = hasVectors();
  if (plain) return chooseFromTable(product, vectors);
  const ProductChoice* const measured = on.tuning != nullptr ? on.tuning->find(product) : nullptr;
  const bool tuned = measured != nullptr && canCompute(*measured->kernel, product.elements, vectors, on.capability);
  const ProductChoice choice = tuned ? *measured : chooseFromTable(product, vectors);
  if (on.productLog != nullptr) on.productLog->products.push_back({on.kernel, product, vectors, tuned, choice});
  return choice;
}

}  // namespace wengert
