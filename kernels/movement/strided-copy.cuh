// Copies whose output is contiguous and whose input has any strides: slices and broadcasts (slice.cu), and permutations
// that keep the innermost axis (permute.cu). The kernel is in strided-copy.cu.
#pragma once

#include "elementwise/walk.cuh"

namespace wengert {

/// y[i] = x[origin + walk(i)] for n elements of `bytes` bytes; `axes` are the axes of y, with x's strides along them.
void launchStridedCopy(const void* x, void* y, std::int64_t n, std::int64_t origin, AxisList<1> axes, int bytes,
                       std::source_location where = std::source_location::current());

}  // namespace wengert
