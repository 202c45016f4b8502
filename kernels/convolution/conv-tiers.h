// The matrix products behind convolutions. Functions that start the kernels of convTiles (product-tiles.h), one per source
// file.
#pragma once

#include "convolution/conv-sizes.h"
#include "matmul/gemm-store.cuh"

namespace wengert {

struct PatchGeometry;

/// y (groups: filters, places) = filters (groups: filters, taps) patches (groups: taps, places) + bias. It is also the
/// gradient for x, on flipped filters.
struct PatchProduct {
  DType dtype;
  GemmShape shape;
  const void* filters;  // lines of taps, of `pitch` elements, multiples of 16 bytes; what is beyond the taps is 0
  int pitch;
  const void* image;
  const PatchGeometry* geometry;
  void* y;
  std::int64_t imageStride, plane;  // of y
  int rowStep, columnStep;
  int rowPlaces;  // columns of y in a row of pixels
  int imagePlaces;
  bool vectors;
  Epilogue epilogue;
};

/// dw (groups: filters, taps) = dy (groups: filters, places) patches^T (groups: places, taps).
struct WeightProduct {
  DType dtype;
  GemmShape shape;
  const void* dy;
  std::int64_t imageStride;  // of dy
  int pixels;
  const void* image;
  const PatchGeometry* geometry;
  void* dw;
};

/// Choose a kernel (product-choice.h), and launch it.
void patchProduct(PatchProduct& product);
void weightProduct(WeightProduct& product);

// R1, 16-bit floats and float32, in tiles of 64 and 32; for float32 also of 128.
void patchProductSimt(int tile, const PatchProduct& product);
void weightProductSimt(int tile, const WeightProduct& product);

// R2, in tiles of 128 and 64.
void patchProductMmaBfloat16(int tile, const PatchProduct& product);
void patchProductMmaFloat16(int tile, const PatchProduct& product);
void patchProductMmaTf32(int tile, const PatchProduct& product);
void weightProductMmaBfloat16(int tile, const WeightProduct& product);
void weightProductMmaFloat16(int tile, const WeightProduct& product);
void weightProductMmaTf32(int tile, const WeightProduct& product);

}  // namespace wengert
