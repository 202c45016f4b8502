// Convolutions on tier R1: ordinary arithmetic on filters that are read in vectors of four, and on patches that are
// gathered element by element. Starts its kernels for the dispatcher (matmul/product-dispatch.h).
#include "convolution/conv-gemm.cuh"
#include "matmul/gemm-simt.cuh"

namespace wengert {

namespace {

/// The filters are read in vectors of four along the depth.
template <class T, class Sums>
void simtPatchProduct(const PatchProduct& product) {
  launchPatchProduct<T, Sums, VectorProducer<T, true, typename Sums::LayoutA, Sums::threads>, typename Sums::LayoutB>(
      product);
}

/// Nothing is read in vectors.
template <class T, class Sums>
void simtWeightProduct(const WeightProduct& product) {
  launchWeightProduct<T, Sums, typename Sums::LayoutA, typename Sums::LayoutB>(product);
}

}  // namespace

/// Start tier R1 for T. Tiles of 128 are for float32 only (convTiles in matmul/product-tiles.h).
template <class T>
void startSimt(const ProductKernel& kernel, const PatchProduct& product) {
  if constexpr (std::is_same_v<T, float>) {
    if (kernel.tile == 128) return simtPatchProduct<T, LargeSimt<T>>(product);
  }
  if (kernel.tile == 64) return simtPatchProduct<T, MediumSimt<T>>(product);
  simtPatchProduct<T, SmallSimt<T>>(product);
}

template <class T>
void startSimt(const ProductKernel& kernel, const WeightProduct& product) {
  if constexpr (std::is_same_v<T, float>) {
    if (kernel.tile == 128) return simtWeightProduct<T, LargeSimt<T>>(product);
  }
  if (kernel.tile == 64) return simtWeightProduct<T, MediumSimt<T>>(product);
  simtWeightProduct<T, SmallSimt<T>>(product);
}

template void startSimt<float>(const ProductKernel& kernel, const PatchProduct& product);
template void startSimt<bfloat16>(const ProductKernel& kernel, const PatchProduct& product);
template void startSimt<float16>(const ProductKernel& kernel, const PatchProduct& product);
template void startSimt<float>(const ProductKernel& kernel, const WeightProduct& product);
template void startSimt<bfloat16>(const ProductKernel& kernel, const WeightProduct& product);
template void startSimt<float16>(const ProductKernel& kernel, const WeightProduct& product);

}  // namespace wengert
