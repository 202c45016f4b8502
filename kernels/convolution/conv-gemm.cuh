// The products of conv-products.h, on the main loop of gemm-loop.cuh, for any kind of sums.
#pragma once

#include "convolution/conv-patches.cuh"
#include "convolution/conv-products.h"
#include "matmul/gemm-loop.cuh"

namespace wengert {

/// `Filters` is the producer of plain matrices along the depth that goes with Sums; Layouts say how tiles lie in shared
/// memory.
template <class T, class Sums, class Filters, class LayoutB>
void launchPatchProduct(const PatchProduct& product) {
  using Patches = ElementProducer<PatchLoader<T, false>, LayoutB, Sums::threads>;
  const PixelStore<T> store{.y = static_cast<T*>(product.y),
                            .channels = product.shape.m,
                            .columns = product.shape.n,
                            .imageStride = product.imageStride,
                            .plane = product.plane,
                            .rowStep = product.rowStep,
                            .columnStep = product.columnStep,
                            .imagePixels = SmallDivider(product.imagePlaces),
                            .rowPixels = SmallDivider(product.rowPlaces),
                            .vectors = product.vectors,
                            .finish = Finish<T>(product.epilogue)};
  const MatrixSource<T> filters({product.filters, product.pitch, 1}, product.shape.m);
  launchGemm<Sums, Filters, Patches>(product.shape, filters,
                                     {static_cast<const T*>(product.image), *product.geometry}, store);
}

template <class T, class Sums, class LayoutA, class LayoutB>
void launchWeightProduct(const WeightProduct& product) {
  using Gradient = ElementProducer<PixelLoader<T>, LayoutA, Sums::threads>;
  using Patches = ElementProducer<PatchLoader<T, true>, LayoutB, Sums::threads>;
  launchGemm<Sums, Gradient, Patches>(
      product.shape,
      {static_cast<const T*>(product.dy), product.shape.m, product.imageStride, SmallDivider(product.pixels)},
      {static_cast<const T*>(product.image), *product.geometry},
      MatrixStore<T>(product.dw, product.shape.m, product.shape.n, {}));
}

}  // namespace wengert
