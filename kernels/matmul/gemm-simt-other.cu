// Tier R1 for every dtype except float32: compiles the kernels of gemm-simt.cuh for matmul and linear. Nothing else
// belongs here.
#include "matmul/gemm-simt.cuh"

namespace wengert {

template void startSimt<double>(const ProductKernel& kernel, const Gemm& problem);
template void startSimt<bfloat16>(const ProductKernel& kernel, const Gemm& problem);
template void startSimt<float16>(const ProductKernel& kernel, const Gemm& problem);
template void startSimt<std::int32_t>(const ProductKernel& kernel, const Gemm& problem);
template void startSimt<std::uint8_t>(const ProductKernel& kernel, const Gemm& problem);

}  // namespace wengert
