// The matrix descriptor of wgmma, decoded: where the elements of an operand of 16-bit numbers are in shared memory (PTX
// ISA, "Asynchronous Warpgroup Level Matrix Shared Memory Layout"). Used by warpgroup.cpp; emulator/ptx.h makes
// descriptors.
#pragma once

#include <cstddef>
#include <cstdint>

#include "emulator/block/block.h"
#include "emulator/instructions/tensor-map.h"

namespace emulator {

/// An operand of `rows` (of a, or columns of b) by 16 (k).
class Operand {
 public:
  Operand(std::uint64_t descriptor, bool isTransposed)
      : start_((descriptor & 0x3fff) << 4),
        leading_((descriptor >> 16 & 0x3fff) << 4),
        stride_((descriptor >> 32 & 0x3fff) << 4),
        swizzle_(static_cast<Swizzle>((4 - (descriptor >> 62)) % 4)),  // 1: 128 bytes, 2: 64, 3: 32
        isTransposed_(isTransposed) {}

  /// The offset of element (row, k) in shared memory. The operand consists of tiles of 8 lines, as wide as the swizzle,
  /// which repeat by the two offsets; the swizzle is applied to the address at the end.
  std::size_t offset(int row, int k) const {
    const std::size_t width = swizzle_ == Swizzle::none ? 16 : std::size_t{16} << static_cast<int>(swizzle_);
    const std::size_t r = static_cast<std::size_t>(row), c = static_cast<std::size_t>(k);
    std::size_t at;
    if (!isTransposed_) {
      at = r % 8 * width + r / 8 * stride_;
      at += swizzle_ == Swizzle::none ? c % 8 * 2 + c / 8 * leading_ : c * 2;
    } else if (swizzle_ == Swizzle::none) {
      at = r % 8 * 2 + r / 8 * stride_ + c % 8 * 16 + c / 8 * leading_;
    } else {
      const std::size_t perTile = width / 2;
      at = r % perTile * 2 + r / perTile * leading_ + c % 8 * width + c / 8 * stride_;
    }
    return swizzled(start_ + at, swizzle_);
  }

  /// Calls f with the offset of each 16 contiguous bytes of rows first .. end - 1.
  template <class F>
  void forEachRun(int first, int end, const F& f) const {
    for (int row = first; row < end; row += isTransposed_ ? 8 : 1)
      for (int k = 0; k < 16; k += isTransposed_ ? 1 : 8) f(offset(row, k));
  }

  bool isInside(int rows, Block& block) const {
    bool isInside = true;
    forEachRun(0, rows, [&](std::size_t offset) {
      isInside &= block.isShared(block.shared() + offset) && block.isShared(block.shared() + offset + 15);
    });
    return isInside;
  }

 private:
  std::size_t start_, leading_, stride_;
  Swizzle swizzle_;
  bool isTransposed_;
};

}  // namespace emulator
