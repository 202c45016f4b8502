// Tier R2 for bfloat16: compiles the kernels of gemm-mma.cuh for matmul and linear. Nothing else belongs here.
#include "matmul/gemm-mma.cuh"

namespace wengert {

template void startMma<bfloat16>(const ProductKernel& kernel, const Gemm& problem);

}  // namespace wengert
