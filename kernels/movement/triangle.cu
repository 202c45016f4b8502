// tril and triu: matrices with zeros above or below a diagonal. All zero bits are 0 in every dtype, so one kernel
// serves all dtypes of a size.
#include "elementwise/elementwise.cuh"
#include "runtime/bits.cuh"
#include "runtime/divider.cuh"
#include "runtime/registry.h"

namespace wengert {

namespace {

/// y[i][j] = x[i][j] where `sign` (j - i - diagonal) <= 0, else 0.
template <class T>
__global__ void triangleKernel(const T* __restrict__ x, T* __restrict__ y, std::int64_t n, Divider rows,
                               Divider columns, std::int64_t diagonal, int sign) {
  constexpr int N = elementsAtOnce<T>;
  const auto keeps = [&](std::int64_t at) {
    const std::int64_t row = columns.quotient(at);
    const std::int64_t column = at - row * columns.divisor;
    return sign * (column - (row - rows.quotient(row) * rows.divisor) - diagonal) <= 0;
  };
  forEachVector<N>(
      n,
      [&](std::int64_t first) {
        T values[N];
        load(values, x, first);
#pragma unroll
        for (int i = 0; i < N; i++)
          if (!keeps(first + i)) values[i] = 0;
        store(values, y, first);
      },
      [&](std::int64_t i) { y[i] = keeps(i) ? x[i] : T(0); });
}

template <int sign>
void launchTriangle(const Buffer& x, Buffer& y, std::int64_t matrices, std::int64_t rows, std::int64_t columns,
                    std::int64_t diagonal) {
  const std::int64_t n = multiplySizes(matrices, multiplySizes(rows, columns));
  requireLength("x", x, n);
  requireLength("y", y, n);
  requireDType("y", y, x.dtype);
  requireVectors("x", x);
  requireVectors("y", y);
  if (n == 0) return;
  // Beyond the corners a diagonal is all or nothing.
  const std::int64_t nearest = diagonal < -rows ? -rows : diagonal > columns ? columns : diagonal;
  dispatchBits(bytesOf(x.dtype), [&](auto type) {
    using T = typename decltype(type)::type;
    launch(triangleKernel<T>, gridStride(divideUp(n, elementsAtOnce<T>)), static_cast<const T*>(x.data),
           static_cast<T*>(y.data), n, Divider(rows, n), Divider(columns, n), nearest, sign);
  });
}

}  // namespace

EXPORT_KERNEL_AS(tril, launchTriangle<1>)
EXPORT_KERNEL_AS(triu, launchTriangle<-1>)

}  // namespace wengert
