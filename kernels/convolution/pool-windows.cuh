// The windows of pooling along one axis of an image: where each begins and ends, and which of them cover an element.
// Used by max-pool.cu and average-pool.cu; convolution has its own sizes (conv-sizes.h). For size = 6, kernel = 3,
// stride = 2, padding = 1, dilation = 1 there are 3 windows:
//
//   element     -1   0   1   2   3   4   5
//   window 0     x   x   x                       begin = 0 (the tap at -1 is padding), end = 2
//   window 1             x   x   x               begin = 1, end = 4
//   window 2                     x   x   x       begin = 3, end = 6; element 3 is covered by windows 1 and 2
#pragma once

#include "runtime/divider.cuh"
#include "runtime/launch.h"

namespace wengert {

/// `places` windows over `size` elements. Sliding ones have `kernel` taps, `dilation` apart, one window every `stride`,
/// the first `padding` before the image. Even ones cover the axis: window i is
/// [floor(i size / places), ceil((i + 1) size / places)).
struct PoolAxis {
  std::int64_t size;     // elements: H or W
  std::int64_t places;   // windows: P or Q
  bool even;
  std::int64_t kernel;   // taps
  std::int64_t padding;
  Divider stride;
  Divider dilation;
  Divider bySize;        // for even windows
  Divider byPlaces;

  /// An axis with even windows.
  PoolAxis(std::int64_t size, std::int64_t places)
      : size(size), places(places), even(true), kernel(1), padding(0), bySize(size, (size + 1) * (places + 1)),
        byPlaces(places, (size + 1) * (places + 1)) {}

  /// Makes them sliding windows.
  void slide(std::int64_t kernel, std::int64_t stride, std::int64_t padding, std::int64_t dilation) {
    even = false;
    this->kernel = kernel;
    this->padding = padding;
    this->stride = Divider(stride, size + padding + stride);
    this->dilation = Divider(dilation, padding + dilation);
  }

  /// The first element that a tap of the window is at. If the window starts in the padding, the smallest multiple of
  /// the dilation that reaches the image is added to its start.
  __device__ std::int64_t begin(std::int64_t place) const {
    if (even) return byPlaces.quotient(place * size);
    const std::int64_t start = place * stride.divisor - padding;
    return start >= 0 ? start : start + dilation.quotient(dilation.divisor - 1 - start) * dilation.divisor;
  }
  /// An index past the last element under the window: taps are at begin, begin + dilation, ... below it.
  __device__ std::int64_t end(std::int64_t place) const {
    if (even) return byPlaces.quotient((place + 1) * size + places - 1);
    const std::int64_t end = place * stride.divisor - padding + kernel * dilation.divisor;
    return end < size ? end : size;
  }
  /// The number that an average divides by: the elements under the window, and the padding under it if `includePad`.
  __device__ std::int64_t count(std::int64_t place, bool includePad) const {
    if (even || !includePad) return end(place) - begin(place);
    const std::int64_t start = place * stride.divisor - padding;
    const std::int64_t end = start + kernel;
    return (end < size + padding ? end : size + padding) - start;
  }
  /// The windows that may cover an element are firstOver(element) .. endOver(element) - 1: those whose start is at most
  /// the element and whose last tap is at least the element.
  __device__ std::int64_t firstOver(std::int64_t element) const {
    if (even) return bySize.quotient(element * places);
    const std::int64_t before = element + padding - (kernel - 1) * dilation.divisor;
    return before > 0 ? stride.quotient(before + stride.divisor - 1) : 0;
  }
  __device__ std::int64_t endOver(std::int64_t element) const {
    const std::int64_t end =
        even ? bySize.quotient((element + 1) * places + size - 1) : stride.quotient(element + padding) + 1;
    return end < places ? end : places;
  }
};

/// Pooling of (N, C, H, W) to (N, C, P, Q).
struct Pooling {
  std::int64_t planes;  // N C
  PoolAxis rows;        // H to P
  PoolAxis columns;     // W to Q

  std::int64_t inputs() const { return multiplySizes(planes, multiplySizes(rows.size, columns.size)); }
  std::int64_t outputs() const { return multiplySizes(planes, multiplySizes(rows.places, columns.places)); }
};

/// The plane, row and column of an element.
struct Pixel {
  std::int64_t plane, row, column;
};

/// Divides the flat index of an array (planes, height, width) into a Pixel.
struct Pixels {
  Divider byWidth;
  Divider byHeight;

  Pixels(std::int64_t height, std::int64_t width, std::int64_t n)
      : byWidth(width, n + (1 << 24)), byHeight(height, n + (1 << 24)) {}
  __device__ Pixel at(std::int64_t i) const {
    const std::int64_t line = byWidth.quotient(i);
    const std::int64_t plane = byHeight.quotient(line);
    return {plane, line - plane * byHeight.divisor, i - line * byWidth.divisor};
  }
};

/// Checks the two shapes of a pooling and makes its axes, with even windows.
inline Pooling poolingOf(Dims image, Dims places) {
  requireCount("the shape of the image", image.count, 4);
  requireCount("the shape of the result", places.count, 4);
  require(image[0] == places[0] && image[1] == places[1],
          "image and result must have the same numbers of samples and channels");
  sizeOf(image);
  sizeOf(places);
  Pooling pool{multiplySizes(image[0], image[1]), {image[2], places[2]}, {image[3], places[3]}};
  require(pool.outputs() == 0 || (image[2] > 0 && image[3] > 0), "an empty image must have an empty result");
  return pool;
}

/// Makes the windows of both axes sliding windows; each list is (height, width).
inline void setWindows(Pooling& pool, Dims kernel, Dims stride, Dims padding, Dims dilation) {
  for (const Dims& list : {kernel, stride, padding, dilation})
    requireCount("each of kernel, stride, padding and dilation", list.count, 2);
  PoolAxis* axes[2] = {&pool.rows, &pool.columns};
  for (int axis = 0; axis < 2; axis++) {
    require(kernel[axis] > 0 && stride[axis] > 0 && dilation[axis] > 0, "kernel, stride and dilation must be at least 1");
    require(padding[axis] >= 0, "padding must be at least 0");
    axes[axis]->slide(kernel[axis], stride[axis], padding[axis], dilation[axis]);
  }
}

}  // namespace wengert
