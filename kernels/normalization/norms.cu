// layerNorm and rmsNorm, and their gradients. Forward and dx are ops on rows (rows.cuh); the gradients of weight and
// bias are sums over columns (norm-columns.cuh). Of batch normalization, only the update of the running statistics has
// a kernel, in running-stats.cu.
#include "normalization/norm-columns.cuh"
#include "reduction/rows.cuh"
#include "runtime/registry.h"

namespace wengert {
namespace {

/// A weight or bias: a value for each element of a row, the same in all rows. It may be left out.
template <class T>
struct RowParameter {
  const T* data = nullptr;  // (n), or null

  /// Elements k .. k + count - 1 as numbers, or `missing` if the parameter was left out.
  template <int V>
  __device__ void load(std::int64_t k, int count, bool vectors, Compute<T> missing, Compute<T> (&values)[V]) const {
    if (data == nullptr) {
#pragma unroll
      for (int e = 0; e < V; e++) values[e] = missing;
      return;
    }
    const Vector<T, V> unit = loadUnit<T, V>(data + k, count, 1, vectors);
#pragma unroll
    for (int e = 0; e < V; e++) values[e] = widen(unit.at[e]);
  }
};

// xhat = (x - mean) rstd,  y = xhat weight + bias,  rstd = 1 / sqrt(variance + eps)
//
// One pass finds mean and variance together (MomentsFold), a second writes y. Bound: x is read once if a row stays on
// chip and y is written once, 2 sizeof(T) bytes an element (4 in bfloat16).
template <class T>
struct LayerNorm : RowOp<T> {
  using C = Compute<T>;
  using State = Moments<C>;
  static constexpr int V = rowUnit<T>;
  static constexpr int sources = 1;
  static constexpr bool hasNumbers = true;
  const T* source[sources];  // x (rows, n)
  RowParameter<T> weight;    // (n)
  RowParameter<T> bias;      // (n)
  C* mean;                   // (rows)
  C* rstd;                   // (rows)
  std::int64_t n;
  C eps;

  struct Row {
    C pivot;   // the mean is pivot + offset
    C offset;
    C rstd;
  };

  __device__ auto fold() const { return MomentsFold<C>(); }
  __device__ Row begin(std::int64_t, std::int64_t) const { return {}; }
  __device__ void take(State& state, const Row&, const C (&x)[1][V], int count, std::int64_t) const {
    fold().take(state, x[0], count);
  }
  __device__ void settle(Row& row, State state) const {
    // An empty row has no mean.
    row.pivot = n > 0 ? state.pivot : C(NAN);
    row.offset = state.offset;
    row.rstd = n > 0 ? C(1) / std::sqrt(state.squares / C(n) + eps) : C(NAN);
  }
  __device__ void results(const Row& row, const C (&x)[1][V], int count, std::int64_t k, C (&y)[V]) const {
    C scale[V], shift[V];
    weight.load(k, count, this->vectors, C(1), scale);
    bias.load(k, count, this->vectors, C(0), shift);
#pragma unroll
    for (int e = 0; e < V; e++) y[e] = ((x[0][e] - row.pivot) - row.offset) * row.rstd * scale[e] + shift[e];
  }
  __device__ void finish(const Row& row, std::int64_t number) const {
    mean[number] = row.pivot + row.offset;
    rstd[number] = row.rstd;
  }
};

// y = x rstd weight,  rstd = 1 / sqrt(mean(x^2) + eps)
//
// Bound: as LayerNorm, 2 sizeof(T) bytes an element.
template <class T>
struct RmsNorm : RowOp<T> {
  using C = Compute<T>;
  using State = C;
  static constexpr int V = rowUnit<T>;
  static constexpr int sources = 1;
  static constexpr bool hasNumbers = true;
  const T* source[sources];  // x (rows, n)
  RowParameter<T> weight;    // (n)
  C* rstd;                   // (rows)
  std::int64_t n;
  C eps;

  struct Row {
    C rstd;
  };

