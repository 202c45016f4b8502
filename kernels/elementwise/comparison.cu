// Comparisons and logic of two operands, which give bools: the rows of src/ops/elementwise/comparison.ts and
// logical.ts. The kernels are in binary.cuh; predicates of one operand are in unary.cu.
#include "elementwise/binary.cuh"
#include "runtime/registry.h"

namespace wengert {

namespace {

/// The four outcomes of comparing two numbers. A comparison accepts some of them: `le` accepts less + equal.
constexpr int less = 1;
constexpr int equal = 2;
constexpr int greater = 4;
constexpr int unordered = 8;  // one is NaN

/// One kernel serves all comparisons: its state is the outcomes that it accepts.
struct Comparison {
  using Types = NumericTypes;
  static constexpr bool takesBool = true;
  static constexpr bool isPredicate = true;
  using State = int;
  int accepted;

  template <class C>
  __device__ __forceinline__ bool operator()(C a, C b) const {
    return (accepted & (a < b ? less : a == b ? equal : a > b ? greater : unordered)) != 0;
  }
};

template <int accepted>
void launchComparison(const Buffer* a, const Buffer* b, Buffer& y, double aNumber, double bNumber, Dims dims,
                      Dims aDims, Dims bDims) {
  runBinary<Comparison>(accepted, a, b, y, aNumber, bNumber, dims, aDims, bDims, std::source_location::current());
}

}  // namespace

EXPORT_KERNEL_AS(eq, launchComparison<equal>)
EXPORT_KERNEL_AS(ne, launchComparison<less + greater + unordered>)
EXPORT_KERNEL_AS(lt, launchComparison<less>)
EXPORT_KERNEL_AS(le, launchComparison<less + equal>)
EXPORT_KERNEL_AS(gt, launchComparison<greater>)
EXPORT_KERNEL_AS(ge, launchComparison<greater + equal>)

BINARY_PREDICATE(logicalAnd, a != 0 && b != 0)
BINARY_PREDICATE(logicalOr, a != 0 || b != 0)

}  // namespace wengert
