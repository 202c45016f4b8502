// softmax, logSoftmax and their gradients along an axis of (outer, size, inner): ops on rows (rows.cuh). If a loss
// follows, use crossEntropy (kernels/loss), which never writes the softmax.
#include "reduction/rows.cuh"
#include "runtime/registry.h"

namespace wengert {
namespace {

// y_i = e^(x_i - max x) / sum_j e^(x_j - max x), or its logarithm
//
// One pass finds maximum and sum together (LogSumFold), a second writes y. Bound: x is read once if a row stays on chip
// and y is written once, 2 sizeof(T) bytes an element (4 in bfloat16).
template <class T>
struct Softmax : RowOp<T> {
  using C = Compute<T>;
  using State = LogSum<C>;
  static constexpr int V = rowUnit<T>;
  static constexpr int sources = 1;
  const T* source[sources];  // x (outer, size, inner)
  bool log;

  struct Row {
    C max;
    C scale;  // 1 / sum, or ln sum
  };

  __device__ auto fold() const { return LogSumFold<C>(); }
  __device__ Row begin(std::int64_t, std::int64_t) const { return {}; }
  __device__ void take(State& state, const Row&, const C (&x)[1][V], int count, std::int64_t) const {
    fold().take(state, x[0], count);
  }
  __device__ void settle(Row& row, State state) const {
    row.max = state.max;
    row.scale = log ? std::log(state.finiteSum()) : C(1) / state.finiteSum();
  }
  __device__ void results(const Row& row, const C (&x)[1][V], int, std::int64_t, C (&y)[V]) const {
#pragma unroll
    for (int e = 0; e < V; e++) {
      const C shifted = x[0][e] - row.max;
      y[e] = log ? shifted - row.scale : std::exp(shifted) * row.scale;
    }
  }
};

// With s the output: dx_i = s_i (dy_i - sum_j dy_j s_j), or for the logarithm dx_i = dy_i - e^s_i sum_j dy_j
//
// Bound: dy and s are read once if a row stays on chip, and dx is written: 3 sizeof(T) bytes an element (6 in
// bfloat16).
template <class T>
struct SoftmaxGrad : RowOp<T> {
  using C = Compute<T>;
  using State = C;
  static constexpr int V = rowUnit<T>;
  static constexpr int sources = 2;
  const T* source[sources];  // dy (outer, size, inner), s (outer, size, inner)
  bool log;

  struct Row {
    C sum;
  };

  __device__ auto fold() const { return Addition<C>(); }
  __device__ Row begin(std::int64_t, std::int64_t) const { return {}; }
  __device__ void take(State& state, const Row&, const C (&x)[2][V], int count, std::int64_t) const {
#pragma unroll
    for (int e = 0; e < V; e++)
      if (e < count) state += log ? x[0][e] : x[0][e] * x[1][e];
  }
  __device__ void settle(Row& row, State state) const { row.sum = state; }
  __device__ void results(const Row& row, const C (&x)[2][V], int, std::int64_t, C (&dx)[V]) const {
#pragma unroll
    for (int e = 0; e < V; e++)
      dx[e] = log ? x[0][e] - std::exp(x[1][e]) * row.sum : x[1][e] * (x[0][e] - row.sum);
  }
};

template <bool log>
void launchSoftmax(const Buffer& x,  // (outer, size, inner)
                   Buffer& y,        // (outer, size, inner)
                   std::int64_t outer, std::int64_t size, std::int64_t inner) {
  const RowShape shape{outer, size, inner};
  requireLength("x", x, shape.elements());
  requireLength("y", y, x.length);
  requireDType("y", y, x.dtype);
  if (x.length == 0) return;
  dispatch(x.dtype, FloatTypes(), [&]<class T>(Type<T>) {
    runRows(Softmax<T>{{dataOf<T>(y)}, {dataOf<T>(x)}, log}, shape);
  });
}

template <bool log>
void launchSoftmaxGrad(const Buffer& dy,  // (outer, size, inner)
                       const Buffer& s,   // (outer, size, inner), the output of the forward op
                       Buffer& dx,        // (outer, size, inner)
                       std::int64_t outer, std::int64_t size, std::int64_t inner) {
  const RowShape shape{outer, size, inner};
  requireLength("dy", dy, shape.elements());
  requireLength("s", s, dy.length);
  requireLength("dx", dx, dy.length);
  requireDType("s", s, dy.dtype);
  requireDType("dx", dx, dy.dtype);
  if (dy.length == 0) return;
  dispatch(dy.dtype, FloatTypes(), [&]<class T>(Type<T>) {
    runRows(SoftmaxGrad<T>{{dataOf<T>(dx)}, {dataOf<T>(dy), dataOf<T>(s)}, log}, shape);
  });
}

EXPORT_KERNEL_AS(softmax, launchSoftmax<false>)
EXPORT_KERNEL_AS(logSoftmax, launchSoftmax<true>)
EXPORT_KERNEL_AS(softmaxGrad, launchSoftmaxGrad<false>)
EXPORT_KERNEL_AS(logSoftmaxGrad, launchSoftmaxGrad<true>)

}  // namespace
}  // namespace wengert
