// Arithmetic on two operands, a row each: the rows of src/ops/elementwise/arithmetic.ts. The kernels, with and without
// broadcasting, are in binary.cuh; comparisons are in comparison.cu.
#include "elementwise/binary.cuh"
#include "elementwise/functions.cuh"
#include "runtime/registry.h"

namespace wengert {

namespace {

// The long functions are not inlined: a kernel would contain a copy for each element of a thread's vector.

/// a^b. For integers by repeated squaring; a negative exponent gives 0 unless a is 1 or -1.
template <class C>
__device__ __attribute__((noinline)) C power(C a, C b) {
  if constexpr (isReal<C>) {
    return std::pow(a, b);
  } else {
    if (b < 0) return a == 1 || (a == -1 && b % 2 == 0) ? 1 : a == -1 ? -1 : 0;
    C y = 1;
    for (C square = a; b > 0; b >>= 1) {
      if (b & 1) y = product(y, square);
      square = product(square, square);
    }
    return y;
  }
}

/// The remainder with the sign of the divisor. For integers, a mod 0 is 0.
template <class C>
__device__ __attribute__((noinline)) C remainderOf(C a, C b) {
  C r;
  if constexpr (isReal<C>) r = std::fmod(a, b);
  else r = b == 0 || b == -1 ? 0 : a % b;
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

/// The angle of the point (b, a): atan2(a, b).
template <class C>
__device__ __attribute__((noinline)) C angleOf(C a, C b) {
  return std::atan2(a, b);
}

}  // namespace

BINARY(add, NumericTypes, a + b)
BINARY(sub, NumericTypes, a - b)
BINARY(mul, NumericTypes, product(a, b))
BINARY(div, FloatTypes, a / b)
BINARY(pow, NumericTypes, power(a, b))
BINARY_ANY(maximum, maximumOf(a, b))
BINARY_ANY(minimum, minimumOf(a, b))
BINARY(atan2, FloatTypes, angleOf(a, b))
BINARY(mod, NumericTypes, remainderOf(a, b))

}  // namespace wengert
