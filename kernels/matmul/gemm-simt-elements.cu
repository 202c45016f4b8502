#include "matmul/gemm-simt.cuh"
#include "matmul/gemm-tiers.h"

namespace wengert {

void gemmSimtElements(int tile, const GemmShape& shape, const Gemm& problem) {
  if (tile == 64) {
    dispatch(problem.dtype, Types<float, bfloat16, float16>(), [&](auto type) {
      using T = typename decltype(type)::type;
      simtByElements<T, MediumSimt<T>>(shape, problem);
    });
  } else {
    dispatch(problem.dtype, NumericTypes(), [&](auto type) {
      using T = typename decltype(type)::type;
      simtByElements<T, SmallSimt<T>>(shape, problem);
    });
  }
}

}  // namespace wengert
