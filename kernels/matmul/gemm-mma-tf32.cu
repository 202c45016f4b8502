// Tier R2 for float32 rounded to tf32: compiles the kernels of gemm-mma.cuh for matmul and linear. Nothing else belongs
// here.
#include "matmul/gemm-mma.cuh"

namespace wengert {

template void startMma<float>(const ProductKernel& kernel, const Gemm& problem);

}  // namespace wengert
