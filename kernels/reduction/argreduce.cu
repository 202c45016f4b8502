// argmax and argmin: the index of the largest or smallest element along one axis. The kernels are those of
// reduction.cuh; this file makes the plan for one axis of (outer, n, inner). Extreme values themselves are in
// extremes.cu.
#include "reduction/folds.cuh"
#include "reduction/reduction.cuh"
#include "runtime/registry.h"

namespace wengert {
namespace {

/// y[o][i] = the k at which sign x[o][k][i] is largest: the first one, or the first NaN.
template <int sign>
void launchPlace(const Buffer& x,  // (outer, n, inner)
                 Buffer& y,        // (outer, inner), int32
                 std::int64_t outer, std::int64_t n, std::int64_t inner) {
  const std::int64_t kept = multiplySizes(outer, inner);
  requireLength("x", x, multiplySizes(kept, n));
  requireLength("y", y, kept);
  requireDType("y", y, DType::int32);
  require(n > 0 || kept == 0, "the axis must not be empty");
  require(n <= 0x7fffffff, "the axis must have at most 2^31 - 1 elements, since indices are int32");
  ReducePlan plan;
  plan.kept = kept;
  plan.terms = n;
  plan.rows = inner == 1;
  plan.run = plan.rows ? n : inner;
  if (kept > 0) {
    plan.outerKept.add(outer, multiplySizes(n, inner), outer);
    if (!plan.rows) plan.outerTerms.add(n, inner, n);
  }
  dispatch(x.dtype, AllTypes(), [&]<class T>(Type<T>) { runReduction(PlaceFold<Ordered<T>>{sign}, x, y, plan); });
}

EXPORT_KERNEL_AS(argmax, launchPlace<1>)
EXPORT_KERNEL_AS(argmin, launchPlace<-1>)

}  // namespace
}  // namespace wengert
