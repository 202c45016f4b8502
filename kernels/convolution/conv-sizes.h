// The sizes of a convolution of images: checked, and by name. The counterpart of src/ops/convolution/conv-sizes.ts.
// Used by all launchers and kernels of convolutions; pooling has its own sizes (pool-windows.cuh).
#pragma once

#include <algorithm>

#include "runtime/check.h"
#include "runtime/common.cuh"

namespace wengert {

struct ConvSizes {
  std::int32_t images, groups;                 // N
  std::int32_t channels, filters;              // C of x, K of y: of all groups
  std::int32_t groupChannels, groupFilters;    // C/groups, K/groups
  std::int32_t height, width;                  // H, W of x
  std::int32_t kernelHeight, kernelWidth;      // R, S of the weight
  std::int32_t outHeight, outWidth;            // P, Q of y
  std::int32_t strideHeight, strideWidth;      // of the places at which a filter is laid
  std::int32_t top, left;                      // padding
  std::int32_t dilationHeight, dilationWidth;  // from one tap to the next

  __host__ __device__ std::int64_t plane() const { return std::int64_t{height} * width; }
  __host__ __device__ std::int64_t pixels() const { return std::int64_t{outHeight} * outWidth; }
  __host__ __device__ std::int64_t taps() const { return std::int64_t{kernelHeight} * kernelWidth; }
};

/// Checks the lists of dimensions that a launcher gets, and names their entries.
inline ConvSizes convSizes(Dims x, Dims weight, Dims y, Dims stride, Dims padding, Dims dilation, std::int64_t groups) {
  requireCount("the list of dimensions of x", x.count, 4);
  requireCount("the list of dimensions of the weight", weight.count, 4);
  requireCount("the list of dimensions of y", y.count, 4);
  requireCount("stride", stride.count, 2);
  requireCount("padding", padding.count, 2);
  requireCount("dilation", dilation.count, 2);
  for (Dims dims : {x, weight, y, padding})
    for (std::int32_t size : dims) require(size >= 0, "dimensions and padding must be at least 0");
  for (Dims dims : {stride, dilation})
    for (std::int32_t step : dims) require(step >= 1, "stride and dilation must be at least 1");
  require(groups >= 1 && groups <= 0x7fffffff, "groups must be at least 1");
  require(x[1] == groups * weight[1], "x must have groups times as many channels as the weight");
  require(weight[0] % groups == 0, "the number of filters must be a multiple of groups");
  require(y[0] == x[0] && y[1] == weight[0],
          "y must have as many images as x, and as many channels as the weight has filters");
  const std::int32_t group = static_cast<std::int32_t>(groups);
  return {.images = x[0], .groups = group, .channels = x[1], .filters = weight[0], .groupChannels = weight[1],
          .groupFilters = weight[0] / group, .height = x[2], .width = x[3], .kernelHeight = weight[2],
          .kernelWidth = weight[3], .outHeight = y[2], .outWidth = y[3], .strideHeight = stride[0],
          .strideWidth = stride[1], .top = padding[0], .left = padding[1], .dilationHeight = dilation[0],
          .dilationWidth = dilation[1]};
}

/// Whether groups are so small that a matrix product would reuse almost nothing: a depthwise convolution has one
/// channel and one filter in a group.
inline bool isThin(const ConvSizes& sizes) { return std::int64_t{sizes.groupChannels} * sizes.groupFilters <= 4; }

/// Whether the 32-bit indices of the matrix products can hold every place that a filter may read.
inline bool isSmall(const ConvSizes& s) {
  constexpr double most = 1 << 30;
  // An upper bound of the rows or columns that indices count, in the padding too.
  const auto reach = [](double size, double padding, double out, double stride, double kernel, double dilation) {
    return size + 2 * padding + out * stride + kernel * dilation;
  };
  const double tall = reach(s.height, s.top, s.outHeight, s.strideHeight, s.kernelHeight, s.dilationHeight);
  const double wide = reach(s.width, s.left, s.outWidth, s.strideWidth, s.kernelWidth, s.dilationWidth);
  const double tallOut = double(s.outHeight) + tall, wideOut = double(s.outWidth) + wide;
  return (s.groupChannels + 1.0) * tall * wide < most && (s.groupFilters + 1.0) * tallOut * wideOut < most &&
         double(s.images) * std::max(s.plane(), s.pixels()) < most &&
         double(std::max(s.groupChannels, s.groupFilters)) * s.taps() < most;
}

}  // namespace wengert
