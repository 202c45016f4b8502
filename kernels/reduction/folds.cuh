// The folds of the reduction ops: how terms are taken in, how partial states are merged, and how a state becomes the
// result. Used by the launchers of this folder, which pass a fold to runReduction. How terms are divided among threads
// does not belong here; that is reduction.cuh.
//
// A fold has
//   Element, Result      types in memory of x and y
//   State                a thread's partial result, in registers; shuffles and shared memory move it
//   loads                vectors that a thread loads before it uses the first
//   identity()           the state of no terms
//   take(s, x, count, first, step)   takes in the first `count` of N elements x. They are terms first, first + step,
//                        ... of the result only if the terms are one run, as in argreduce.cu
//   merge(a, b)          the state of the terms of a and b together
//   finish(s)            the result
#pragma once

#include "reduction/block-reduce.cuh"

namespace wengert {

/// sum x, or the mean of n terms.
template <class T>
struct SumFold {
  using Element = T;
  using Result = T;
  using State = Compute<T>;
  static constexpr int loads = isFloat<T> ? 4 : 2;
  bool mean;
  std::int64_t n;

  __device__ State identity() const { return State(0); }
  template <int N>
  __device__ void take(State& s, const T (&x)[N], int count, std::int64_t, std::int64_t) const {
#pragma unroll
    for (int i = 0; i < N; i++)
      if (i < count) s += widen(x[i]);
  }
  __device__ State merge(State a, State b) const { return a + b; }
  __device__ State finish(State s) const { return mean ? s / State(n) : s; }
};

/// prod x. Integers wrap modulo 2^64, and modulo 2^32 when stored.
template <class T>
struct ProductFold {
  using Element = T;
  using Result = T;
  using State = Compute<T>;
  static constexpr int loads = 4;

  __device__ State identity() const { return State(1); }
  template <int N>
  __device__ void take(State& s, const T (&x)[N], int count, std::int64_t, std::int64_t) const {
#pragma unroll
    for (int i = 0; i < N; i++)
      if (i < count) s = merge(s, widen(x[i]));
  }
  __device__ State merge(State a, State b) const {
    if constexpr (isFloat<T>) return a * b;
    else return static_cast<State>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
  }
  __device__ State finish(State s) const { return s; }
};

/// A value that no element is smaller than; integers of x have at most 32 bits.
template <class C>
__device__ __forceinline__ C least() {
  if constexpr (std::is_floating_point_v<C>) return -infinity<C>();
  else return -(C(1) << 62);
}

/// The type that extremes of T are compared in. Bools are ordered as their bytes, 0 and 1.
template <class T>
using Ordered = std::conditional_t<std::is_same_v<T, bool8>, std::uint8_t, T>;

/// max x; with sign -1, min x = -max(-x). Once the state is NaN it stays NaN.
template <class T>
struct ExtremeFold {
  using Element = T;
  using Result = T;
  using State = Compute<T>;
  static constexpr int loads = 4;
  int sign;

  __device__ State identity() const { return least<State>(); }
  template <int N>
  __device__ void take(State& s, const T (&x)[N], int count, std::int64_t, std::int64_t) const {
#pragma unroll
    for (int i = 0; i < N; i++)
      if (i < count) s = merge(s, State(sign) * widen(x[i]));
  }
  __device__ State merge(State a, State b) const { return b > a || isNaN(b) ? b : a; }
  __device__ State finish(State s) const { return State(sign) * s; }
};

/// An element and its index along the axis.
template <class C>
struct Indexed {
  C value;
  std::int32_t index;
};

/// The index of the largest sign x: the first one of equal elements, and the first NaN if there is one.
template <class T>
struct PlaceFold {
  using Element = T;
  using Result = std::int32_t;
  using State = Indexed<Compute<T>>;
  static constexpr int loads = 2;
  int sign;

