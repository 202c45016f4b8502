#include "matmul/gemm-mma.cuh"
#include "matmul/gemm-tiers.h"

namespace wengert {

void gemmMmaBfloat16(int tile, bool vectors, const GemmShape& shape, const Gemm& problem) {
  gemmMma<bfloat16>(tile, vectors, shape, problem);
}

}  // namespace wengert
