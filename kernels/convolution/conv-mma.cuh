// Convolutions on tier R2: filters come by cp.async, patches element by element through registers.
#pragma once

#include "convolution/conv-gemm.cuh"
#include "matmul/gemm-mma.cuh"

namespace wengert {

template <class T>
using LargeMmaPatches = MmaSums<T, 128, 128, 64, 32, 3, 1>;
template <class T>
using MediumMmaPatches = MmaSums<T, 64, 64, 32, 32, 3, 2>;

template <class T, class Sums>
void mmaPatchProduct(const PatchProduct& product) {
  launchPatchProduct<T, Sums, AsyncProducer<T, typename Sums::template LayoutA<true>, Sums::threads>,
                     typename Sums::template LayoutB<false>>(product);
}

template <class T, class Sums>
void mmaWeightProduct(const WeightProduct& product) {
  launchWeightProduct<T, Sums, typename Sums::template LayoutA<true>, typename Sums::template LayoutB<true>>(product);
}

template <class T>
void startMma(const ProductKernel& kernel, const PatchProduct& product) {
  if (kernel.tile == 128) mmaPatchProduct<T, LargeMmaPatches<T>>(product);
  else mmaPatchProduct<T, MediumMmaPatches<T>>(product);
}

template <class T>
void startMma(const ProductKernel& kernel, const WeightProduct& product) {
  if (kernel.tile == 128) mmaWeightProduct<T, LargeMmaPatches<T>>(product);
  else mmaWeightProduct<T, MediumMmaPatches<T>>(product);
}

}  // namespace wengert
