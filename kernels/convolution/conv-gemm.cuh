// Launches the products of conv-products.h on the main loop of gemm-loop.cuh, for any kind of sums. Used by
// conv-simt.cu and conv-mma.cuh; the choice of a kernel does not belong here.
#pragma once

#include "convolution/conv-patches.cuh"
#include "convolution/conv-products.h"
#include "matmul/gemm-loop.cuh"

namespace wengert {

/// y = filters patches + bias, for each group. M is the number of filters of a group:
///
///     y (M, places)  =  filters (M, depth = taps)  patches (depth, places)
///
/// The tile of a comes from the filters, whose lines are along the depth, and the tile of b from the images: (places,
/// taps) for the main loop. The sums of neighbouring places are neighbouring pixels of y. `Filters` is the producer of
/// plain matrices along the depth that fits Sums, and LayoutB arranges the tiles of patches in shared memory.
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
  // (groups, filters, pitch)
  const MatrixSource<T> filters({product.filters, product.pitch, 1}, product.shape.m);
  launchGemm<Sums, Filters, Patches>(product.shape, filters,
                                     {static_cast<const T*>(product.image), *product.geometry}, store);
}

/// dw = dy patches^T, for each group:
///
///     dw (M, taps)  =  dy (M, depth = places)  patches^T (depth, taps)
///
/// M is the number of filters of a group. The depth is all pixels of all images, usually much longer than M and taps,
/// so it is often split. Both operands are loaded element by element, along the places.
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
