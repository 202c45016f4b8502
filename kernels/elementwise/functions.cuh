// Functions of numbers that the rows of unary.cu, activation.cu, arithmetic.cu, rounding.cu and activation-gradients.cu
// share. Each is accurate over its whole range in the type C that it is computed in: float, double, or int64 if
// integers have the function too. No kernel belongs here.
#pragma once

#include <cmath>

#include "runtime/common.cuh"

namespace wengert {

template <class C>
inline constexpr bool isReal = std::is_floating_point_v<C>;

/// The larger of two numbers; NaN if one is NaN, and +0 if they are +0 and -0.
template <class C>
__device__ __forceinline__ C maximumOf(C a, C b) {
  if constexpr (isReal<C>) {
    if (a == b) return std::signbit(a) ? b : a;
    return a > b || a != a ? a : b;
  } else {
    return a > b ? a : b;
  }
}

/// The smaller of two numbers; NaN if one is NaN, and -0 if they are +0 and -0.
template <class C>
__device__ __forceinline__ C minimumOf(C a, C b) {
  if constexpr (isReal<C>) {
    if (a == b) return std::signbit(a) ? a : b;
    return a < b || a != a ? a : b;
  } else {
    return a < b ? a : b;
  }
}

/// a b; for integers modulo 2^64, by unsigned arithmetic, since signed overflow is undefined.
template <class C>
__device__ __forceinline__ C product(C a, C b) {
  if constexpr (isReal<C>) return a * b;
  else return static_cast<C>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
}

/// sigmoid(x) and 1 - sigmoid(x) = sigmoid(-x), both from e^-|x|: nothing cancels, and the exponential cannot overflow.
template <class C>
struct Sigmoid {
  C value, rest;

  __device__ __forceinline__ explicit Sigmoid(C x) {
    const C small = std::exp(-std::abs(x));
    const C large = 1 / (1 + small);
    value = x < 0 ? small * large : large;
    rest = x < 0 ? large : small * large;
  }
};

template <class C>
__device__ __forceinline__ C sigmoidOf(C x) {
  return Sigmoid<C>(x).value;
}

/// phi(x) = e^(-x^2 / 2) / sqrt(2 pi). The rounding error of x^2 is added back, since the exponential would amplify it.
template <class C>
__device__ __forceinline__ C normalDensity(C x) {
  const C square = x * x;
  const C lost = std::fma(x, x, -square);
  const C density = static_cast<C>(0.39894228040143267794) * std::exp(C(-0.5) * square);
  return square < C(1e6) ? density * (1 - lost / 2) : density;
}

/// Phi(x) = erfc(t) / 2 with t = -x / sqrt(2). The rounding error of t times the slope of erfc, which is -2 t erfc(t)
/// for large t, is added back; for other t it does not matter.
template <class C>
__device__ __forceinline__ C normalDistribution(C x) {
  constexpr C scale = static_cast<C>(0.70710678118654752440);
  constexpr C scaleRest =
      std::is_same_v<C, float> ? C(0.70710678118654752440 - double(scale)) : C(-4.8336466567264567e-17);
  const C t = -x * scale;
  const C half = C(0.5) * std::erfc(t);
  if (!(t > 1 && t < 30)) return half;
  const C lost = std::fma(-x, scale, -t) - x * scaleRest;
  return half - half * (2 * t * lost);
}

/// gelu(x) = x Phi(x); with `useTanh`, Phi(x) is approximated by s = sigmoid(v), v = c x (1 + k x^2).
template <class C>
struct Gelu {
  static constexpr C c = static_cast<C>(1.5957691216057307117);  // 2 sqrt(2 / pi)
  static constexpr C k = static_cast<C>(0.044715);

  static __device__ __forceinline__ C value(C x, bool useTanh) {
    return x * (useTanh ? sigmoidOf(c * x * (1 + k * x * x)) : normalDistribution(x));
  }

  /// The derivative: Phi(x) + x phi(x), or s + x s (1 - s) v' with v' = c (1 + 3 k x^2).
  static __device__ __forceinline__ C slope(C x, bool useTanh) {
    if (!useTanh) return normalDistribution(x) + x * normalDensity(x);
    const Sigmoid<C> s(c * x * (1 + k * x * x));
    const C bend = x * (s.value * s.rest);  // it is 0 before x^2 can overflow
    return bend == 0 ? s.value : s.value + bend * c * (1 + 3 * k * x * x);
  }
};

}  // namespace wengert
