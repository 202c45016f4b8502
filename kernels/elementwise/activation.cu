// Activation functions, a row each: the rows of src/ops/elementwise/activation.ts, with the same formulas. The kernel
// is unaryKernel of elementwise.cuh; gradients are in activation-gradients.cu.
#include "elementwise/elementwise.cuh"
#include "elementwise/functions.cuh"
#include "runtime/registry.h"

namespace wengert {

namespace {

/// ln(1 + e^(p x)) / p, or x if p x > q. As max(s, 0) + ln(1 + e^-|s|) with s = p x, the exponential cannot overflow.
template <class C>
__device__ __forceinline__ C softplusOf(C x, C p, C q) {
  const C scaled = p * x;
  if (scaled > q) return x;
  return (maximumOf(scaled, C(0)) + std::log1p(std::exp(-std::abs(scaled)))) / p;
}

}  // namespace

UNARY(relu, NumericTypes, x <= 0 ? 0 : x)
UNARY_P(leakyRelu, FloatTypes, x > 0 ? x : p * x)
UNARY_PQ(elu, FloatTypes, x <= 0 ? p * std::expm1(x) : q * x)
UNARY_P(gelu, FloatTypes, Gelu<C>::value(x, p != 0))
UNARY(silu, FloatTypes, x * sigmoidOf(x))
UNARY(sigmoid, FloatTypes, sigmoidOf(x))
UNARY_PQ(softplus, FloatTypes, softplusOf(x, p, q))

}  // namespace wengert