  __device__ auto fold() const { return Addition<C>(); }
  __device__ Row begin(std::int64_t, std::int64_t) const { return {}; }
  __device__ void take(State& squares, const Row&, const C (&x)[1][V], int count, std::int64_t) const {
#pragma unroll
    for (int e = 0; e < V; e++)
      if (e < count) squares += x[0][e] * x[0][e];
  }
  __device__ void settle(Row& row, State squares) const {
    row.rstd = n > 0 ? C(1) / std::sqrt(squares / C(n) + eps) : C(NAN);
  }
  __device__ void results(const Row& row, const C (&x)[1][V], int count, std::int64_t k, C (&y)[V]) const {
    C scale[V];
    weight.load(k, count, this->vectors, C(1), scale);
#pragma unroll
    for (int e = 0; e < V; e++) y[e] = x[0][e] * row.rstd * scale[e];
  }
  __device__ void finish(const Row& row, std::int64_t number) const { rstd[number] = row.rstd; }
};

// With g = dy weight and means over the row: dx = rstd (g - mean(g) - xhat mean(g xhat)), without mean(g) for rmsNorm
//
// Bound: dy and x are read once if a row stays on chip, and dx is written: 3 sizeof(T) bytes an element (6 in
// bfloat16).
template <class T>
struct NormGrad : RowOp<T> {
  using C = Compute<T>;
  using State = Pair<C>;
  static constexpr int V = rowUnit<T>;
  static constexpr int sources = 2;
  const T* source[sources];  // dy (rows, n), x (rows, n)
  RowParameter<T> weight;    // (n)
  AnyData mean;              // (rows); missing for rmsNorm
  AnyData rstd;              // (rows)
  std::int64_t n;

  struct Row {
    C mean;
    C rstd;
    Pair<C> means;  // of g and of g xhat
  };

