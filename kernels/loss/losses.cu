// The losses that reduce nothing inside a row, and their gradients: nll picks the label's element of each row, and
// binaryCrossEntropy works element by element. The losses of logits are in cross-entropy.cu and soft-cross-entropy.cu.
#include "reduction/rows.cuh"
#include "runtime/launch.h"
#include "runtime/registry.h"

namespace wengert {
namespace {

constexpr int blockSize = 256;

/// The label of a row and its weight. The label is -1 if it is ignored, and -2 if it is out of range.
template <class C>
struct Pick {
  std::int64_t label;
  C weight;
};

/// Finds the Pick of each row.
struct Picks {
  const std::int32_t* target;  // (outer, inner)
  AnyData weight;              // (classes); may be missing
  std::int64_t classes;
  std::int64_t ignoreIndex;

  template <class C>
  __device__ Pick<C> of(std::int64_t row) const {
    const std::int64_t label = target[row];
    if (label == ignoreIndex) return {-1, C(0)};
    if (label < 0 || label >= classes) return {-2, C(NAN)};
    return {label, weight ? weight.at<C>(label) : C(1)};
  }
};

/// loss[row] = -w[t] x[t] with the label t of the row; labelWeight[row] = w[t]. One thread for each row, in a
/// grid-stride loop. Only one element of a row is read: 4 bytes of the label, one access of x, two results. A label out
/// of range gives NaN and is reported to the host.
template <class T>
__global__ void __launch_bounds__(blockSize)
    pickLosses(const T* x,               // (outer, classes, inner)
               Picks picks,
               Compute<T>* loss,         // (outer, inner)
               Compute<T>* labelWeight,  // (outer, inner)
               std::int64_t rows,        // outer inner
               std::int64_t inner,
               KernelFault* fault) {
  using C = Compute<T>;
  for (std::int64_t row = blockIdx.x * std::int64_t{blockDim.x} + threadIdx.x; row < rows;
       row += gridDim.x * std::int64_t{blockDim.x}) {
    const Pick<C> pick = picks.of<C>(row);
    if (pick.label == -2) reportFault(fault, FaultRule::labelRange, picks.target[row], picks.classes);
    C total = pick.weight;
    if (pick.label >= 0) {
      const std::int64_t outer = row / inner;
      total = -pick.weight * widen(x[(outer * picks.classes + pick.label) * inner + (row - outer * inner)]);
    }
    loss[row] = total;
    labelWeight[row] = pick.weight;
  }
}

/// y[t] = -w[t] dloss in each row, and 0 elsewhere. One thread for each element of y: it computes the element's class
/// and row, reads the row's label and writes once, so nothing is cleared first and no atomics are needed. Bound: y is
/// written, sizeof(T) bytes an element.
template <class T>
__global__ void __launch_bounds__(blockSize)
    spreadLosses(AnyData dloss,          // (outer, inner)
                 Picks picks,
                 T* y,                   // (outer, classes, inner)
                 std::int64_t elements,  // of y
                 std::int64_t inner) {
  using C = Compute<T>;
  const std::int64_t plane = picks.classes * inner;
  for (std::int64_t i = blockIdx.x * std::int64_t{blockDim.x} + threadIdx.x; i < elements;
       i += gridDim.x * std::int64_t{blockDim.x}) {
    // i = (outer index * classes + label) * inner + inner index; the row is outer index * inner + inner index.
    const std::int64_t outer = i / plane;
    const std::int64_t label = (i - outer * plane) / inner;
    const std::int64_t row = outer * inner + (i - outer * plane) - label * inner;
    const Pick<C> pick = picks.of<C>(row);
    C value = pick.label == -2 ? C(NAN) : C(0);
    if (pick.label == label) value = -pick.weight * dloss.at<C>(row);
    y[i] = narrow<T>(value);
  }
}

Picks picksOf(const Buffer& target, const Buffer* weight, std::int64_t rows, std::int64_t classes,
              std::int64_t ignoreIndex) {
  requireLength("target", target, rows);
  requireDType("target", target, DType::int32);
  if (weight != nullptr) requireLength("weight", *weight, classes);
  return {dataOf<std::int32_t>(target), weight, classes, ignoreIndex};
}

void nll(const Buffer& x,       // (outer, classes, inner), log-probabilities
         const Buffer& target,  // (outer, inner), int32
         const Buffer* weight,  // (classes), or null
         Buffer& loss,          // (outer, inner)
         Buffer& labelWeight,   // (outer, inner)
         std::int64_t outer, std::int64_t classes, std::int64_t inner, std::int64_t ignoreIndex) {
  const std::int64_t rows = multiplySizes(outer, inner);
  requireLength("x", x, multiplySizes(rows, classes));
  const Picks picks = picksOf(target, weight, rows, classes, ignoreIndex);
  const DType statistic = x.dtype == DType::float64 ? DType::float64 : DType::float32;
  for (const Buffer* row : {&loss, &labelWeight}) {
    requireLength("a result", *row, rows);
    requireDType("a result", *row, statistic);
  }
  if (rows == 0) return;
  dispatch(x.dtype, FloatTypes(), [&]<class T>(Type<T>) {
    using C = Compute<T>;
    launch(pickLosses<T>, {dim3(gridStrideBlocks(rows, blockSize)), dim3(blockThreads(rows))}, dataOf<T>(x), picks,
           dataOf<C>(loss), dataOf<C>(labelWeight), rows, inner, stream().fault);
  });
}

void nllGrad(const Buffer& dloss,   // (outer, inner)
             const Buffer& target,  // (outer, inner), int32
             const Buffer* weight,  // (classes), or null
             Buffer& y,             // (outer, classes, inner)
             std::int64_t outer, std::int64_t classes, std::int64_t inner, std::int64_t ignoreIndex) {
  const std::int64_t rows = multiplySizes(outer, inner);
  requireLength("y", y, multiplySizes(rows, classes));
  requireLength("dloss", dloss, rows);
  const Picks picks = picksOf(target, weight, rows, classes, ignoreIndex);
  if (y.length == 0) return;
  dispatch(y.dtype, FloatTypes(), [&]<class T>(Type<T>) {
    launch(spreadLosses<T>, {dim3(gridStrideBlocks(y.length, blockSize)), dim3(blockThreads(y.length))}, AnyData(dloss),
           picks, dataOf<T>(y), y.length, inner);
  });
}

/// The arrays that a map reads.
template <class T, int N>
struct Sources {
  const T* at[N];  // (n) each
};

/// y[i] = f(x_0[i], ..., x_(N-1)[i]). A thread has 16 bytes of each array at a time, in registers, in a grid-stride
/// loop. Bound: (N + 1) sizeof(T) bytes an element.
template <class T, int N, class F>
__global__ void __launch_bounds__(blockSize)
    mapArrays(F f,
              Sources<T, N> x,
              T* y,             // (n)
              std::int64_t n,
              bool vectors) {   // all arrays start at a multiple of 16 bytes
  constexpr int V = vectorLength<T>;
  for (std::int64_t unit = blockIdx.x * std::int64_t{blockDim.x} + threadIdx.x; unit * V < n;
       unit += gridDim.x * std::int64_t{blockDim.x}) {
    const int count = static_cast<int>(n - unit * V < V ? n - unit * V : V);
    Vector<T, V> loaded[N];  // (N, V), registers
#pragma unroll
    for (int i = 0; i < N; i++) loaded[i] = loadUnit<T, V>(x.at[i] + unit * V, count, 1, vectors && count == V);
    Compute<T> results[V];
#pragma unroll
    for (int e = 0; e < V; e++) {
      Compute<T> values[N];
#pragma unroll
      for (int i = 0; i < N; i++) values[i] = widen(loaded[i].at[e]);
      results[e] = f(values);
    }
    storeUnit<T, V>(y + unit * V, results, count, 1, vectors && count == V);
  }
}

/// max(a, b); NaN if a is NaN.
template <class C>
__device__ C atLeast(C a, C b) {
  return a < b ? b : a;
}

// y = -t ln p - (1 - t) ln(1 - p), with logarithms of at least -100, as in PyTorch
template <class C>
struct BinaryCrossEntropy {
  __device__ C operator()(const C (&x)[2]) const {
    const C logP = atLeast(std::log(x[0]), C(-100));
    const C logQ = atLeast(std::log1p(-x[0]), C(-100));
    return (x[1] - C(1)) * logQ - x[1] * logP;
  }
};

// y = dy (p - t) / (p (1 - p)), with a divisor of at least 1e-12
template <class C>
struct BinaryCrossEntropyGrad {
  __device__ C operator()(const C (&x)[3]) const {
    return x[0] * (x[1] - x[2]) / atLeast(x[1] * (C(1) - x[1]), C(1e-12f));
  }
};

/// Checks N inputs of n elements and launches mapArrays.
template <template <class> class F, int N>
void launchMap(const Buffer* const (&x)[N], Buffer& y, std::int64_t n) {
  requireLength("y", y, n);
  for (const Buffer* input : x) {
    requireLength("an input", *input, n);
    requireDType("an input", *input, y.dtype);
  }
  if (n == 0) return;
  dispatch(y.dtype, FloatTypes(), [&]<class T>(Type<T>) {
    Sources<T, N> sources;
    bool vectors = isAligned(y.data);
    for (int i = 0; i < N; i++) {
      sources.at[i] = dataOf<T>(*x[i]);
      vectors = vectors && isAligned(x[i]->data);
    }
    launch(mapArrays<T, N, F<Compute<T>>>,
           {dim3(gridStrideBlocks(n, blockSize * vectorLength<T>)), dim3(blockThreads(divideUp(n, vectorLength<T>)))},
           F<Compute<T>>(), sources, dataOf<T>(y), n, vectors);
  });
}

void binaryCrossEntropy(const Buffer& p, const Buffer& target, Buffer& y, std::int64_t n) {
  launchMap<BinaryCrossEntropy>({&p, &target}, y, n);
}

void binaryCrossEntropyGrad(const Buffer& dy, const Buffer& p, const Buffer& target, Buffer& y, std::int64_t n) {
  launchMap<BinaryCrossEntropyGrad>({&dy, &p, &target}, y, n);
}

EXPORT_KERNEL(nll)
EXPORT_KERNEL(nllGrad)
EXPORT_KERNEL(binaryCrossEntropy)
EXPORT_KERNEL(binaryCrossEntropyGrad)

}  // namespace
}  // namespace wengert
