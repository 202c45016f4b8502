// The matrix products behind convolutions, as conv.cu hands them to the dispatcher (matmul/product-dispatch.h), and the
// functions with which the dispatcher starts their kernels. The kernels are in conv-simt.cu and conv-mma.cuh.
#pragma once

#include "matmul/gemm.h"

namespace wengert {

struct PatchGeometry;

/// y = filters patches + bias, for each group. It is also the gradient for x, on flipped filters. In its shape, m is
/// the number of filters in a group, n of places in all images, k of taps, and the batches are the groups.
struct PatchProduct {
  static constexpr ProductKind kind = ProductKind::patches;

  DType dtype;
  GemmShape shape;
  const void* filters;  // (groups, filters, pitch): lines of taps, padded with zeros to a multiple of 16 bytes
  int pitch;            // elements of a line
  const void* image;    // (images, groups, channels, height, width): the patches (taps, places) come from it
  const PatchGeometry* geometry;
  void* y;                          // the first pixel; pixel (image, channel, row, column) is at the strides below
  std::int64_t imageStride, plane;  // from one image, and from one channel, to the next
  int rowStep, columnStep;          // from one row of pixels, and from one pixel, to the next
  int rowPlaces;                    // pixels in a row
  int imagePlaces;                  // pixels in an image
  bool vectors;                     // 8 neighbouring columns, the first a multiple of 8, are 8 neighbours in memory
  Epilogue epilogue;
};

/// dw = dy patches^T, for each group. In its shape, m is the number of filters in a group, n of taps, k of places in
/// all images, and the batches are the groups.
struct WeightProduct {
  static constexpr ProductKind kind = ProductKind::weight;

  DType dtype;
  GemmShape shape;
  const void* dy;            // (images, groups, filters, pixels)
  std::int64_t imageStride;  // of dy
  int pixels;                // of an image
  const void* image;         // (images, groups, channels, height, width): the patches (places, taps) come from it
  const PatchGeometry* geometry;
  void* dw;  // (groups, filters, taps)
};

/// R1: float32 and 16-bit floats, in tiles of 64 and 32; float32 also of 128.
template <class T>
void startSimt(const ProductKernel& kernel, const PatchProduct& product);
template <class T>
void startSimt(const ProductKernel& kernel, const WeightProduct& product);

/// R2: bfloat16, float16, and float32 rounded to tf32, in tiles of 128 and 64.
template <class T>
void startMma(const ProductKernel& kernel, const PatchProduct& product);
template <class T>
void startMma(const ProductKernel& kernel, const WeightProduct& product);

}  // namespace wengert
