#include "matmul/gemm-mma.cuh"
#include "matmul/gemm-tiers.h"

namespace wengert {

void gemmMmaTf32(int tile, bool vectors, const GemmShape& shape, const Gemm& problem) {
  gemmMma<float>(tile, vectors, shape, problem);
}

}  // namespace wengert
