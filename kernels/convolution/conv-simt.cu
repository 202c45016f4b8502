#include "convolution/conv-gemm.cuh"
#include "matmul/gemm-simt.cuh"

namespace wengert {

namespace {

using HalvesAndFloat = Types<float, bfloat16, float16>;

template <class T, class Sums>
void patchProduct(const PatchProduct& product) {
  launchPatchProduct<T, Sums, VectorProducer<T, true, typename Sums::LayoutA, Sums::threads>, typename Sums::LayoutB>(
      product);
}

template <class T, class Sums>
void weightProduct(const WeightProduct& product) {
  launchWeightProduct<T, Sums, typename Sums::LayoutA, typename Sums::LayoutB>(product);
}

}  // namespace

void patchProductSimt(int tile, const PatchProduct& product) {
  if (tile == 128) return patchProduct<float, LargeSimt<float>>(product);
  dispatch(product.dtype, HalvesAndFloat(), [&](auto type) {
    using T = typename decltype(type)::type;
    if (tile == 64) patchProduct<T, MediumSimt<T>>(product);
    else patchProduct<T, SmallSimt<T>>(product);
  });
}

void weightProductSimt(int tile, const WeightProduct& product) {
  if (tile == 128) return weightProduct<float, LargeSimt<float>>(product);
  dispatch(product.dtype, HalvesAndFloat(), [&](auto type) {
    using T = typename decltype(type)::type;
    if (tile == 64) weightProduct<T, MediumSimt<T>>(product);
    else weightProduct<T, SmallSimt<T>>(product);
  });
}

}  // namespace wengert
