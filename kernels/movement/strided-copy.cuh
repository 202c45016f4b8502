// Copies that take each element of a contiguous output from some place of an input: slices, permutations that keep the
// innermost axis, broadcasts.
#pragma once

#include "elementwise/walk.cuh"

namespace wengert {

/// y[i] = x[origin + walk(i)] for n elements of `bytes` bytes; `axes` are those of y, with x's steps along them.
void launchGather(const void* x, void* y, std::int64_t n, std::int64_t origin, AxisList<1> axes, int bytes,
                  std::source_location where = std::source_location::current());

}  // namespace wengert
