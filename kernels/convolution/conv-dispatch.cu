// Starts the kernels that product-choice.h chooses for the matrix products of a convolution.
#include "convolution/conv-tiers.h"
#include "matmul/product-choice.h"

namespace wengert {

namespace {

/// The functions that start a tier's kernels, by element type.
template <class Product>
struct Tiers {
  using Start = void (*)(int tile, const Product& product);
  Start simt, mmaBfloat16, mmaFloat16, mmaTf32;
};

/// Chooses a kernel, notes in the shape how its depth is split, and starts it.
template <class Product>
void start(ProductKind kind, Product& product, const Tiers<Product>& tiers) {
  GemmShape& shape = product.shape;
  const ProductKey key{.kind = kind,
                       .elements = elementsOf(product.dtype, stream().options.convolution),
                       .m = shape.m,
                       .n = shape.n,
                       .k = shape.k,
                       .batches = shape.batches};
  const auto [kernel, splits] = chooseProduct(key, [] { return true; });
  shape.splits = splits;
  if (kernel->tier == Tier::simt) return tiers.simt(kernel->tile, product);
  switch (key.elements) {
    case ProductElements::bfloat16:
      return tiers.mmaBfloat16(kernel->tile, product);
    case ProductElements::float16:
      return tiers.mmaFloat16(kernel->tile, product);
    case ProductElements::tf32:
      return tiers.mmaTf32(kernel->tile, product);
    default:
      refuse("no kernel for this product");
  }
}

}  // namespace

void patchProduct(PatchProduct& product) {
  start(ProductKind::patches, product,
        {patchProductSimt, patchProductMmaBfloat16, patchProductMmaFloat16, patchProductMmaTf32});
}

void weightProduct(WeightProduct& product) {
  start(ProductKind::weight, product,
        {weightProductSimt, weightProductMmaBfloat16, weightProductMmaFloat16, weightProductMmaTf32});
}

}  // namespace wengert
