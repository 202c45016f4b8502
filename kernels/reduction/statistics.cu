// variance, std, logsumexp and norm over any axes: launchers that pair a fold of folds.cuh with the kernels of
// reduction.cuh. x is (dims), y (the kept axes of dims), and `reduced` has a 1 for each axis that is reduced.
#include "reduction/folds.cuh"
#include "reduction/reduction.cuh"
#include "runtime/registry.h"

namespace wengert {
namespace {

/// y = sum (x - mean)^2 / (terms - correction), or its square root. Divides by 0 if there are too few terms, as in
/// PyTorch.
template <bool root>
void launchVariance(const Buffer& x, Buffer& y, Dims dims, Dims reduced, double correction) {
  const ReducePlan plan = planReduction(x, y, dims, reduced);
  requireDType("y", y, x.dtype);
  const double degrees = static_cast<double>(plan.terms) - correction;
  dispatch(x.dtype, FloatTypes(), [&]<class T>(Type<T>) {
    runReduction(VarianceFold<T>(degrees > 0 ? degrees : 0, root), x, y, plan);
  });
}

/// y = ln sum e^x, by the running maximum of LogSum.
void logsumexp(const Buffer& x, Buffer& y, Dims dims, Dims reduced) {
  const ReducePlan plan = planReduction(x, y, dims, reduced);
  requireDType("y", y, x.dtype);
  dispatch(x.dtype, FloatTypes(), [&]<class T>(Type<T>) { runReduction(LogSumExpFold<T>{}, x, y, plan); });
}

/// y = (sum |x|^p)^(1/p); p = 2 has a fold without powers.
void norm(const Buffer& x, Buffer& y, Dims dims, Dims reduced, double p) {
  const ReducePlan plan = planReduction(x, y, dims, reduced);
  requireDType("y", y, x.dtype);
  dispatch(x.dtype, FloatTypes(), [&]<class T>(Type<T>) {
    if (p == 2) runReduction(EuclideanFold<T>{}, x, y, plan);
    else runReduction(NormFold<T>{p}, x, y, plan);
  });
}

EXPORT_KERNEL_AS(variance, launchVariance<false>)
EXPORT_KERNEL_AS(std, launchVariance<true>)
EXPORT_KERNEL(logsumexp)
EXPORT_KERNEL(norm)

}  // namespace
}  // namespace wengert
