// Copies from an input with any strides to a contiguous output. slice.cu uses them for slices and broadcasts, permute.cu
// for permutations that do not move the innermost axis. The kernel is in strided-copy.cu.
#pragma once

#include "elementwise/walk.cuh"

namespace wengert {

/// y[i] = x[origin + walk(i)] for n elements of `bytes` bytes; `axes` are the axes of y, with x's strides along them.
void launchStridedCopy(const void* x, void* y, std::int64_t n, std::int64_t origin, AxisList<1> axes, int bytes,
                       std::source_location where = std::source_location::current());

}  // namespace wengert
