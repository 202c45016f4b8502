// The kernels behind gemmTiles (product-tiles.h), a function for each source that compiles some of them. A problem
// comes with the shape that kernels are told; `tile` is the side of the tile of y that a block computes.
#pragma once

#include "matmul/gemm-store.cuh"

namespace wengert {

/// R0, every dtype.
void gemmNaive(const GemmShape& shape, const Gemm& problem);

/// R1, every dtype, any layout: tiles of 64 for float32 and 16-bit floats, and of 32.
void gemmSimtElements(int tile, const GemmShape& shape, const Gemm& problem);

/// R1, float32 on lines of whole vectors: tiles of 128 and 64.
void gemmSimtVectors(int tile, const GemmShape& shape, const Gemm& problem);

/// R2, on lines of whole vectors: tiles of 128 and 64; on any: of 64.
void gemmMmaBfloat16(int tile, bool vectors, const GemmShape& shape, const Gemm& problem);
void gemmMmaFloat16(int tile, bool vectors, const GemmShape& shape, const Gemm& problem);
void gemmMmaTf32(int tile, bool vectors, const GemmShape& shape, const Gemm& problem);

}  // namespace wengert
