// Tensors out of nothing: one value everywhere, or evenly spaced ones.
#include "elementwise/elementwise.cuh"
#include "runtime/bits.cuh"
#include "runtime/registry.h"

namespace wengert {

namespace {

/// 16 bytes at a time, whatever the dtype. What is left at the end is less than 16 bytes, one a thread.
__global__ void fillKernel(unsigned char* __restrict__ y, std::int64_t bytes, std::uint64_t pattern) {
  Words<16> words;
#pragma unroll
  for (int i = 0; i < 4; i++) words.at[i] = static_cast<std::uint32_t>(pattern >> (i % 2 * 32));
  forEachVector<16>(
      bytes, [&](std::int64_t first) { storeWords(reinterpret_cast<Words<16>*>(y + first), words); },
      [&](std::int64_t i) { y[i] = static_cast<unsigned char>(pattern >> (i % 8 * 8)); });
}

void fill(Buffer& y, std::int64_t n, double value) {
  requireLength("y", y, n);
  requireVectors("y", y);
  if (n == 0) return;
  const std::int64_t bytes = n * static_cast<std::int64_t>(bytesOf(y.dtype));
  launch(fillKernel, gridStride(divideUp(bytes, 16)), static_cast<unsigned char*>(y.data), bytes,
         repeatedBits(y.dtype, value));
}

/// Product and sum are rounded each by itself, as on the CPU.
template <class T>
__global__ void arangeKernel(T* __restrict__ y, std::int64_t n, double start, double step) {
  constexpr int N = elementsAtOnce<T>;
  const auto at = [&](std::int64_t i) {
    const double value = __dadd_rn(start, __dmul_rn(static_cast<double>(i), step));
    if constexpr (isHalf<T>) return narrow<T>(static_cast<float>(value));
    else return narrow<T>(value);
  };
  forEachVector<N>(
      n,
      [&](std::int64_t first) {
        T out[N];
#pragma unroll
        for (int i = 0; i < N; i++) out[i] = at(first + i);
        store(out, y, first);
      },
      [&](std::int64_t i) { y[i] = at(i); });
}

void arange(Buffer& y, std::int64_t n, double start, double step) {
  requireLength("y", y, n);
  requireVectors("y", y);
  dispatch(y.dtype, AllTypes{}, [&](auto type) {
    using T = typename decltype(type)::type;
    if (n == 0) return;
    launch(arangeKernel<T>, gridStride(divideUp(n, elementsAtOnce<T>)), dataOf<T>(y), n, start, step);
  });
}

}  // namespace

EXPORT_KERNEL(fill)
EXPORT_KERNEL(arange)

}  // namespace wengert
