// Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw (SC 2011), and the loop over counters,
// for random.cu. It gives the same words as src/core/random/philox.ts, so a tensor has the same bits on every device.
// Distributions do not belong here.
//
// There is no state: the words of counter c are a function of the key and c. So the numbers depend on the index of an
// element, and not on which thread computes it.
#pragma once

#include "elementwise/elementwise.cuh"

namespace wengert {

/// A seed and the first counter of a tensor.
struct RandomKey {
  std::uint32_t low, high;  // the seed
  std::uint64_t offset;     // the counter of the tensor's first elements

  /// Throws unless the numbers are in the ranges that src/core/random/generator.ts uses.
  static RandomKey of(std::int64_t low, std::int64_t high, std::int64_t offset) {
    require(low >= 0 && low < std::int64_t{1} << 32 && high >= 0 && high < std::int64_t{1} << 32 && offset >= 0,
            "the key must be two words of 32 bits, and the offset must be at least 0");
    return {static_cast<std::uint32_t>(low), static_cast<std::uint32_t>(high), static_cast<std::uint64_t>(offset)};
  }

  /// The four words of counter offset + i: 10 rounds of two multiplications whose high and low halves are mixed by XOR
  /// with the other words and the round's key.
  __device__ __forceinline__ void draw(std::uint64_t i, std::uint32_t (&words)[4]) const {
    const std::uint64_t counter = offset + i;
    std::uint32_t c0 = static_cast<std::uint32_t>(counter), c1 = static_cast<std::uint32_t>(counter >> 32);
    std::uint32_t c2 = 0, c3 = 0;
    std::uint32_t k0 = low, k1 = high;
#pragma unroll
    for (int round = 0; round < 10; round++) {
      const std::uint64_t first = std::uint64_t{0xd2511f53} * c0, second = std::uint64_t{0xcd9e8d57} * c2;
      c0 = static_cast<std::uint32_t>(second >> 32) ^ c1 ^ k0;
      c1 = static_cast<std::uint32_t>(second);
      c2 = static_cast<std::uint32_t>(first >> 32) ^ c3 ^ k1;
      c3 = static_cast<std::uint32_t>(first);
      k0 += 0x9e3779b9;
      k1 += 0xbb67ae85;
    }
    words[0] = c0;
    words[1] = c1;
    words[2] = c2;
    words[3] = c3;
  }
};

/// How many of the 2^32 words are less than `threshold`, a probability times 2^32.
inline std::uint64_t wordsBelow(double threshold) {
  require(threshold >= 0 && threshold <= 4294967296.0, "a threshold must be from 0 to 2^32");
  return static_cast<std::uint64_t>(std::ceil(threshold));
}

/// A number of [0, 1) with 53 bits: 27 bits of the first word, then 26 of the second.
__device__ __forceinline__ double uniform53(std::uint32_t first, std::uint32_t second) {
  return (static_cast<double>(first >> 5) * 67108864.0 + static_cast<double>(second >> 6)) * 0x1p-53;
}

/// Calls f(counter, first) for each counter of this thread, in a grid-stride loop: counter i gives the N elements from
/// first = i N on.
template <int N, class F>
__device__ __forceinline__ void forEachCounter(std::int64_t n, const F& f) {
  for (std::int64_t i = threadInGrid(); i * N < n; i += threadsInGrid()) f(static_cast<std::uint64_t>(i), i * N);
}

/// Stores those of the N elements from `first` on that exist, in one vector if all do.
template <int N, class T>
__device__ __forceinline__ void storePart(const T (&x)[N], T* data, std::int64_t first, std::int64_t n) {
  if (first + N <= n) return store(x, data, first);
#pragma unroll
  for (int i = 0; i < N; i++)
    if (first + i < n) data[first + i] = x[i];
}

}  // namespace wengert
