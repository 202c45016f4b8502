// Which kernels compute the matrix products of a convolution: the table.
#include "conv-tiers.h"

namespace wengert {

namespace {

/// What is multiplied. Float32 is multiplied as it is unless tf32 is allowed.
enum class Elements { any, float32, tf32, bfloat16, float16 };

/// Kernels, and what they demand. The first that a product satisfies is taken.
struct Choice {
  Elements elements;
  int capability;  // of the device, at least
  int least;       // rows and columns of the result, at least
  bool fills;      // there is a tile for every processor
  void (*patches)(int tile, const PatchProduct& product);
  void (*weight)(int tile, const WeightProduct& product);
  int tile;
};

// clang-format off
constexpr Choice table[] = {
    // elements           capability  least  fills  patches                  weight                    tile
    {Elements::bfloat16,          80,    96, true,  patchProductMmaBfloat16, weightProductMmaBfloat16,  128},
    {Elements::bfloat16,          80,     0, false, patchProductMmaBfloat16, weightProductMmaBfloat16,   64},
    {Elements::float16,           80,    96, true,  patchProductMmaFloat16,  weightProductMmaFloat16,   128},
    {Elements::float16,           80,     0, false, patchProductMmaFloat16,  weightProductMmaFloat16,    64},
    {Elements::tf32,              80,    96, true,  patchProductMmaTf32,     weightProductMmaTf32,      128},
    {Elements::tf32,              80,     0, false, patchProductMmaTf32,     weightProductMmaTf32,       64},
    {Elements::float32,            0,    96, true,  patchProductSimt,        weightProductSimt,         128},
    {Elements::any,                0,    33, true,  patchProductSimt,        weightProductSimt,          64},
    {Elements::any,                0,     0, false, patchProductSimt,        weightProductSimt,          32},
};
// clang-format on

bool hasElements(Elements elements, DType dtype) {
  switch (elements) {
    case Elements::bfloat16:
      return dtype == DType::bfloat16;
    case Elements::float16:
      return dtype == DType::float16;
    case Elements::tf32:
      return dtype == DType::float32 && stream().options.convolution == FloatMode::tf32;
    case Elements::float32:
      return dtype == DType::float32;
    default:
      return true;
  }
}

/// Chooses, and splits long sums where there are fewer tiles than processors.
const Choice& choose(DType dtype, GemmShape& shape) {
  const auto tiles = [&](int tile) { return divideUp(shape.m, tile) * divideUp(shape.n, tile) * shape.batches; };
  for (const Choice& choice : table) {
    if (hasElements(choice.elements, dtype) && stream().capability >= choice.capability && shape.m >= choice.least &&
        shape.n >= choice.least && (!choice.fills || tiles(choice.tile) >= stream().processors)) {
      shape.splits = splitsFor(shape, tiles(choice.tile));
      return choice;
    }
  }
  refuse("no kernel for this convolution");
}

}  // namespace

void patchProduct(PatchProduct& product) {
  const Choice& choice = choose(product.dtype, product.shape);
  choice.patches(choice.tile, product);
}

void weightProduct(WeightProduct& product) {
  const Choice& choice = choose(product.dtype, product.shape);
  choice.weight(choice.tile, product);
}

}  // namespace wengert
