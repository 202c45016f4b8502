// Starts the kernels that product-choice.h chooses for the matrix products of a convolution.
#include "conv-tiers.h"
#include "product-choice.h"

namespace wengert {

namespace {

ProductElements elementsOf(DType dtype) {
  if (dtype == DType::bfloat16) return ProductElements::bfloat16;
  if (dtype == DType::float16) return ProductElements::float16;
  return stream().options.convolution == FloatMode::tf32 ? ProductElements::tf32 : ProductElements::float32;
}

/// Chooses a kernel, and notes in the shape how its depth is split.
const ProductTile& choose(ProductKind kind, DType dtype, GemmShape& shape) {
  const ProductChoice choice = chooseProduct({.kind = kind,
                                              .elements = elementsOf(dtype),
                                              .m = shape.m,
                                              .n = shape.n,
                                              .k = shape.k,
                                              .batches = shape.batches},
                                             [] { return true; });
  shape.splits = choice.splits;
  return *choice.tile;
}

}  // namespace

void patchProduct(PatchProduct& product) {
  const ProductTile& kernel = choose(ProductKind::patches, product.dtype, product.shape);
  const auto start = kernel.tier == Tier::simt ? patchProductSimt
                     : product.dtype == DType::bfloat16 ? patchProductMmaBfloat16
                     : product.dtype == DType::float16 ? patchProductMmaFloat16
                     : patchProductMmaTf32;
  start(kernel.tile, product);
}

void weightProduct(WeightProduct& product) {
  const ProductTile& kernel = choose(ProductKind::weight, product.dtype, product.shape);
  const auto start = kernel.tier == Tier::simt ? weightProductSimt
                     : product.dtype == DType::bfloat16 ? weightProductMmaBfloat16
                     : product.dtype == DType::float16 ? weightProductMmaFloat16
                     : weightProductMmaTf32;
  start(kernel.tile, product);
}

}  // namespace wengert
