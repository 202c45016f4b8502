// Tier R1 for float32: compiles the kernels of gemm-simt.cuh for matmul and linear. Nothing else belongs here.
#include "matmul/gemm-simt.cuh"

namespace wengert {

template void startSimt<float>(const ProductKernel& kernel, const Gemm& problem);

}  // namespace wengert
