// The kernel behind slice, expand and the permutations that keep the innermost axis (strided-copy.cuh). It moves bits
// and does not interpret them. Transposes are in permute.cu.
#include "movement/strided-copy.cuh"

#include "movement/units.cuh"

namespace wengert {

namespace {

/// y[i] = x[origin + walk(i)], in units of `bytes` bytes. A thread has 4 units in flight; neighbouring threads write
/// neighbouring units, and read neighbouring ones as far as the innermost axis goes. Every unit of y is written once.
/// Bound: 2 bytes for each byte of y, if x is read along rows.
template <int bytes>
__global__ void stridedCopyKernel(const Words<bytes>* __restrict__ x,  // from `origin`, with the strides of `walk`
                                  Words<bytes>* __restrict__ y,        // (n)
                                  std::int64_t n,
                                  std::int64_t origin,
                                  Walk<1> walk) {
  constexpr int P = placesInFlight;
  forEachPlace<P>(n, [&](const std::int64_t(&places)[P]) {
    std::int64_t left[P], offsets[1][P];  // (P) each, registers
    for (int i = 0; i < P; i++) left[i] = places[i];
    walk.locate(left, offsets);
    Words<bytes> units[P];
#pragma unroll
    for (int i = 0; i < P; i++) units[i] = x[origin + offsets[0][i]];
#pragma unroll
    for (int i = 0; i < P; i++) y[places[i]] = units[i];
  });
}

}  // namespace

// If the innermost axis is contiguous in x too, elements are moved in the largest unit of at most 16 bytes that divides
// the origin, the innermost size and all outer strides.
void launchStridedCopy(const void* x, void* y, std::int64_t n, std::int64_t origin, AxisList<1> axes, int bytes,
                       std::source_location where) {
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
    launch(stridedCopyKernel<decltype(size)::value>, gridStride(divideUp(n, placesInFlight), where),
           static_cast<const Unit*>(x), static_cast<Unit*>(y), n, origin, Walk<1>(axes, n));
  });
}

}  // namespace wengert
