// A walk through a contiguous output, and where meanwhile each of K operands is: broadcasting, slices, permutations.
#pragma once

#include "elementwise/elementwise.cuh"
#include "runtime/divider.cuh"

namespace wengert {

/// Axes of the output, the outermost first, and how many elements each operand moves for a step along them; 0 and
/// negative steps are fine. Axes of size 1 are left out, and neighbours along which all operands step evenly are one.
template <int K>
struct AxisList {
  static constexpr int most = 16;

  int count = 0;
  std::int64_t size[most];
  std::int64_t stride[K][most];

  /// To be called from the outermost axis to the innermost.
  void add(std::int64_t n, const std::int64_t (&steps)[K]) {
    if (n == 1) return;
    const int last = count - 1;
    bool merges = count > 0 && size[last] * n < std::int64_t{1} << 31;
    for (int k = 0; merges && k < K; k++) merges = stride[k][last] == steps[k] * n;
    if (count == most && !merges) refuse("more than 16 axes that do not merge");
    if (!merges) count++;
    size[count - 1] = merges ? size[last] * n : n;
    for (int k = 0; k < K; k++) stride[k][count - 1] = steps[k];
  }

  /// There is always an innermost axis, if only of size 1.
  void close() {
    if (count > 0) return;
    size[count++] = 1;
    for (int k = 0; k < K; k++) stride[k][0] = 0;
  }
};

template <int K>
struct Walk {
  int count;
  std::int64_t run;       // the size of the innermost axis
  std::int64_t inner[K];  // each operand's step along it
  Divider size[AxisList<K>::most];
  std::int64_t stride[K][AxisList<K>::most];

  /// `n` is the number of all places.
  Walk(const AxisList<K>& axes, std::int64_t n) : count(axes.count), run(axes.size[axes.count - 1]) {
    for (int axis = 0; axis < count; axis++) {
      size[axis] = Divider(axes.size[axis], n);
      for (int k = 0; k < K; k++) stride[k][axis] = axes.stride[k][axis];
    }
    for (int k = 0; k < K; k++) inner[k] = axes.stride[k][count - 1];
  }

  /// Whether N neighbouring places, from a multiple of N on, always lie in one run, where an operand either steps by
  /// one element or stays; then `readRun` gets them at once.
  template <int N>
  __device__ __forceinline__ bool hasRunsOf() const {
    return run % N == 0;
  }

  /// Where the operands are at each of N places.
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

/// Calls f(places) for the output's places, N of them at a time: those of this thread, as far apart as there are
/// threads, so that neighbouring threads are at neighbouring places. Places beyond the end are the last one again.
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

/// Elements that a thread loads before it uses the first, where each is looked up by itself.
constexpr int placesInFlight = 4;

/// N elements of an operand that steps by 1 or by 0, at a place that is a multiple of N.
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

/// The axes of operands broadcast against each other, from the lists that src/core/loops/broadcast.ts makes: the output's
/// dimensions, and each operand's, 1 where it is broadcast.
template <int K>
AxisList<K> broadcastAxes(Dims dims, const Dims (&operands)[K]) {
  for (const Dims& own : operands) {
    requireCount("an operand's dims", own.count, dims.count);
    sizeOf(own);
    for (int axis = 0; axis < dims.count; axis++)
      require(own[axis] == dims[axis] || own[axis] == 1, "an operand's dims are neither the output's nor 1");
  }
  // Strides are known from the innermost axis on; axes are added from the outermost.
  AxisList<K> axes;
  std::int64_t place[K];
  for (int k = 0; k < K; k++) place[k] = sizeOf(operands[k]);
  for (int axis = 0; axis < dims.count; axis++) {
    std::int64_t steps[K];
    for (int k = 0; k < K; k++) {
      const int own = operands[k][axis];
      if (own != 0) place[k] /= own;
      steps[k] = own == 1 ? 0 : place[k];
    }
    axes.add(dims[axis], steps);
  }
  axes.close();
  return axes;
}

}  // namespace wengert
