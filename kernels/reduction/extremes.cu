// max, min, any and all over any axes: launchers that pair a fold of folds.cuh with the kernels of reduction.cuh.
// Indices of extremes are in argreduce.cu.
#include "reduction/folds.cuh"
#include "reduction/reduction.cuh"
#include "runtime/registry.h"

namespace wengert {
namespace {

/// y = max x, or with sign -1 min x; `reduced` has a 1 for each axis of `dims` that is reduced.
template <int sign>
void launchExtreme(const Buffer& x,  // (dims)
                   Buffer& y,        // (kept axes of dims)
                   Dims dims, Dims reduced) {
  const ReducePlan plan = planReduction(x, y, dims, reduced);
  requireDType("y", y, x.dtype);
  require(plan.terms > 0 || plan.kept == 0, "the reduced axes must not be empty");
  dispatch(x.dtype, AllTypes(), [&]<class T>(Type<T>) { runReduction(ExtremeFold<Ordered<T>>{sign}, x, y, plan); });
}

/// y = whether all, or any, of the terms are not 0. Elements are compared as bits, under a mask without the sign of
/// floats.
template <bool all>
void launchTruth(const Buffer& x,  // (dims)
                 Buffer& y,        // (kept axes of dims), bool
                 Dims dims, Dims reduced) {
  const ReducePlan plan = planReduction(x, y, dims, reduced);
  requireDType("y", y, DType::boolean);
  const auto run = [&]<class T>(T mask) { runReduction(TruthFold<T>{mask, all}, x, y, plan); };
  switch (x.dtype) {
    case DType::float32: return run(std::uint32_t{0x7fffffff});
    case DType::float64: return run(std::uint64_t{0x7fffffffffffffff});
    case DType::bfloat16:
    case DType::float16: return run(std::uint16_t{0x7fff});
    case DType::int32: return run(std::uint32_t{0xffffffff});
    case DType::uint8:
    case DType::boolean: return run(std::uint8_t{0xff});
  }
}

EXPORT_KERNEL_AS(max, launchExtreme<1>)
EXPORT_KERNEL_AS(min, launchExtreme<-1>)
EXPORT_KERNEL_AS(any, launchTruth<false>)
EXPORT_KERNEL_AS(all, launchTruth<true>)

}  // namespace
}  // namespace wengert
