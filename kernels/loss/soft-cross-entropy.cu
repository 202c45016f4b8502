// softCrossEntropy of logits against probabilities, and its gradient for the logits, along an axis of
// (outer, classes, inner): ops on rows (rows.cuh) with two sources. Integer labels are in cross-entropy.cu.
#include "reduction/rows.cuh"
#include "runtime/registry.h"

namespace wengert {
namespace {

/// The weight of a class times its smoothed probability: w_c s_c, with s_c = (1 - e) t_c + e / C.
template <class C>
struct Smoothed {
  AnyData weight;  // (classes); may be missing
  C keep;          // 1 - e
  C spread;        // e / C

  __device__ C at(std::int64_t k, C target) const {
    const C smoothed = keep * target + spread;
    return weight ? weight.at<C>(k) * smoothed : smoothed;
  }
};

// loss = sum_c w_c s_c (logsumexp(x) - x_c)
//
// The first pass finds logsumexp (LogSumFold), the second the weighted sum. Bound: x and the target are read once if a
// row stays on chip, 2 sizeof(T) bytes an element.
template <class T>
struct SoftCrossEntropy : RowOp<T> {
  using C = Compute<T>;
  using State = LogSum<C>;
  static constexpr int V = rowUnit<T>;
  static constexpr int sources = 2;
  static constexpr bool hasSecond = true;
  static constexpr bool hasResult = false;
  static constexpr bool hasNumbers = true;
  const T* source[sources];  // x (outer, classes, inner), target (outer, classes, inner)
  Smoothed<C> smoothed;
  C* loss;                   // (outer, inner)
  C* logsumexp;              // (outer, inner)

  struct Row {
    C max;
    C log;  // logsumexp - max
    C sum;  // the loss
  };

  __device__ auto fold() const { return LogSumFold<C>(); }
  __device__ Row begin(std::int64_t, std::int64_t) const { return {}; }
  __device__ void take(State& state, const Row&, const C (&x)[2][V], int count, std::int64_t) const {
    fold().take(state, x[0], count);
  }
  __device__ void settle(Row& row, State state) const {
    row.max = state.max;
    row.log = std::log(state.finiteSum());
  }
  __device__ bool secondly() const { return true; }
  __device__ C takeSecond(const Row& row, const C (&x)[2][V], int count, std::int64_t k) const {
    C sum = C(0);
#pragma unroll
    for (int e = 0; e < V; e++)
      if (e < count) sum += smoothed.at(k + e, x[1][e]) * (row.max - x[0][e] + row.log);
    return sum;
  }
  __device__ void settleSecond(Row& row, C sum) const { row.sum = sum; }
  __device__ void finish(const Row& row, std::int64_t number) const {
    loss[number] = row.sum;
    logsumexp[number] = row.max + row.log;
  }
};

// With p = e^(x - logsumexp):  dx_c = dloss (p_c sum_k w_k s_k - w_c s_c)
//
// Bound: x and the target are read once if a row stays on chip, and dx is written: 3 sizeof(T) bytes an element.
template <class T>
struct SoftCrossEntropyGrad : RowOp<T> {
  using C = Compute<T>;
  using State = C;
  static constexpr int V = rowUnit<T>;
  static constexpr int sources = 2;
  const T* source[sources];  // x (outer, classes, inner), target (outer, classes, inner)
  Smoothed<C> smoothed;
  AnyData dloss;             // (outer, inner)
  AnyData logsumexp;         // (outer, inner)

  struct Row {
    C slope;  // dloss
    C logsumexp;
    C sum;    // sum_k w_k s_k
  };

