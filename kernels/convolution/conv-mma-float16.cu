// Tier R2 for float16: compiles the kernels of conv-mma.cuh. Nothing else belongs here.
#include "convolution/conv-mma.cuh"

namespace wengert {

template void startMma<float16>(const ProductKernel& kernel, const PatchProduct& product);
template void startMma<float16>(const ProductKernel& kernel, const WeightProduct& product);

}  // namespace wengert
