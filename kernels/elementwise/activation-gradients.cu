// Fused gradients of the activation functions and of clamp, a row each: the *GradOp rows of src/ops/elementwise. dy is
// the cotangent of the function's output, and s is what the op saved: its input, or its output for relu, sigmoid and
// tanh. The kernel is gradientKernel of elementwise.cuh; the functions themselves are in activation.cu.
#include "elementwise/elementwise.cuh"
#include "elementwise/functions.cuh"
#include "runtime/registry.h"

namespace wengert {

namespace {

/// sigma (1 + x (1 - sigma)), the derivative of x sigma(x).
template <class C>
__device__ __forceinline__ C siluSlope(C x) {
  const Sigmoid<C> sigma(x);
  return sigma.value * (1 + x * sigma.rest);
}

}  // namespace

GRADIENT(reluGrad, s <= 0 ? 0 : dy)
GRADIENT_P(leakyReluGrad, s > 0 ? dy : p * dy)
GRADIENT_PQ(eluGrad, s <= 0 ? dy * p * std::exp(s) : q * dy)
GRADIENT_P(geluGrad, dy * Gelu<C>::slope(s, p != 0))
GRADIENT(siluGrad, dy * siluSlope(s))
GRADIENT(sigmoidGrad, dy * s * (1 - s))
GRADIENT_PQ(softplusGrad, p * s > q ? dy : dy * sigmoidOf(p * s))
GRADIENT(tanhGrad, dy * (1 - s * s))
GRADIENT_PQ(clampGrad, s >= p && s <= q ? dy : 0)

}  // namespace wengert
