// Convolutions on tier R2 (matmul/gemm-mma.cuh): cp.async brings the filters, and patches pass through registers,
// element by element. startMma is called by the dispatcher (matmul/product-dispatch.h).
#pragma once

#include "convolution/conv-gemm.cuh"
#include "matmul/gemm-mma.cuh"

namespace wengert {

// 256 threads and 128. Compared with the sums of plain products, a warp has fewer of them or a multiprocessor fewer
// blocks: the producers of patches need many registers.
template <class T>
using LargeMmaPatches = MmaSums<T, 128, 128, 64, 32, 3, 1>;
template <class T>
using MediumMmaPatches = MmaSums<T, 64, 64, 32, 32, 3, 2>;

/// The tile of filters is (rows, depth) in shared memory, as the weight is in memory; that of patches is (depth, rows),
/// so that neighbouring threads, which load neighbouring places, store neighbours.
template <class T, class Sums>
void mmaPatchProduct(const PatchProduct& product) {
  launchPatchProduct<T, Sums, AsyncProducer<T, typename Sums::template LayoutA<true>, Sums::threads>,
                     typename Sums::template LayoutB<false>>(product);
}

/// Both tiles are (rows, depth): neighbouring threads load and store neighbouring places, which are the depth.
template <class T, class Sums>
void mmaWeightProduct(const WeightProduct& product) {
  launchWeightProduct<T, Sums, typename Sums::template LayoutA<true>, typename Sums::template LayoutB<true>>(product);
}

/// Start tier R2 for T. conv-mma-bfloat16.cu and its neighbours instantiate them.
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
