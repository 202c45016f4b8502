// The kernels that compute matrix products, as tables: for `matmul` and `linear`, and for the products behind
// convolutions. product-dispatch.h chooses from them and starts the kernels; native/tuning.cc checks measured choices
// against them. Plain C++ without CUDA.
#pragma once

#include <cstdint>
#include <span>

namespace wengert {

/// The kind of product: y = a b, or, of convolutions, filters times patches and the gradient for the weight.
enum class ProductKind : std::uint8_t { matmul, patches, weight };
constexpr const char* productKindNames[] = {"matmul", "patches", "weight"};

/// Element type of the inputs: float32 as it is, or rounded to tf32; `other` for float64 and integers.
enum class ProductElements : std::uint8_t { float32, tf32, bfloat16, float16, other };
constexpr const char* productElementNames[] = {"float32", "tf32", "bfloat16", "float16", "other"};

/// Identifies a product: y (M, N) = a (M, K) b (K, N), in batches. For convolutions, these are the sizes in one group,
/// the batches are the groups, and both layouts are false: each has only one.
struct ProductKey {
  ProductKind kind;
  ProductElements elements;
  bool aAlongDepth = false;  // neighbouring elements of a are along the depth, K
  bool bAlongDepth = false;
  std::int32_t m, n, k;
  std::int32_t batches;
  bool operator==(const ProductKey&) const = default;
};

/// Kinds of kernels. startKernel in product-dispatch.h says which function starts each.
enum class Tier : std::uint8_t { naive, simtElements, simtVectors, mmaElements, mmaVectors, simt, mma };
constexpr const char* tierNames[] = {"naive",      "simtElements", "simtVectors", "mmaElements",
                                     "mmaVectors", "simt",         "mma"};
static_assert(static_cast<int>(Tier::naive) == 0, "native/tuning.cc offers all tiers except the first");

/// The element types that a kernel accepts: all, float32 and the 16-bit floats, or a single kind.
enum class Elements : std::uint8_t { any, floats, float32, tf32, halves };

/// A kernel and its requirements.
struct ProductKernel {
  Elements elements;
  std::int16_t capability;  // of the device, at least
  bool vectors;             // lines of a and b are made of whole vectors of 16 bytes
  std::int16_t least;       // rows and columns of y, at least: preferred, not required
  bool fills;               // there is a tile for every processor: also preferred
  Tier tier;
  std::int16_t tile;        // the side of the tile of y that a block computes
};

// clang-format off
/// Without a measured choice, the first matching row is used.
constexpr ProductKernel gemmTiles[] = {
    // elements         capability  vectors  least  fills  tier                tile
    {Elements::halves,          80, true,       96, true,  Tier::mmaVectors,    128},
    {Elements::halves,          80, true,        0, false, Tier::mmaVectors,     64},
    {Elements::halves,          80, false,       0, false, Tier::mmaElements,    64},
    {Elements::tf32,            80, true,       96, true,  Tier::mmaVectors,    128},
    {Elements::tf32,            80, true,        0, false, Tier::mmaVectors,     64},
    {Elements::tf32,            80, false,       0, false, Tier::mmaElements,    64},
    {Elements::float32,          0, true,       96, true,  Tier::simtVectors,   128},
    {Elements::float32,          0, true,       33, false, Tier::simtVectors,    64},
    {Elements::floats,           0, false,      33, false, Tier::simtElements,   64},
    {Elements::any,              0, false,       0, false, Tier::simtElements,   32},
};

/// The same for convolutions, whose patches are gathered element by element: the filters always have whole vectors.
constexpr ProductKernel convTiles[] = {
    // elements         capability  vectors  least  fills  tier                tile
    {Elements::halves,          80, false,      96, true,  Tier::mma,           128},
    {Elements::halves,          80, false,       0, false, Tier::mma,            64},
    {Elements::tf32,            80, false,      96, true,  Tier::mma,           128},
    {Elements::tf32,            80, false,       0, false, Tier::mma,            64},
    {Elements::float32,          0, false,      96, true,  Tier::simt,          128},
    {Elements::floats,           0, false,      33, true,  Tier::simt,           64},
    {Elements::floats,           0, false,       0, false, Tier::simt,           32},
};
// clang-format on

/// One thread for each element of y, if a tile would be mostly empty. Never a measured choice.
constexpr ProductKernel naiveProduct = {Elements::any, 0, false, 0, false, Tier::naive, 1};

constexpr std::span<const ProductKernel> kernelsOf(ProductKind kind) {
  return kind == ProductKind::matmul ? std::span<const ProductKernel>(gemmTiles)
                                     : std::span<const ProductKernel>(convTiles);
}

constexpr bool takes(Elements elements, ProductElements product) {
  switch (elements) {
    case Elements::any:
      return true;
    case Elements::floats:
      return product != ProductElements::other;
    case Elements::float32:
      return product == ProductElements::float32 || product == ProductElements::tf32;
    case Elements::tf32:
      return product == ProductElements::tf32;
    case Elements::halves:
      return product == ProductElements::bfloat16 || product == ProductElements::float16;
  }
  return false;
}

/// Whether a kernel can compute a product. `vectors`: lines of a and b are made of whole vectors.
constexpr bool canCompute(const ProductKernel& kernel, ProductElements elements, bool vectors, int capability) {
  return takes(kernel.elements, elements) && capability >= kernel.capability && (vectors || !kernel.vectors);
}

/// Maximum number of parts that a sum of `depth` products may be split into: each has at least 256 of them.
constexpr int mostSplits(int depth) { return depth >= 2 * 256 ? depth / 256 : 1; }

}  // namespace wengert
