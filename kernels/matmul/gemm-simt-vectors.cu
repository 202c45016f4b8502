#include "matmul/gemm-simt.cuh"
#include "matmul/gemm-tiers.h"

namespace wengert {

void gemmSimtVectors(int tile, const GemmShape& shape, const Gemm& problem) {
  requireDType("a", {const_cast<void*>(problem.a.data), 0, problem.dtype}, DType::float32);
  if (tile == 128) simtByVectors<float, LargeSimt<float>>(shape, problem);
  else simtByVectors<float, MediumSimt<float>>(shape, problem);
}

}  // namespace wengert
