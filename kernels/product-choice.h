// Which kernel computes a matrix product: the measured one if there is one that can, else the first of the table.
#pragma once

#include "check.h"
#include "common.cuh"
#include "stream.h"
#include "tuning.h"

namespace wengert {

/// Blocks that compute y.
inline std::int64_t blocksOf(const ProductKey& product, int tile) {
  return divideUp(product.m, tile) * divideUp(product.n, tile) * product.batches;
}

/// Into how many parts the depth is cut: several where there are fewer tiles than processors and the sum is long. It
/// depends on the shape and the device alone, so that the order of every sum is always the same.
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
  if (isTiny(product)) return {&naiveTile, 1};
  const Stream& on = stream();
  for (const ProductTile& tile : tilesOf(product.kind)) {
    if (canCompute(tile, product.elements, vectors, on.capability) && product.m >= tile.least &&
        product.n >= tile.least && (!tile.fills || blocksOf(product, tile.tile) >= on.processors))
      return {&tile, splitsFor(product, blocksOf(product, tile.tile))};
  }
  refuse("no kernel for this product");
}

/// Chooses a kernel. `hasVectors` says whether the lines of a and b are made of whole vectors of 16 bytes; tiny products,
/// for which the host's time counts most, do without it.
template <class Vectors>
ProductChoice chooseProduct(const ProductKey& product, const Vectors& hasVectors) {
  const Stream& on = stream();
  const bool plain = on.tuning == nullptr && on.productLog == nullptr;
  if (plain && isTiny(product)) return {&naiveTile, 1};
  const bool vectors = hasVectors();
  if (plain) return chooseFromTable(product, vectors);
  const ProductChoice* const measured = on.tuning != nullptr ? on.tuning->find(product) : nullptr;
  const bool tuned = measured != nullptr && canCompute(*measured->tile, product.elements, vectors, on.capability);
  const ProductChoice choice = tuned ? *measured : chooseFromTable(product, vectors);
  if (on.productLog != nullptr) on.productLog->products.push_back({on.kernel, product, vectors, tuned, choice});
  return choice;
}

}  // namespace wengert
