// The phases of a strided convolution, for its gradient for x. conv.cu computes each phase by one product, without the
// zeros of a dilated dy. Plain arithmetic on sizes: no kernel belongs here.
//
// An element x[h] of one axis is read by tap r for row p of y if p stride - padding + r dilation = h. With stride 2,
// padding 1 and three taps:
//
//         h      0    1    2    3    4    5
//      p = 0    r=1  r=2
//      p = 1         r=0  r=1  r=2
//      p = 2                   r=0  r=1  r=2
//      phase     0    1    0    1    0    1
//
// All h of one phase (h % stride) are read by the same taps, tap 1 in phase 0, taps 0 and 2 in phase 1, and
// neighbouring places of a phase by neighbouring rows. So a phase of dx is a convolution of dy of stride 1, with some
// of the taps.
#pragma once

#include <cstdint>
#include <numeric>

#include "runtime/common.cuh"

namespace wengert {

/// Along one axis, the places h = phase + i stride of x: the taps that read them, and the rows of y for which they do.
/// Tap r reads h for row p if p stride = h + padding - r dilation. So the taps of a phase are first, first + step, ...,
/// and the j-th of them meets place i at p = i - border - j tapStep.
struct Phase {
  int places;       // i = 0, ..., places - 1
  int taps;         // j = 0, ..., taps - 1; may be 0
  int first, step;  // of the taps, in the weight
  int border, tapStep;
};

/// The phase number `phase`, from 0 to stride - 1, along an axis of x of `size` elements.
inline Phase phaseOf(int phase, int size, int stride, int padding, int dilation, int kernel) {
  const int common = std::gcd(stride, dilation);
  Phase found{.places = static_cast<int>(divideUp(size - phase, stride)),
              .taps = 0,
              .first = 0,
              .step = stride / common,
              .border = 0,
              .tapStep = dilation / common};
  // The first tap that reads a place of this phase is among the first `step` taps; then every step-th one does.
  for (int r = 0; r < kernel && r < found.step; r++) {
    const std::int64_t p = std::int64_t{phase} + padding - std::int64_t{r} * dilation;
    if (p % stride != 0) continue;
    found.first = r;
    found.taps = static_cast<int>(divideUp(kernel - r, found.step));
    found.border = static_cast<int>(-p / stride);
    break;
  }
  return found;
}

}  // namespace wengert
