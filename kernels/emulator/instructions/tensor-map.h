// Tensor maps on the emulator: the description of a tensor in global memory for the bulk copies (TMA), with the box
// that one copy moves; and the swizzle of shared memory. The twin of CUtensorMap. Used by bulk.cpp, operand.h and
// ptx/tensor-map.h.
#pragma once

#include <cstddef>
#include <cstdint>

namespace emulator {

/// How a box is stored in shared memory: bits 4 to 6 of each address are XORed with bits 7 to 9 (128 bytes: all three,
/// 64: two, 32: one), which spreads the rows of a column over the banks. Numbered as in a tensor map.
enum class Swizzle : int { none = 0, bytes32 = 1, bytes64 = 2, bytes128 = 3 };

constexpr std::size_t swizzled(std::size_t address, Swizzle swizzle) {
  const std::size_t mask = (std::size_t{1} << static_cast<int>(swizzle)) - 1;
  return address ^ (address >> 7 & mask) << 4;
}

/// The innermost dimension comes first, as in CUDA's tensor maps; its stride is the size of an element.
struct TensorMap {
  unsigned char* data;
  std::uint64_t dims[5];     // (rank)
  std::uint64_t strides[5];  // (rank), in bytes
  std::uint32_t box[5];      // (rank), elements
  int rank;
  int elementBytes;
  Swizzle swizzle;

  std::size_t boxBytes() const {
    std::size_t bytes = elementBytes;
    for (int d = 0; d < rank; d++) bytes *= box[d];
    return bytes;
  }
};

/// A map of `data` with the limits of the hardware (cuTensorMapEncodeTiled): addresses and strides are multiples of 16
/// bytes, a box has at most 256 elements a dimension, and its rows multiples of 16 bytes, no wider than the swizzle.
/// `strides`, in bytes, are those of the dimensions after the first. Throws std::invalid_argument.
TensorMap encodeTensorMap(void* data, int elementBytes, int rank, const std::uint64_t* dims,
                          const std::uint64_t* strides, const std::uint32_t* box, Swizzle swizzle);

}  // namespace emulator
