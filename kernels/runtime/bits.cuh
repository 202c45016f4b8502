// Elements as bits, for kernels that move elements without computing with them (fill, where, permute, triangle, random,
// slicePad): one instance of a kernel for each size of an element instead of one for each dtype.
#pragma once

#include <cstring>

#include "runtime/common.cuh"

namespace wengert {

/// Calls f(Type<T>()) for the unsigned integer T of `bytes` bytes: 1, 2, 4 or 8.
template <class F>
void dispatchBits(std::size_t bytes, const F& f) {
  switch (bytes) {
    case 1: return f(Type<std::uint8_t>());
    case 2: return f(Type<std::uint16_t>());
    case 4: return f(Type<std::uint32_t>());
    default: return f(Type<std::uint64_t>());
  }
}

/// The bits of a number converted to a dtype whose elements have the size of T: floats are rounded, integers wrap,
/// bools are 0 or 1.
template <class T>
T bitsOf(DType dtype, double number) {
  T bits{};
  dispatch(dtype, AllTypes{}, [&](auto type) {
    using Element = typename decltype(type)::type;
    const Element element = isHalf<Element> ? narrow<Element>(static_cast<float>(number)) : narrow<Element>(number);
    if constexpr (sizeof(Element) == sizeof(T)) std::memcpy(&bits, &element, sizeof(T));
  });
  return bits;
}

/// 8 bytes filled with elements of one value: for 16-bit elements, 4 of them.
inline std::uint64_t repeatedBits(DType dtype, double number) {
  std::uint64_t repeated = 0;
  dispatchBits(bytesOf(dtype), [&](auto type) {
    using T = typename decltype(type)::type;
    const T bits = bitsOf<T>(dtype, number);
    for (std::size_t at = 0; at < sizeof(repeated); at += sizeof(T))
      std::memcpy(reinterpret_cast<char*>(&repeated) + at, &bits, sizeof(T));
  });
  return repeated;
}

}  // namespace wengert
