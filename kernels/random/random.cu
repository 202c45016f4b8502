// Random tensors (rand, randn, randint, bernoulli) and dropout. Element i uses the same words of the generator
// (philox.cuh) as in src/ops/random/random.ts:
//
//   32 bits a number   element i has word i % 4 of counter offset + i / 4
//   53 bits a number   element i has words 2 (i % 2) and 2 (i % 2) + 1 of counter offset + i / 2
//
//   counter     offset       | offset + 1   | offset + 2   | ...
//   word        0  1  2  3   | 0  1  2  3   | 0  1  2  3   |
//   32 bits     y0 y1 y2 y3  | y4 y5 y6 y7  | y8 ...
//   53 bits     y0--  y1--   | y2--  y3--   | y4-- ...
//
// In every kernel a thread draws one counter at a time (two in randn of float64), in registers, and stores the elements
// as a vector. The kernels write each element once and are deterministic, since the words depend on the element's index
// only.
#include "random/philox.cuh"
#include "runtime/bits.cuh"
#include "runtime/registry.h"

namespace wengert {

namespace {

/// Elements that one counter gives: 4 of 32 bits, or 2 of 53.
template <class T>
inline constexpr int perCounter = std::is_same_v<T, double> ? 2 : 4;

/// A grid-stride launch with a thread for each counter.
template <class T>
LaunchShape shapeFor(std::int64_t n, std::source_location where = std::source_location::current()) {
  return gridStride(divideUp(n, perCounter<T>), where);
}

/// y[i] = low + width u[i], with u uniform in [0, 1) and a multiple of 2^-bits. Computed in float64 without fused
/// multiply-add and rounded at the end, as on the CPU. For low = 0 and width = 1, u itself is exact in float32.
template <class T>
__global__ void randKernel(T* __restrict__ y,  // (n)
                           std::int64_t n, int bits, double low, double width, RandomKey key) {
  constexpr int N = perCounter<T>;
  const bool isUnit = low == 0 && width == 1;
  const float unit = std::ldexp(1.0f, -bits);
  forEachCounter<N>(n, [&](std::uint64_t counter, std::int64_t first) {
    std::uint32_t words[4];
    key.draw(counter, words);
    T out[N];
#pragma unroll
    for (int i = 0; i < N; i++) {
      if constexpr (N == 2) {
        out[i] = __dadd_rn(low, __dmul_rn(width, uniform53(words[2 * i], words[2 * i + 1])));
      } else {
        float u = static_cast<float>(words[i] >> (32 - bits)) * unit;
        if (!isUnit) u = static_cast<float>(__dadd_rn(low, __dmul_rn(width, static_cast<double>(u))));
        out[i] = narrow<T>(u);
      }
    }
    storePart(out, y, first, n);
  });
}

void rand(Buffer& y,  // (n)
          std::int64_t n, std::int64_t bits, double low, double width, std::int64_t keyLow, std::int64_t keyHigh,
          std::int64_t offset) {
  requireLength("y", y, n);
  requireVectors("y", y);
  const RandomKey key = RandomKey::of(keyLow, keyHigh, offset);
  dispatch(y.dtype, FloatTypes{}, [&](auto type) {
    using T = typename decltype(type)::type;
    require(std::is_same_v<T, double> ? bits == 53 : bits >= 1 && bits <= 24,
            "bits must be 53 for float64 and from 1 to 24 otherwise");
    if (n > 0) launch(randKernel<T>, shapeFor<T>(n), dataOf<T>(y), n, static_cast<int>(bits), low, width, key);
  });
}

/// sqrt(-2 ln(1 - u)) for u = word / 2^32. Below 1/2, as log1p(-u); from 1/2 on, as log(1 - u), where 2^32 - word is an
/// exact integer. Neither loses the small one of u and 1 - u to rounding.
__device__ __forceinline__ float radiusOf(std::uint32_t word) {
  const float logarithm = word < 0x80000000u ? std::log1p(static_cast<float>(word) * -0x1p-32f)
                                             : std::log(static_cast<float>(0u - word) * 0x1p-32f);
  return std::sqrt(-2 * logarithm);
}

/// Cosine and sine of 2 pi word / 2^32. The nearest quarter turn is taken off in integers, so the rest, at most an
/// eighth of a turn, keeps its precision in float32.
__device__ __forceinline__ void turn(std::uint32_t word, float& cosine, float& sine) {
  const std::uint32_t quarter = (word + 0x20000000u) >> 30;
  const float angle = static_cast<float>(static_cast<std::int32_t>(word - (quarter << 30))) * 1.46291807926715968e-9f;
  const float square = angle * angle;
  // Taylor's series: the first term left out is below 2^-26 of the sum for |angle| <= pi / 4.
  const float s =
      angle + angle * square * (-1.0f / 6 + square * (1.0f / 120 + square * (-1.0f / 5040 + square * (1.0f / 362880))));
  const float c =
      1 + square * (-0.5f + square * (1.0f / 24 + square * (-1.0f / 720 + square * (1.0f / 40320 - square / 3628800))));
  cosine = quarter == 0 ? c : quarter == 1 ? -s : quarter == 2 ? -c : s;
  sine = quarter == 0 ? s : quarter == 1 ? c : quarter == 2 ? -s : -c;
}

/// y[i] = mean + std z[i], z normal, by the transform of Box and Muller: from two uniform numbers u and v,
/// z[2k] = sqrt(-2 ln(1 - u)) cos(2 pi v) and z[2k + 1] = sqrt(-2 ln(1 - u)) sin(2 pi v).
template <class T>
__global__ void randnKernel(T* __restrict__ y,  // (n)
                            std::int64_t n, double mean, double std, RandomKey key) {
  constexpr int N = 4;  // of one counter, or of two neighbouring ones for float64
  forEachCounter<N>(n, [&](std::uint64_t counter, std::int64_t first) {
    T out[N];
#pragma unroll
    for (int i = 0; i < N; i += 2) {
      std::uint32_t words[4];
      if constexpr (std::is_same_v<T, double>) {
        key.draw(2 * counter + i / 2, words);
        const double radius = std * std::sqrt(-2 * std::log1p(-uniform53(words[0], words[1])));
        const double angle = 6.283185307179586 * uniform53(words[2], words[3]);
        out[i] = mean + radius * std::cos(angle);
        out[i + 1] = mean + radius * std::sin(angle);
      } else {
        key.draw(counter, words);
        float cosine, sine;
        const float radius = static_cast<float>(std) * radiusOf(words[i]);
        turn(words[i + 1], cosine, sine);
        const auto shift = [mean](float z) { return narrow<T>(mean == 0 ? z : static_cast<float>(mean + z)); };
        out[i] = shift(radius * cosine);
        out[i + 1] = shift(radius * sine);
      }
    }
    storePart(out, y, first, n);
  });
}

void randn(Buffer& y,  // (n)
           std::int64_t n, std::int64_t bits, double mean, double std, std::int64_t keyLow, std::int64_t keyHigh,
           std::int64_t offset) {
  requireLength("y", y, n);
  requireVectors("y", y);
  require(bits == (y.dtype == DType::float64 ? 53 : 32), "bits must be 53 for float64 and 32 otherwise");
  const RandomKey key = RandomKey::of(keyLow, keyHigh, offset);
  dispatch(y.dtype, FloatTypes{}, [&](auto type) {
    using T = typename decltype(type)::type;
    if (n > 0) launch(randnKernel<T>, gridStride(divideUp(n, 4)), dataOf<T>(y), n, mean, std, key);
  });
}

/// y[i] = low + floor(word[i] count / 2^32): an integer of [low, low + count).
template <class T>
__global__ void randintKernel(T* __restrict__ y,  // (n)
                              std::int64_t n, std::int64_t low, std::uint32_t count, RandomKey key) {
  forEachCounter<4>(n, [&](std::uint64_t counter, std::int64_t first) {
    std::uint32_t words[4];
    key.draw(counter, words);
    T out[4];
#pragma unroll
    for (int i = 0; i < 4; i++)
      out[i] = static_cast<T>(low + static_cast<std::int64_t>(std::uint64_t{words[i]} * count >> 32));
    storePart(out, y, first, n);
  });
}

void randint(Buffer& y,  // (n)
             std::int64_t n, std::int64_t low, std::int64_t count, std::int64_t keyLow, std::int64_t keyHigh,
             std::int64_t offset) {
  requireLength("y", y, n);
  requireVectors("y", y);
  require(count >= 0 && count < std::int64_t{1} << 32, "count must be from 0 to 2^32 - 1");
  const RandomKey key = RandomKey::of(keyLow, keyHigh, offset);
  dispatch(y.dtype, Types<std::int32_t, std::uint8_t>{}, [&](auto type) {
    using T = typename decltype(type)::type;
    if (n > 0) launch(randintKernel<T>, shapeFor<T>(n), dataOf<T>(y), n, low, static_cast<std::uint32_t>(count), key);
  });
}

/// y[i] = 1 if word[i] < threshold, else 0, as bits of any dtype of the size of T. The threshold p 2^32 gives
/// probability p.
template <class T>
__global__ void bernoulliKernel(T* __restrict__ y,  // (n)
                                std::int64_t n, std::uint64_t threshold, T one, RandomKey key) {
  forEachCounter<4>(n, [&](std::uint64_t counter, std::int64_t first) {
    std::uint32_t words[4];
    key.draw(counter, words);
    T out[4];
#pragma unroll
    for (int i = 0; i < 4; i++) out[i] = words[i] < threshold ? one : T(0);
    storePart(out, y, first, n);
  });
}

void bernoulli(Buffer& y,  // (n)
               std::int64_t n, double threshold, std::int64_t keyLow, std::int64_t keyHigh, std::int64_t offset) {
  requireLength("y", y, n);
  requireVectors("y", y);
  const std::uint64_t below = wordsBelow(threshold);
  const RandomKey key = RandomKey::of(keyLow, keyHigh, offset);
  dispatchBits(bytesOf(y.dtype), [&](auto type) {
    using T = typename decltype(type)::type;
    const T one = bitsOf<T>(y.dtype, 1);
    if (n > 0) launch(bernoulliKernel<T>, shapeFor<int>(n), static_cast<T*>(y.data), n, below, one, key);
  });
}

/// y[i] = 0 if word[i] < threshold, else x[i] scale. The mask is not stored: the gradient draws it again with the same
/// key. Bound: 2 sizeof(T) bytes an element.
template <class T>
__global__ void dropoutKernel(const T* __restrict__ x,  // (n)
                              T* __restrict__ y,        // (n)
                              std::int64_t n, std::uint64_t threshold, Compute<T> scale, RandomKey key) {
  forEachCounter<4>(n, [&](std::uint64_t counter, std::int64_t first) {
    T values[4]{};  // one counter's elements, registers
    if (first + 4 <= n) load(values, x, first);
    else
      for (int i = 0; i < 4; i++)
        if (first + i < n) values[i] = x[first + i];
    std::uint32_t words[4];
    key.draw(counter, words);
    T out[4];
#pragma unroll
    for (int i = 0; i < 4; i++) out[i] = narrow<T>(words[i] < threshold ? Compute<T>(0) : widen(values[i]) * scale);
    storePart(out, y, first, n);
  });
}

void dropout(const Buffer& x,  // (n)
             Buffer& y,        // (n)
             std::int64_t n, double threshold, double scale, std::int64_t keyLow, std::int64_t keyHigh,
             std::int64_t offset) {
  requireLength("x", x, n);
  requireLength("y", y, n);
  requireDType("y", y, x.dtype);
  requireVectors("x", x);
  requireVectors("y", y);
  const std::uint64_t below = wordsBelow(threshold);
  const RandomKey key = RandomKey::of(keyLow, keyHigh, offset);
  dispatch(x.dtype, FloatTypes{}, [&](auto type) {
    using T = typename decltype(type)::type;
    if (n > 0)
      launch(dropoutKernel<T>, shapeFor<int>(n), dataOf<T>(x), dataOf<T>(y), n, below, static_cast<Compute<T>>(scale),
             key);
  });
}

}  // namespace

EXPORT_KERNEL(rand)
EXPORT_KERNEL(randn)
EXPORT_KERNEL(randint)
EXPORT_KERNEL(bernoulli)
EXPORT_KERNEL(dropout)

}  // namespace wengert
