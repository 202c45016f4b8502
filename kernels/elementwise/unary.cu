// Functions of one number: the rows of src/ops/elementwise/unary.ts and of the predicates in comparison.ts and
// logical.ts. The kernel is unaryKernel of elementwise.cuh; activation.cu, rounding.cu and trigonometric.cu have the
// other functions of one number.
#include "elementwise/elementwise.cuh"
#include "elementwise/functions.cuh"
#include "runtime/registry.h"

namespace wengert {

UNARY(neg, NumericTypes, -x)
UNARY(abs, NumericTypes, x < 0 ? -x : x + 0)  // x + 0 turns -0 into +0
UNARY(sign, NumericTypes, x > 0 ? 1 : x < 0 ? -1 : 0)
UNARY(square, NumericTypes, product(x, x))
UNARY(exp, FloatTypes, std::exp(x))
UNARY(expm1, FloatTypes, std::expm1(x))
UNARY(log, FloatTypes, std::log(x))
UNARY(log1p, FloatTypes, std::log1p(x))
UNARY(sqrt, FloatTypes, std::sqrt(x))
UNARY(rsqrt, FloatTypes, 1 / std::sqrt(x))
UNARY(reciprocal, FloatTypes, 1 / x)
UNARY(erf, FloatTypes, std::erf(x))

PREDICATE(isNaN, isNaN(x))
PREDICATE(isFinite, !isNaN(x - x))  // infinity - infinity is NaN
PREDICATE(logicalNot, x == 0)

}  // namespace wengert