  __device__ auto fold() const { return PairSum<C>(); }
  __device__ Row begin(std::int64_t number, std::int64_t) const {
    return {mean ? mean.at<C>(number) : C(0), rstd.at<C>(number), {C(0), C(0)}};
  }
  __device__ void take(State& state, const Row& row, const C (&x)[2][V], int count, std::int64_t k) const {
    C scale[V];
    weight.load(k, count, this->vectors, C(1), scale);
#pragma unroll
    for (int e = 0; e < V; e++) {
      if (e >= count) continue;
      const C g = x[0][e] * scale[e];
      state.a += g;
      state.b += g * ((x[1][e] - row.mean) * row.rstd);
    }
  }
  __device__ void settle(Row& row, State state) const { row.means = {mean ? state.a / C(n) : C(0), state.b / C(n)}; }
  __device__ void results(const Row& row, const C (&x)[2][V], int count, std::int64_t k, C (&dx)[V]) const {
    C scale[V];
    weight.load(k, count, this->vectors, C(1), scale);
#pragma unroll
    for (int e = 0; e < V; e++) {
      const C xhat = (x[1][e] - row.mean) * row.rstd;
      dx[e] = row.rstd * (x[0][e] * scale[e] - row.means.a - xhat * row.means.b);
    }
  }
};

/// The dtype of mean and rstd.
DType statisticOf(const Buffer& x) { return x.dtype == DType::float64 ? DType::float64 : DType::float32; }

void checkRow(const char* name, const Buffer* buffer, const Buffer& x, std::int64_t n) {
  if (buffer == nullptr) return;
  requireLength(name, *buffer, n);
  requireDType(name, *buffer, x.dtype);
}

void checkSame(const char* name, const Buffer& buffer, const Buffer& x) {
  requireLength(name, buffer, x.length);
  requireDType(name, buffer, x.dtype);
}

/// The parameter in a buffer, or a missing one. It must be aligned, since it is read in the same vectors as the rows.
template <class T>
RowParameter<T> parameterOf(const Buffer* buffer) {
  require(buffer == nullptr || isAligned(buffer->data), "a parameter must be aligned to 16 bytes");
  return {buffer == nullptr ? nullptr : dataOf<T>(*buffer)};
}

void layerNorm(const Buffer& x,       // (rows, n)
               const Buffer* weight,  // (n), or null
               const Buffer* bias,    // (n), or null
               Buffer& y,             // (rows, n)
               Buffer& mean,          // (rows)
               Buffer& rstd,          // (rows)
               std::int64_t rows, std::int64_t n, double eps) {
  requireLength("x", x, multiplySizes(rows, n));
  checkRow("weight", weight, x, n);
  checkRow("bias", bias, x, n);
  checkSame("y", y, x);
  for (const Buffer* statistic : {&mean, &rstd}) {
    requireLength("a statistic", *statistic, rows);
    requireDType("a statistic", *statistic, statisticOf(x));
  }
  dispatch(x.dtype, FloatTypes(), [&]<class T>(Type<T>) {
    using C = Compute<T>;
    runRows(LayerNorm<T>{{dataOf<T>(y)},
                         {dataOf<T>(x)},
                         parameterOf<T>(weight),
                         parameterOf<T>(bias),
                         dataOf<C>(mean),
                         dataOf<C>(rstd),
                         n,
                         static_cast<C>(eps)},
            {rows, n, 1});
  });
}

void rmsNorm(const Buffer& x,       // (rows, n)
             const Buffer* weight,  // (n), or null
             Buffer& y,             // (rows, n)
             Buffer& rstd,          // (rows)
             std::int64_t rows, std::int64_t n, double eps) {
  requireLength("x", x, multiplySizes(rows, n));
  checkRow("weight", weight, x, n);
  checkSame("y", y, x);
  requireLength("rstd", rstd, rows);
  requireDType("rstd", rstd, statisticOf(x));
  dispatch(x.dtype, FloatTypes(), [&]<class T>(Type<T>) {
    using C = Compute<T>;
    runRows(RmsNorm<T>{{dataOf<T>(y)}, {dataOf<T>(x)}, parameterOf<T>(weight), dataOf<C>(rstd), n, static_cast<C>(eps)},
            {rows, n, 1});
  });
}

/// The gradients of both norms: one launch for dx, two for dweight and dbias.
void launchGrad(const Buffer& dy,      // (rows, n)
                const Buffer& x,       // (rows, n)
                const Buffer* weight,  // (n), or null
                const Buffer* mean,    // (rows); null for rmsNorm
                const Buffer& rstd,    // (rows)
                Buffer& dx,            // (rows, n)
                Buffer& dweight,       // (n)
                Buffer* dbias,         // (n); null for rmsNorm
                std::int64_t rows, std::int64_t n) {
  requireLength("x", x, multiplySizes(rows, n));
  checkSame("dy", dy, x);
  checkSame("dx", dx, x);
  checkRow("weight", weight, x, n);
  checkRow("dweight", &dweight, x, n);
  checkRow("dbias", dbias, x, n);
  requireLength("rstd", rstd, rows);
  if (mean != nullptr) requireLength("mean", *mean, rows);
  dispatch(x.dtype, FloatTypes(), [&]<class T>(Type<T>) {
    if (x.length > 0)
      runRows(NormGrad<T>{{dataOf<T>(dx)}, {dataOf<T>(dy), dataOf<T>(x)}, parameterOf<T>(weight), mean, rstd, n},
              {rows, n, 1});
    if (n > 0)
      sumColumns<T>(dataOf<T>(dy), dataOf<T>(x), mean, rstd, dataOf<T>(dweight),
                    dbias == nullptr ? nullptr : dataOf<T>(*dbias), rows, n);
  });
}

void layerNormGrad(const Buffer& dy, const Buffer& x, const Buffer* weight, const Buffer& mean, const Buffer& rstd,
                   Buffer& dx, Buffer& dweight, Buffer& dbias, std::int64_t rows, std::int64_t n) {
  launchGrad(dy, x, weight, &mean, rstd, dx, dweight, &dbias, rows, n);
}

void rmsNormGrad(const Buffer& dy, const Buffer& x, const Buffer* weight, const Buffer& rstd, Buffer& dx,
                 Buffer& dweight, std::int64_t rows, std::int64_t n) {
  launchGrad(dy, x, weight, nullptr, rstd, dx, dweight, nullptr, rows, n);
}

EXPORT_KERNEL(layerNorm)
EXPORT_KERNEL(rmsNorm)
EXPORT_KERNEL(layerNormGrad)
EXPORT_KERNEL(rmsNormGrad)

}  // namespace
}  // namespace wengert
