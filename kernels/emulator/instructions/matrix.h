// The matrix instructions of a warp (mma.sync, ldmatrix, stmatrix), with the fragment layouts of the PTX ISA, which
// ptx.cuh shows. emulator/ptx.h calls them; those of a warpgroup are in warpgroup.h.
#pragma once

#include <cstdint>

#include "emulator/block/block.h"

namespace emulator {

/// d (16 x 8) += a (16 x k) b (k x 8). Products are exact; they are added to d one after the other by rising k, each
/// sum rounded to float32.
void mmaBfloat16(float* d, const std::uint32_t* a, const std::uint32_t* b, int k);  // k: 8 or 16
void mmaFloat16(float* d, const std::uint32_t* a, const std::uint32_t* b, int k);
void mmaTf32(float* d, const std::uint32_t* a, const std::uint32_t* b);  // k = 8; the low 13 bits are ignored

/// `count` matrices of 8 rows of 16 bytes; lanes 8 i .. 8 i + 7 give the addresses of the rows of matrix i.
void loadMatrix(std::uint32_t* registers, const void* row, int count, bool transposed);
void storeMatrix(void* row, const std::uint32_t* registers, int count, bool transposed);

}  // namespace emulator
