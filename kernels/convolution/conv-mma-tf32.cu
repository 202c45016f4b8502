#include "convolution/conv-mma.cuh"

namespace wengert {

void patchProductMmaTf32(int tile, const PatchProduct& product) { mmaPatchProduct<float>(tile, product); }
void weightProductMmaTf32(int tile, const WeightProduct& product) { mmaWeightProduct<float>(tile, product); }

}  // namespace wengert