  __device__ auto fold() const { return Addition<C>(); }
  __device__ Row begin(std::int64_t number, std::int64_t) const {
    return {dloss.at<C>(number), logsumexp.at<C>(number), C(0)};
  }
  __device__ void take(State& state, const Row&, const C (&x)[2][V], int count, std::int64_t k) const {
#pragma unroll
    for (int e = 0; e < V; e++)
      if (e < count) state += smoothed.at(k + e, x[1][e]);
  }
  __device__ void settle(Row& row, State sum) const { row.sum = sum; }
  __device__ void results(const Row& row, const C (&x)[2][V], int count, std::int64_t k, C (&dx)[V]) const {
#pragma unroll
    for (int e = 0; e < V; e++) {
      dx[e] = C(0);
      if (e < count)
        dx[e] = row.slope * (std::exp(x[0][e] - row.logsumexp) * row.sum - smoothed.at(k + e, x[1][e]));
    }
  }
};

/// Checks the arguments that the loss and its gradient share.
void checkSoft(const Buffer& x, const Buffer& target, const Buffer* weight, const Buffer& logsumexp, RowShape shape) {
  requireLength("x", x, shape.elements());
  requireLength("target", target, x.length);
  requireDType("target", target, x.dtype);
  requireLength("logsumexp", logsumexp, shape.rows());
  if (weight != nullptr) requireLength("weight", *weight, shape.size);
}

/// The weights and factors for a label smoothing e = `smoothing`.
template <class C>
Smoothed<C> smoothedBy(const Buffer* weight, double smoothing, std::int64_t classes) {
  return {weight, static_cast<C>(1 - smoothing), static_cast<C>(smoothing / static_cast<double>(classes))};
}

void softCrossEntropy(const Buffer& x,       // (outer, classes, inner)
                      const Buffer& target,  // (outer, classes, inner), probabilities
                      const Buffer* weight,  // (classes), or null
                      Buffer& loss,          // (outer, inner)
                      Buffer& logsumexp,     // (outer, inner)
                      std::int64_t outer, std::int64_t classes, std::int64_t inner, double labelSmoothing) {
  const RowShape shape{outer, classes, inner};
  checkSoft(x, target, weight, logsumexp, shape);
  requireLength("loss", loss, shape.rows());
  const DType statistic = x.dtype == DType::float64 ? DType::float64 : DType::float32;
  requireDType("loss", loss, statistic);
  requireDType("logsumexp", logsumexp, statistic);
  dispatch(x.dtype, FloatTypes(), [&]<class T>(Type<T>) {
    using C = Compute<T>;
    runRows(SoftCrossEntropy<T>{{}, {dataOf<T>(x), dataOf<T>(target)}, smoothedBy<C>(weight, labelSmoothing, classes),
                                dataOf<C>(loss), dataOf<C>(logsumexp)},
            shape);
  });
}

void softCrossEntropyGrad(const Buffer& dloss,      // (outer, inner)
                          const Buffer& x,          // (outer, classes, inner)
                          const Buffer& target,     // (outer, classes, inner), probabilities
                          const Buffer* weight,     // (classes), or null
                          const Buffer& logsumexp,  // (outer, inner), of the forward op
                          Buffer& dx,               // (outer, classes, inner)
                          std::int64_t outer, std::int64_t classes, std::int64_t inner, double labelSmoothing) {
  const RowShape shape{outer, classes, inner};
  checkSoft(x, target, weight, logsumexp, shape);
  requireLength("dloss", dloss, shape.rows());
  requireLength("dx", dx, x.length);
  requireDType("dx", dx, x.dtype);
  if (x.length == 0) return;
  dispatch(x.dtype, FloatTypes(), [&]<class T>(Type<T>) {
    using C = Compute<T>;
    runRows(SoftCrossEntropyGrad<T>{{dataOf<T>(dx)},
                                    {dataOf<T>(x), dataOf<T>(target)},
                                    smoothedBy<C>(weight, labelSmoothing, classes),
                                    dloss,
                                    logsumexp},
            shape);
  });
}

EXPORT_KERNEL(softCrossEntropy)
EXPORT_KERNEL(softCrossEntropyGrad)

}  // namespace
}  // namespace wengert
