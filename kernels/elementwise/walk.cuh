// A walk through a contiguous output, which finds the elements of K operands that belong to each output: broadcasting
// (binary.cuh, where.cu), slices and permutations (kernels/movement). The host makes an AxisList, the kernel gets a
// Walk.
//
// For x (3, 1) + y (4) with the output (3, 4), the sizes are 3, 4 and the strides of x are 1, 0, those of y 0, 1:
//
//   output place   0  1  2  3 |  4  5  6  7 |  8  9 10 11      place = 4 i + j
//   offset in x    0  0  0  0 |  1  1  1  1 |  2  2  2  2      1 i + 0 j
//   offset in y    0  1  2  3 |  0  1  2  3 |  0  1  2  3      0 i + 1 j
#pragma once

#include "elementwise/elementwise.cuh"
#include "runtime/divider.cuh"

namespace wengert {

/// The axes of the output, outermost first, and the stride of each operand along them, in elements; a stride may be 0
/// or negative. Axes of size 1 are left out, and neighbouring axes are merged if all operands step evenly through both.
template <int K>
struct AxisList {
  static constexpr int most = 16;

  int count = 0;
  std::int64_t size[most];       // (count)
  std::int64_t stride[K][most];  // (K, count)

  /// Call it from the outermost axis to the innermost. Two axes merge if a step along the outer one is n steps
  /// along the inner one in every operand, and their product fits 31 bits, in which division is cheaper.
  void add(std::int64_t n, const std::int64_t (&steps)[K]) {
    if (n == 1) return;
    const int last = count - 1;
    bool merges = count > 0 && size[last] * n < std::int64_t{1} << 31;
    for (int k = 0; merges && k < K; k++) merges = stride[k][last] == steps[k] * n;
    if (count == most && !merges) refuse("there must be at most 16 axes after merging");
    if (!merges) count++;
    size[count - 1] = merges ? size[last] * n : n;
    for (int k = 0; k < K; k++) stride[k][count - 1] = steps[k];
  }

  /// Adds an axis of size 1 if there is none.
  void close() {
    if (count > 0) return;
    size[count++] = 1;
    for (int k = 0; k < K; k++) stride[k][0] = 0;
  }
};

/// An AxisList as a kernel's parameter: with dividers, since a place is divided by every axis.
template <int K>
struct Walk {
  int count;
  std::int64_t run;                           // size of the innermost axis
  std::int64_t inner[K];                      // each operand's stride along it
  Divider size[AxisList<K>::most];            // (count)
  std::int64_t stride[K][AxisList<K>::most];  // (K, count)

  /// `n` is the number of elements of the output.
  Walk(const AxisList<K>& axes, std::int64_t n) : count(axes.count), run(axes.size[axes.count - 1]) {
    for (int axis = 0; axis < count; axis++) {
      size[axis] = Divider(axes.size[axis], n);
      for (int k = 0; k < K; k++) stride[k][axis] = axes.stride[k][axis];
    }
    for (int k = 0; k < K; k++) inner[k] = axes.stride[k][count - 1];
  }

  /// Whether N neighbouring places that start at a multiple of N are always on one run of the innermost axis. Along it,
  /// a broadcast operand has stride 1 or 0, so `readRun` can read its N elements at once.
  template <int N>
  __device__ __forceinline__ bool hasRunsOf() const {
    return run % N == 0;
  }

  /// The operands' offsets at each of N places; `places` is overwritten. The coordinate along an axis is the remainder
  /// of the place by the axis's size, and the quotient goes on to the next outer axis.
  template <int N>
  __device__ __forceinline__ void locate(std::int64_t (&places)[N], std::int64_t (&offsets)[K][N]) const {
#pragma unroll
    for (int k = 0; k < K; k++)
#pragma unroll
      for (int i = 0; i < N; i++) offsets[k][i] = 0;
#pragma unroll 1
    for (int axis = count - 1; axis >= 0; axis--) {
#pragma unroll
      for (int i = 0; i < N; i++) {
        const std::int64_t rest = size[axis].quotient(places[i]);  // 0 for the outermost axis
        const std::int64_t at = places[i] - rest * size[axis].divisor;
#pragma unroll
        for (int k = 0; k < K; k++) offsets[k][i] += at * stride[k][axis];
        places[i] = rest;
      }
    }
  }
};

/// Calls f(places) for this thread's places of the output, N at a time. They are as far apart as the grid has threads,
/// so that neighbouring threads have neighbouring places. Places past the end are replaced by the last one: it is then
/// computed several times with the same result.
template <int N, class F>
__device__ __forceinline__ void forEachPlace(std::int64_t n, const F& f) {
  const std::int64_t step = threadsInGrid();
  for (std::int64_t first = threadInGrid(); first < n; first += N * step) {
    std::int64_t places[N];
#pragma unroll
    for (int i = 0; i < N; i++) places[i] = first + i * step < n ? first + i * step : n - 1;
    f(places);
  }
}

/// Elements that a thread loads before it uses the first, if each is looked up on its own.
constexpr int placesInFlight = 4;

/// N elements of an operand whose stride is 1 or 0, at a place that is a multiple of N.
template <int N, class T>
__device__ __forceinline__ void readRun(T (&x)[N], const T* data, std::int64_t offset, std::int64_t step) {
  if (step == 1) {
    load(x, data, offset);
  } else {
    const T one = data[offset];
#pragma unroll
    for (int i = 0; i < N; i++) x[i] = one;
  }
}

/// The axes of operands broadcast against each other, from the lists that src/core/loops/broadcast.ts makes: the
/// output's dimensions, and each operand's, which are 1 where it is broadcast.
template <int K>
AxisList<K> broadcastAxes(Dims dims, const Dims (&operands)[K]) {
  for (const Dims& operandDims : operands) {
    requireCount("an operand's dims", operandDims.count, dims.count);
    sizeOf(operandDims);
    for (int axis = 0; axis < dims.count; axis++)
      require(operandDims[axis] == dims[axis] || operandDims[axis] == 1,
              "a dimension of an operand must be 1 or match the output");
  }
  // Axes are added from the outermost: an operand's stride is its size divided by the dimensions up to this axis.
  AxisList<K> axes;
  std::int64_t place[K];
  for (int k = 0; k < K; k++) place[k] = sizeOf(operands[k]);
  for (int axis = 0; axis < dims.count; axis++) {
    std::int64_t steps[K];
    for (int k = 0; k < K; k++) {
      const int dim = operands[k][axis];
      if (dim != 0) place[k] /= dim;
      steps[k] = dim == 1 ? 0 : place[k];
    }
    axes.add(dims[axis], steps);
  }
  axes.close();
  return axes;
}

}  // namespace wengert
