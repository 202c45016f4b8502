#include "convolution/conv-mma.cuh"

namespace wengert {

void patchProductMmaBfloat16(int tile, const PatchProduct& product) { mmaPatchProduct<bfloat16>(tile, product); }
void weightProductMmaBfloat16(int tile, const WeightProduct& product) { mmaWeightProduct<bfloat16>(tile, product); }

}  // namespace wengert
