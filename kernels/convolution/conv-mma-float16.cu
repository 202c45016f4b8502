#include "convolution/conv-mma.cuh"

namespace wengert {

void patchProductMmaFloat16(int tile, const PatchProduct& product) { mmaPatchProduct<float16>(tile, product); }
void weightProductMmaFloat16(int tile, const WeightProduct& product) { mmaWeightProduct<float16>(tile, product); }

}  // namespace wengert
