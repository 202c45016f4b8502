// Units of 1 to 16 bytes, for the kernels of this folder that move elements without looking at them (slice.cu,
// concat.cu, strided-copy.cu): the largest unit that divides all sizes and offsets needs the fewest memory accesses.
#pragma once

#include "elementwise/elementwise.cuh"

namespace wengert {

/// Calls f(std::integral_constant<int, bytes>()) for a unit of 1, 2, 4, 8 or 16 bytes.
template <class F>
void dispatchUnit(int bytes, const F& f) {
  switch (bytes) {
    case 1: return f(std::integral_constant<int, 1>());
    case 2: return f(std::integral_constant<int, 2>());
    case 4: return f(std::integral_constant<int, 4>());
    case 8: return f(std::integral_constant<int, 8>());
    default: return f(std::integral_constant<int, 16>());
  }
}

/// The largest unit of at most `most` bytes that divides `elements` elements of `bytes` bytes.
inline int unitFor(std::int64_t elements, int bytes, int most = 16) {
  int unit = most;
  while (unit > bytes && elements * bytes % unit != 0) unit /= 2;
  return unit;
}

}  // namespace wengert
