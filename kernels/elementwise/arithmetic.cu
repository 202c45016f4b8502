// Arithmetic on two operands: the rows of src/ops/elementwise/arithmetic.ts.
#include "elementwise/binary.cuh"
#include "elementwise/functions.cuh"
#include "runtime/registry.h"

namespace wengert {

namespace {

// The long functions are called, not copied into the kernel for each of the elements that a thread works on.

/// a^b, for integers by repeated squaring; below exponent 0 only 1 and -1 have integer powers.
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

/// The remainder with the sign of the divisor; for integers 0 by 0.
template <class C>
__device__ __attribute__((noinline)) C remainderOf(C a, C b) {
  C r;
  if constexpr (isReal<C>) r = std::fmod(a, b);
  else r = b == 0 || b == -1 ? 0 : a % b;
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

/// The angle of the point with ordinate a and abscissa b.
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
