// The two 16-bit floats on the host, and their conversions with the rounding of the hardware (cvt.rn): to nearest, ties
// to even; subnormals are kept, numbers that are too large become infinite, NaN becomes a quiet NaN. Used by kernels
// through runtime/common.cuh and by the matrix instructions. Arithmetic is done in float32 and does not belong here.
#pragma once

#include <bit>
#include <cstdint>

namespace emulator {

/// The upper half of a float32: 1 sign, 8 exponent, 7 fraction.
struct alignas(2) bfloat16 {
  std::uint16_t bits;
};

/// IEEE binary16: 1 sign, 5 exponent, 10 fraction.
struct alignas(2) float16 {
  std::uint16_t bits;
};

constexpr float toFloat(bfloat16 x) { return std::bit_cast<float>(std::uint32_t{x.bits} << 16); }

constexpr float toFloat(float16 x) {
  const std::uint32_t sign = (x.bits & 0x8000u) << 16;
  const std::uint32_t fields = (x.bits & 0x7fffu) << 13;
  // A subnormal is put into the fraction of a number of exponent -14; subtracting 2^-14 leaves its value.
  if (fields < 1u << 23) {
    const float magnitude = std::bit_cast<float>(fields + (113u << 23)) - 0x1p-14f;
    return std::bit_cast<float>(std::bit_cast<std::uint32_t>(magnitude) | sign);
  }
  // Rebias the exponent from 15 to 127; that of infinities and NaN goes to the largest.
  return std::bit_cast<float>(sign | (fields + (fields >= 0x1fu << 23 ? 224u << 23 : 112u << 23)));
}

constexpr bfloat16 toBfloat16(float x) {
  const std::uint32_t u = std::bit_cast<std::uint32_t>(x);
  if ((u & 0x7fffffffu) > 0x7f800000u) return {static_cast<std::uint16_t>(u >> 16 | 0x40)};
  return {static_cast<std::uint16_t>((u + 0x7fff + (u >> 16 & 1)) >> 16)};
}

constexpr float16 toFloat16(float x) {
  const std::uint32_t u = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t sign = u >> 16 & 0x8000;
  const std::uint32_t magnitude = u & 0x7fffffff;
  std::uint32_t bits;
  if (magnitude > 0x7f800000) bits = 0x7e00;         // NaN
  else if (magnitude >= 0x477ff000) bits = 0x7c00;   // 65520 and up round to infinity
  else if (magnitude >= 0x38800000)                  // normal: rebias the exponent from 127 to 15, round 13 bits away
    bits = (magnitude - 0x38000000 + 0xfff + (magnitude >> 13 & 1)) >> 13;
  else  // subnormal, a multiple of 2^-24: adding 0.5 aligns the fraction, so that the float32 adder does the rounding
    bits = std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + 0.5f) - 0x3f000000;
  return {static_cast<std::uint16_t>(sign | bits)};
}

/// Rounds float64 to float32 such that a second rounding to 16 bits gives the same result as rounding once: an inexact
/// result gets an odd last bit, so it is never a tie of the second rounding.
constexpr float roundToOdd(double x) {
  const float nearest = static_cast<float>(x);
  std::uint32_t u = std::bit_cast<std::uint32_t>(nearest);
  if (x != x || static_cast<double>(nearest) == x || (u & 1)) return nearest;
  const double magnitude = x < 0 ? -x : x;
  const double rounded = nearest < 0 ? -static_cast<double>(nearest) : static_cast<double>(nearest);
  u += rounded > magnitude ? -1u : 1u;
  return std::bit_cast<float>(u);
}

constexpr bfloat16 toBfloat16(double x) { return toBfloat16(roundToOdd(x)); }
constexpr float16 toFloat16(double x) { return toFloat16(roundToOdd(x)); }

}  // namespace emulator
