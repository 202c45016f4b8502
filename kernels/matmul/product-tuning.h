// Choices of kernels that were measured on this card, and the log of the products that were launched. native/tuning.cc
// fills the choices and reads the log; product-dispatch.h uses the choices and fills the log.
#pragma once

#include <cstddef>
#include <unordered_map>
#include <vector>

#include "matmul/product-tiles.h"

namespace wengert {

/// Which kernel computes a product, and into how many parts it splits the depth.
struct ProductChoice {
  const ProductKernel* kernel;
  int splits;
};

/// The measured choices. A choice is used only if its kernel can compute the product (product-dispatch.h).
class Tuning {
 public:
  /// False if there is a choice for this product already.
  bool add(const ProductKey& key, const ProductChoice& choice) { return choices_.emplace(key, choice).second; }

  /// Null if this product was not measured.
  const ProductChoice* find(const ProductKey& key) const {
    const auto found = choices_.find(key);
    return found == choices_.end() ? nullptr : &found->second;
  }

 private:
  struct Hash {
    std::size_t operator()(const ProductKey& key) const noexcept {
      std::uint64_t hash = 0;
      for (const std::uint32_t part :
           {static_cast<std::uint32_t>(key.m), static_cast<std::uint32_t>(key.n), static_cast<std::uint32_t>(key.k),
            static_cast<std::uint32_t>(key.batches),
            static_cast<std::uint32_t>(key.kind) << 16 | static_cast<std::uint32_t>(key.elements) << 8 |
                static_cast<std::uint32_t>(key.aAlongDepth) << 1 | static_cast<std::uint32_t>(key.bAlongDepth)})
        hash = (hash ^ part) * 0x9e3779b97f4a7c15u;
      return hash ^ hash >> 32;
    }
  };

  std::unordered_map<ProductKey, ProductChoice, Hash> choices_;
};

/// A product that was launched.
struct LoggedProduct {
  const char* launcher;  // such as conv2dGradInput
  ProductKey key;
  bool vectors;  // lines of a and b are made of whole vectors
  bool tuned;    // the choice is a measured one
  ProductChoice choice;
};

struct ProductLog {
  std::vector<LoggedProduct> products;
};

}  // namespace wengert
