// fill and arange: tensors of one value, or of evenly spaced values. The loop is that of elementwise.cuh. Random
// tensors are in kernels/random.
#include "elementwise/elementwise.cuh"
#include "runtime/bits.cuh"
#include "runtime/registry.h"

namespace wengert {

namespace {

/// y = the 8 bytes of `pattern` again and again, in any dtype. A thread writes 16 bytes at a time, in a grid-stride
/// loop; the bytes after the last 16 are written one a thread. Bound: sizeof(T) bytes an element, written.
__global__ void fillKernel(unsigned char* __restrict__ y,  // (bytes)
                           std::int64_t bytes,
                           std::uint64_t pattern) {        // elements of 1, 2, 4 or 8 bytes, repeated
  Words<16> words;
#pragma unroll
  for (int i = 0; i < 4; i++) words.at[i] = static_cast<std::uint32_t>(pattern >> (i % 2 * 32));
  forEachVector<16>(
      bytes, [&](std::int64_t first) { storeWords(reinterpret_cast<Words<16>*>(y + first), words); },
      [&](std::int64_t i) { y[i] = static_cast<unsigned char>(pattern >> (i % 8 * 8)); });
}

/// y[i] = value, rounded to the dtype on the host.
void fill(Buffer& y,  // (n)
          std::int64_t n, double value) {
  requireLength("y", y, n);
  requireVectors("y", y);
  if (n == 0) return;
  const std::int64_t bytes = n * static_cast<std::int64_t>(bytesOf(y.dtype));
  launch(fillKernel, gridStride(divideUp(bytes, 16)), static_cast<unsigned char*>(y.data), bytes,
         repeatedBits(y.dtype, value));
}

/// y[i] = start + i step in float64, rounded to T at the end. Product and sum are rounded separately (no fused
/// multiply-add), as on the CPU, so both devices give the same bits. A thread writes 16 bytes at a time.
template <class T>
__global__ void arangeKernel(T* __restrict__ y,  // (n)
                             std::int64_t n, double start, double step) {
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
