// crossEntropy of logits against integer labels, and its gradient, along an axis of (outer, classes, inner): ops on
// rows (rows.cuh). The softmax is never written: the forward op saves logsumexp, a number a row. Probabilities as
// targets are in soft-cross-entropy.cu.
#include "reduction/rows.cuh"
#include "runtime/registry.h"

namespace wengert {
namespace {

/// Kinds of labels: a class, the ignored index, or out of range.
enum class LabelKind { proper, ignored, outside };

/// The labels of the rows, the weights of the classes, and how much of a label is spread over all classes.
struct Labels {
  const std::int32_t* target;  // (outer, inner)
  AnyData weight;              // (classes); may be missing
  std::int64_t classes;
  std::int64_t ignoreIndex;
  double smoothing;
  KernelFault* fault;

  __device__ LabelKind kindOf(std::int64_t label) const {
    if (label == ignoreIndex) return LabelKind::ignored;
    return label >= 0 && label < classes ? LabelKind::proper : LabelKind::outside;
  }
  template <class C>
  __device__ C weightOf(std::int64_t label) const {
    return weight ? weight.at<C>(label) : C(1);
  }
};

// With l_c = logsumexp(x) - x_c, the label t and the smoothing e:
//   loss = (1 - e) w_t l_t + e / C sum_c w_c l_c
//
// The first pass finds logsumexp (LogSumFold); the second sum is needed only with smoothing. Then one thread for
// each row reads the label's logit. Bound: x is read once if a row stays on chip, sizeof(T) bytes an element.
template <class T>
struct CrossEntropy : RowOp<T> {
  using C = Compute<T>;
  using State = LogSum<C>;
  static constexpr int V = rowUnit<T>;
  static constexpr int sources = 1;
  static constexpr bool hasSecond = true;
  static constexpr bool hasResult = false;
  static constexpr bool hasNumbers = true;
  const T* source[sources];  // x (outer, classes, inner)
  Labels labels;
  std::int64_t inner;
  C* loss;                   // (outer, inner)
  C* labelWeight;            // (outer, inner)
  C* logsumexp;              // (outer, inner)

  struct Row {
    std::int64_t start;
    C max;
    C log;  // logsumexp - max
    C sum;  // of w_c l_c
  };

  __device__ auto fold() const { return LogSumFold<C>(); }
  __device__ Row begin(std::int64_t, std::int64_t start) const { return {start, C(0), C(0), C(0)}; }
  __device__ void take(State& state, const Row&, const C (&x)[1][V], int count, std::int64_t) const {
    fold().take(state, x[0], count);
  }
  __device__ void settle(Row& row, State state) const {
    row.max = state.max;
    row.log = std::log(state.finiteSum());
  }
  __device__ bool secondly() const { return labels.smoothing > 0; }
  __device__ C takeSecond(const Row& row, const C (&x)[1][V], int count, std::int64_t k) const {
    C sum = C(0);
#pragma unroll
    for (int e = 0; e < V; e++)
      if (e < count) sum += labels.weightOf<C>(k + e) * (row.max - x[0][e] + row.log);
    return sum;
  }
  __device__ void settleSecond(Row& row, C sum) const { row.sum = sum; }
  __device__ void finish(const Row& row, std::int64_t number) const {
    const std::int64_t label = labels.target[number];
    const LabelKind kind = labels.kindOf(label);
    C weight = C(0), total = C(0), sum = C(0);
    if (kind == LabelKind::outside) {
      reportFault(labels.fault, FaultRule::labelRange, label, labels.classes);
      weight = total = sum = C(NAN);
    } else if (kind == LabelKind::proper) {
      const C smoothing = static_cast<C>(labels.smoothing);
      weight = labels.weightOf<C>(label);
      sum = row.max + row.log;
      const C distance = row.max - widen(source[0][row.start + label * inner]) + row.log;
      total = (C(1) - smoothing) * weight * distance;
      if (secondly()) total += smoothing / C(labels.classes) * row.sum;
    }
    loss[number] = total;
    labelWeight[number] = weight;
    logsumexp[number] = sum;
  }
};

// With p = e^(x - logsumexp) and W = sum_c w_c:
//   dx_c = dloss (((1 - e) w_t + e / C W) p_c - (1 - e) w_t [c = t] - e / C w_c)
//
// Only weights with smoothing need a reduction (W). Bound: x is read and dx written, 2 sizeof(T) bytes an element.
template <class T>
struct CrossEntropyGrad : RowOp<T> {
  using C = Compute<T>;
  using State = C;
  static constexpr int V = rowUnit<T>;
  static constexpr int sources = 1;
  const T* source[sources];  // x (outer, classes, inner)
  Labels labels;
  AnyData dloss;             // (outer, inner)
  AnyData logsumexp;         // (outer, inner)

  struct Row {
    std::int64_t label;
    LabelKind kind;
    C slope;  // dloss
    C logsumexp;
    C hard;   // (1 - e) w_t
    C all;    // (1 - e) w_t + e / C W, the factor of p_c
  };

