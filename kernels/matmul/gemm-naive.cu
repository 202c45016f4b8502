#include "matmul/gemm-naive.cuh"

#include "matmul/gemm-tiers.h"

namespace wengert {

void gemmNaive(const GemmShape& shape, const Gemm& problem) {
  dispatch(problem.dtype, NumericTypes(), [&](auto type) { naive<typename decltype(type)::type>(shape, problem); });
}

}  // namespace wengert
