// The circular and hyperbolic functions: the rows of src/ops/elementwise/trigonometric.ts. The functions are those of
// CUDA's (or the host's) math library, in full precision; the kernel is unaryKernel of elementwise.cuh.
#include "elementwise/elementwise.cuh"
#include "runtime/registry.h"

namespace wengert {

UNARY(sin, FloatTypes, std::sin(x))
UNARY(cos, FloatTypes, std::cos(x))
UNARY(tan, FloatTypes, std::tan(x))
UNARY(asin, FloatTypes, std::asin(x))
UNARY(acos, FloatTypes, std::acos(x))
UNARY(atan, FloatTypes, std::atan(x))
UNARY(sinh, FloatTypes, std::sinh(x))
UNARY(cosh, FloatTypes, std::cosh(x))
UNARY(tanh, FloatTypes, std::tanh(x))

}  // namespace wengert