  __device__ C soft() const { return static_cast<C>(labels.smoothing / static_cast<double>(labels.classes)); }
  __device__ auto fold() const { return Addition<C>(); }
  __device__ Row begin(std::int64_t number, std::int64_t) const {
    const std::int64_t label = labels.target[number];
    const LabelKind kind = labels.kindOf(label);
    const C weight = kind == LabelKind::proper ? labels.weightOf<C>(label) : C(1);
    const C hard = static_cast<C>(1 - labels.smoothing) * weight;
    return {label, kind, dloss.at<C>(number), logsumexp.at<C>(number), hard, hard + soft() * C(labels.classes)};
  }
  __device__ bool reduces() const { return labels.weight && labels.smoothing > 0; }
  __device__ void take(State& state, const Row&, const C (&)[1][V], int count, std::int64_t k) const {
#pragma unroll
    for (int e = 0; e < V; e++)
      if (e < count) state += labels.weightOf<C>(k + e);
  }
  __device__ void settle(Row& row, State weights) const { row.all = row.hard + soft() * weights; }
  __device__ void results(const Row& row, const C (&x)[1][V], int count, std::int64_t k, C (&dx)[V]) const {
#pragma unroll
    for (int e = 0; e < V; e++) {
      dx[e] = row.kind == LabelKind::outside ? C(NAN) : C(0);
      if (row.kind != LabelKind::proper || e >= count) continue;
      C target = k + e == row.label ? row.hard : C(0);
      if (labels.smoothing > 0) target += soft() * labels.weightOf<C>(k + e);
      dx[e] = row.slope * (row.all * std::exp(x[0][e] - row.logsumexp) - target);
    }
  }
};

/// Checks the arguments that the loss and its gradient share.
Labels labelsOf(const Buffer& x, const Buffer& target, const Buffer* weight, RowShape shape, std::int64_t ignoreIndex,
                double smoothing) {
  requireLength("x", x, shape.elements());
  requireLength("target", target, shape.rows());
  requireDType("target", target, DType::int32);
  if (weight != nullptr) requireLength("weight", *weight, shape.size);
  return {dataOf<std::int32_t>(target), weight, shape.size, ignoreIndex, smoothing, stream().fault};
}

void crossEntropy(const Buffer& x,         // (outer, classes, inner)
                  const Buffer& target,    // (outer, inner), int32
                  const Buffer* weight,    // (classes), or null
                  Buffer& loss,            // (outer, inner)
                  Buffer& labelWeight,     // (outer, inner)
                  Buffer& logsumexp,       // (outer, inner)
                  std::int64_t outer, std::int64_t classes, std::int64_t inner, std::int64_t ignoreIndex,
                  double labelSmoothing) {
  const RowShape shape{outer, classes, inner};
  const Labels labels = labelsOf(x, target, weight, shape, ignoreIndex, labelSmoothing);
  const DType statistic = x.dtype == DType::float64 ? DType::float64 : DType::float32;
  for (const Buffer* row : {&loss, &labelWeight, &logsumexp}) {
    requireLength("a result", *row, shape.rows());
    requireDType("a result", *row, statistic);
  }
  dispatch(x.dtype, FloatTypes(), [&]<class T>(Type<T>) {
    using C = Compute<T>;
    runRows(CrossEntropy<T>{{}, {dataOf<T>(x)}, labels, inner, dataOf<C>(loss), dataOf<C>(labelWeight),
                            dataOf<C>(logsumexp)},
            shape);
  });
}

void crossEntropyGrad(const Buffer& dloss,      // (outer, inner)
                      const Buffer& x,          // (outer, classes, inner)
                      const Buffer& target,     // (outer, inner), int32
                      const Buffer* weight,     // (classes), or null
                      const Buffer& logsumexp,  // (outer, inner), of the forward op
                      Buffer& dx,               // (outer, classes, inner)
                      std::int64_t outer, std::int64_t classes, std::int64_t inner, std::int64_t ignoreIndex,
                      double labelSmoothing) {
  const RowShape shape{outer, classes, inner};
  const Labels labels = labelsOf(x, target, weight, shape, ignoreIndex, labelSmoothing);
  requireLength("dloss", dloss, shape.rows());
  requireLength("logsumexp", logsumexp, shape.rows());
  requireLength("dx", dx, x.length);
  requireDType("dx", dx, x.dtype);
  if (x.length == 0) return;
  dispatch(x.dtype, FloatTypes(), [&]<class T>(Type<T>) {
    runRows(CrossEntropyGrad<T>{{dataOf<T>(dx)}, {dataOf<T>(x)}, labels, dloss, logsumexp}, shape);
  });
}

EXPORT_KERNEL(crossEntropy)
EXPORT_KERNEL(crossEntropyGrad)

}  // namespace
}  // namespace wengert
