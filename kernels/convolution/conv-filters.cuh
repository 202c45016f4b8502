// Rearranges the weight of a convolution into the matrix of filters that the products of conv-products.h read: flipped
// for the gradient for x, and padded to whole vectors. Used by conv.cu.
#pragma once

#include "runtime/launch.h"

namespace wengert {

/// The offsets in the weight (K, C/groups, R, S) of the elements of the filters: element (group, row, channel, r, s) is
/// at start + group groupStep + row rowStep + channel channelStep + r tapStepHeight + s tapStepWidth.
struct FilterGeometry {
  int rows, taps;              // of a group; `taps` counts those of all channels
  int tapsHeight, tapsWidth;   // of one channel
  std::int64_t start, groupStep, rowStep, channelStep, tapStepHeight, tapStepWidth;
};

/// filters (group, row, tap) = weight at the place of `at`, or 0 for taps beyond the last. One element for each turn of
/// a grid-stride loop: neighbouring threads write neighbouring elements. Bound by memory. It takes
/// little time compared with the product.
template <class T>
__global__ void __launch_bounds__(128)
    gatherFilters(const T* weight,                        // (K, C/groups, R, S)
                  T* filters,                             // (groups, rows, pitch)
                  int pitch, std::int64_t length,         // elements of filters
                  const FilterGeometry at) {
  const std::int64_t step = std::int64_t{gridDim.x} * 128;
  for (std::int64_t i = std::int64_t{blockIdx.x} * 128 + threadIdx.x; i < length; i += step) {
    // i = (group, row, tap) of filters, and tap = (channel, r, s).
    const std::int64_t line = i / pitch, group = line / at.rows;
    const int tap = static_cast<int>(i - line * pitch);
    const int channel = tap / (at.tapsHeight * at.tapsWidth);
    const int inChannel = tap - channel * at.tapsHeight * at.tapsWidth;
    const int r = inChannel / at.tapsWidth, s = inChannel - r * at.tapsWidth;
    filters[i] = tap < at.taps ? weight[at.start + group * at.groupStep + (line - group * at.rows) * at.rowStep +
                                        channel * at.channelStep + r * at.tapStepHeight + s * at.tapStepWidth]
                               : T{};
  }
}

}  // namespace wengert
