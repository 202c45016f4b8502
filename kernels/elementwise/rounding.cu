// Rounding to integers, and clamp: the rows of src/ops/elementwise/rounding.ts. Integers are not changed by rounding.
// The kernel is unaryKernel of elementwise.cuh.
#include "elementwise/elementwise.cuh"
#include "elementwise/functions.cuh"
#include "runtime/registry.h"

namespace wengert {

namespace {

enum class Direction { down, up, nearestEven };

/// x rounded to an integer in a direction; ties of nearestEven go to the even integer.
template <Direction direction, class C>
__device__ __forceinline__ C toInteger(C x) {
  if constexpr (!isReal<C>) return x;
  else if constexpr (direction == Direction::down) return std::floor(x);
  else if constexpr (direction == Direction::up) return std::ceil(x);
  else return std::rint(x);
}

}  // namespace

UNARY(floor, NumericTypes, toInteger<Direction::down>(x))
UNARY(ceil, NumericTypes, toInteger<Direction::up>(x))
UNARY(round, NumericTypes, toInteger<Direction::nearestEven>(x))
UNARY_PQ(clamp, NumericTypes, minimumOf(maximumOf(x, p), q))

}  // namespace wengert
