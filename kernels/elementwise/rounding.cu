// Rounding to integers, which integers stay as they are under, and to bounds: the rows of src/ops/elementwise/rounding.ts.
#include "elementwise/elementwise.cuh"
#include "elementwise/functions.cuh"
#include "runtime/registry.h"

namespace wengert {

namespace {

enum class Direction { down, up, nearestEven };

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
