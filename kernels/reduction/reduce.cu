// sum, mean and prod over any axes: launchers that pair a fold of folds.cuh with the kernels of reduction.cuh. float16
// and bfloat16 are summed in float32, integers in int64.
#include "reduction/folds.cuh"
#include "reduction/reduction.cuh"
#include "runtime/registry.h"

namespace wengert {
namespace {

using SummedTypes = Types<float, double, bfloat16, float16, std::int32_t>;

/// y = sum x, or its mean; `reduced` has a 1 for each axis of `dims` that is reduced.
void launchSum(const Buffer& x,  // (dims)
               Buffer& y,        // (kept axes of dims)
               Dims dims, Dims reduced, bool mean) {
  const ReducePlan plan = planReduction(x, y, dims, reduced);
  requireDType("y", y, x.dtype);
  const auto run = [&]<class T>(Type<T>) { runReduction(SumFold<T>{mean, plan.terms}, x, y, plan); };
  if (mean) dispatch(x.dtype, FloatTypes(), run);
  else dispatch(x.dtype, SummedTypes(), run);
}

void sum(const Buffer& x, Buffer& y, Dims dims, Dims reduced) { launchSum(x, y, dims, reduced, false); }
void mean(const Buffer& x, Buffer& y, Dims dims, Dims reduced) { launchSum(x, y, dims, reduced, true); }

void prod(const Buffer& x, Buffer& y, Dims dims, Dims reduced) {
  const ReducePlan plan = planReduction(x, y, dims, reduced);
  requireDType("y", y, x.dtype);
  dispatch(x.dtype, SummedTypes(), [&]<class T>(Type<T>) { runReduction(ProductFold<T>{}, x, y, plan); });
}

EXPORT_KERNEL(sum)
EXPORT_KERNEL(mean)
EXPORT_KERNEL(prod)

}  // namespace
}  // namespace wengert
