// Division by a number that is known when a kernel starts, as a multiplication and a shift. Kernels use it to turn an
// index into coordinates, in a few instructions an axis; an integer division takes tens. Used by walks, reductions,
// scans, pooling and convolution. Division by compile-time constants needs no Divider.
#pragma once

#include "runtime/common.cuh"

namespace wengert {

/// n / divisor for 0 <= n < limit (Granlund and Montgomery 1994): with 2^shift the smallest power of two that is at
/// least the divisor, and magic = floor(2^N (2^shift - divisor) / divisor) + 1, the quotient is (floor(n magic / 2^N) +
/// n) / 2^shift. N is 32 if all numbers fit 31 bits, else 64.
struct Divider {
  std::int64_t divisor = 1;
  std::uint64_t magic = 1;
  std::uint32_t shift = 0;
  bool wide = false;  // N is 64

  Divider() = default;
  Divider(std::int64_t divisor, std::int64_t limit)
      : divisor(divisor), wide((divisor > limit ? divisor : limit) > 0x7fffffff) {
    if (divisor < 1) return;
    while (std::uint64_t{1} << shift < static_cast<std::uint64_t>(divisor)) shift++;
    const auto excess = static_cast<unsigned __int128>((std::uint64_t{1} << shift) - divisor);
    magic = static_cast<std::uint64_t>((excess << (wide ? 64 : 32)) / divisor + 1);
  }

  __device__ __forceinline__ std::int64_t quotient(std::int64_t n) const {
    if (!wide) {
      const std::uint32_t low = static_cast<std::uint32_t>(n);
      return (__umulhi(low, static_cast<std::uint32_t>(magic)) + low) >> shift;
    }
    const auto product = static_cast<unsigned __int128>(n) * magic;
    return static_cast<std::int64_t>((static_cast<std::uint64_t>(product >> 64) + n) >> shift);
  }
};

/// Some axes of a contiguous array. Their places are counted in row-major order; offset(i) is for place i.
struct Axes {
  static constexpr int most = 8;

  int count = 0;
  std::int64_t stride[most] = {};  // (count), in elements
  Divider size[most] = {};         // (count)

  /// Call it from the outermost axis to the innermost. `limit` is the number of all places.
  void add(std::int64_t size, std::int64_t stride, std::int64_t limit) {
    if (count == most) refuse("there must be at most 8 groups of kept or of reduced axes after merging");
    this->stride[count] = stride;
    this->size[count++] = Divider(size, limit);
  }

  /// The remainder by an axis's size is the coordinate along it; the quotient goes on to the next outer axis.
  __device__ __forceinline__ std::int64_t offset(std::int64_t i) const {
    std::int64_t at = 0;
#pragma unroll 1
    for (int axis = count - 1; axis > 0; axis--) {
      const std::int64_t rest = size[axis].quotient(i);
      at += (i - rest * size[axis].divisor) * stride[axis];
      i = rest;
    }
    return count > 0 ? at + i * stride[0] : 0;
  }
};

}  // namespace wengert
