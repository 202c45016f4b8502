// Copies that take each element of a contiguous output from some place of an input: slices, permutations that keep the
// innermost axis, broadcasts. Elements are moved in the largest units, of 1 to 16 bytes, that all of them come in.
#pragma once

#include "walk.cuh"

namespace wengert {

/// y[i] = x[origin + walk(i)], in units.
template <int bytes>
__global__ void gatherKernel(const Words<bytes>* __restrict__ x, Words<bytes>* __restrict__ y, std::int64_t n,
                             std::int64_t origin, Walk<1> walk) {
  constexpr int P = placesInFlight;
  forEachPlace<P>(n, [&](const std::int64_t(&places)[P]) {
    std::int64_t left[P], offsets[1][P];
    for (int i = 0; i < P; i++) left[i] = places[i];
    walk.locate(left, offsets);
    Words<bytes> units[P];
#pragma unroll
    for (int i = 0; i < P; i++) units[i] = x[origin + offsets[0][i]];
#pragma unroll
    for (int i = 0; i < P; i++) y[places[i]] = units[i];
  });
}

/// Calls f(std::integral_constant<int, bytes>()) for a unit of 1, 2, 4, 8 or 16 bytes.
template <class F>
void dispatchUnit(int bytes, const F& f) {
  switch (bytes) {
    case 1: return f(std::integral_constant<int, 1>());
    case 2: return f(std::integral_constant<int, 2>());
    case 4: return f(std::integral_constant<int, 4>());
    case 8: return f(std::integral_constant<int, 8>());
    default: return f(std::integral_constant<int, 16>());
  }
}

/// The largest unit of at most 16 bytes of which `elements` of this size are a multiple.
inline int unitFor(std::int64_t elements, int bytes, int most = 16) {
  int unit = most;
  while (unit > bytes && elements * bytes % unit != 0) unit /= 2;
  return unit;
}

/// Copies n elements of `bytes` bytes. Where the innermost axis is contiguous in x too, and everything else comes in
/// multiples of a larger unit, it is moved in that.
inline void launchGather(const void* x, void* y, std::int64_t n, std::int64_t origin, AxisList<1> axes, int bytes,
                         std::source_location where = std::source_location::current()) {
  int unit = bytes;
  const int last = axes.count - 1;
  if (axes.stride[0][last] == 1) {
    unit = unitFor(origin, bytes, unitFor(axes.size[last], bytes));
    for (int axis = 0; axis < last; axis++) unit = unitFor(axes.stride[0][axis], bytes, unit);
    const int ratio = unit / bytes;
    axes.size[last] /= ratio;
    for (int axis = 0; axis < last; axis++) axes.stride[0][axis] /= ratio;
    origin /= ratio;
    n /= ratio;
  }
  dispatchUnit(unit, [&](auto size) {
    using Unit = Words<decltype(size)::value>;
    launch(gatherKernel<decltype(size)::value>, gridStride(divideUp(n, placesInFlight), where),
           static_cast<const Unit*>(x), static_cast<Unit*>(y), n, origin, Walk<1>(axes, n));
  });
}

}  // namespace wengert