  __device__ State identity() const { return {least<Compute<T>>(), 0x7fffffff}; }
  template <int N>
  __device__ void take(State& s, const T (&x)[N], int count, std::int64_t first, std::int64_t step) const {
#pragma unroll
    for (int i = 0; i < N; i++)
      if (i < count) s = merge(s, {Compute<T>(sign) * widen(x[i]), static_cast<std::int32_t>(first + i * step)});
  }
  __device__ State merge(State a, State b) const {
    const bool tie = a.value == b.value || (isNaN(a.value) && isNaN(b.value));
    const bool larger = tie ? b.index < a.index : isNaN(b.value) || b.value > a.value;
    return larger ? b : a;
  }
  __device__ std::int64_t finish(State s) const { return s.index; }
};

/// Whether some term is not 0 (any), or every term is not 0 (all). T is an unsigned integer of the element's size, and
/// `mask` clears the sign bit of a float, since -0 counts as 0.
template <class T>
struct TruthFold {
  using Element = T;
  using Result = std::uint8_t;
  using State = std::uint32_t;  // bit 0: some element is not 0; bit 1: some element is 0
  static constexpr int loads = 4;
  T mask;
  bool all;

  __device__ State identity() const { return 0; }
  template <int N>
  __device__ void take(State& s, const T (&x)[N], int count, std::int64_t, std::int64_t) const {
#pragma unroll
    for (int i = 0; i < N; i++)
      if (i < count) s |= (x[i] & mask) != 0 ? 1 : 2;
  }
  __device__ State merge(State a, State b) const { return a | b; }
  __device__ std::int64_t finish(State s) const { return all ? (s & 2) == 0 : (s & 1) != 0; }
};

/// The variance, or its square root: sum (x - mean)^2 / (n - correction).
template <class T>
struct VarianceFold : MomentsFold<Compute<T>> {
  using Element = T;
  using Result = T;
  using State = Moments<Compute<T>>;
  static constexpr int loads = 2;
  double divisor;  // n - correction, at least 0
  bool root;

  VarianceFold(double divisor, bool root) : divisor(divisor), root(root) {}

  template <int N>
  __device__ void take(State& s, const T (&x)[N], int count, std::int64_t, std::int64_t) const {
    Compute<T> values[N];
#pragma unroll
    for (int i = 0; i < N; i++) values[i] = i < count ? widen(x[i]) : Compute<T>(0);
    MomentsFold<Compute<T>>::take(s, values, count);
  }
  __device__ Compute<T> finish(State s) const {
    const Compute<T> variance = s.squares / static_cast<Compute<T>>(divisor);
    return root ? std::sqrt(variance) : variance;
  }
};

/// ln sum e^x.
template <class T>
struct LogSumExpFold : LogSumFold<Compute<T>> {
  using Element = T;
  using Result = T;
  using State = LogSum<Compute<T>>;
  static constexpr int loads = 2;

  template <int N>
  __device__ void take(State& s, const T (&x)[N], int count, std::int64_t, std::int64_t) const {
    Compute<T> values[N];
#pragma unroll
    for (int i = 0; i < N; i++) values[i] = i < count ? widen(x[i]) : Compute<T>(0);
    LogSumFold<Compute<T>>::take(s, values, count);
  }
  __device__ Compute<T> finish(State s) const { return s.log(); }
};

/// The Euclidean norm: the square root of sum x^2.
template <class T>
struct EuclideanFold {
  using Element = T;
  using Result = T;
  using State = Compute<T>;
  static constexpr int loads = 4;

  __device__ State identity() const { return State(0); }
  template <int N>
  __device__ void take(State& s, const T (&x)[N], int count, std::int64_t, std::int64_t) const {
#pragma unroll
    for (int i = 0; i < N; i++)
      if (i < count) s += widen(x[i]) * widen(x[i]);
  }
  __device__ State merge(State a, State b) const { return a + b; }
  __device__ State finish(State s) const { return std::sqrt(s); }
};

/// (sum |x|^p)^(1/p). One element at a time, because pow needs many registers.
template <class T>
struct NormFold {
  using Element = T;
  using Result = T;
  using State = Compute<T>;
  static constexpr int loads = 1;
  static constexpr int width = 1;
  double p;

  __device__ State identity() const { return State(0); }
  __device__ void take(State& s, const T (&x)[1], int count, std::int64_t, std::int64_t) const {
    if (count > 0) s += std::pow(std::fabs(widen(x[0])), static_cast<State>(p));
  }
  __device__ State merge(State a, State b) const { return a + b; }
  __device__ State finish(State s) const { return std::pow(s, static_cast<State>(1 / p)); }
};

}  // namespace wengert
