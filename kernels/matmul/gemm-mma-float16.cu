#include "matmul/gemm-mma.cuh"
#include "matmul/gemm-tiers.h"

namespace wengert {

void gemmMmaFloat16(int tile, bool vectors, const GemmShape& shape, const Gemm& problem) {
  gemmMma<float16>(tile, vectors, shape, problem);
}

}  // namespace wengert
