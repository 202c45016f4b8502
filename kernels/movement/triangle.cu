// tril and triu: matrices with zeros above or below a diagonal. Zero bits are 0 in every dtype, so one kernel serves
// all dtypes of a size. The loop is that of elementwise.cuh.
#include "elementwise/elementwise.cuh"
#include "runtime/bits.cuh"
#include "runtime/divider.cuh"
#include "runtime/registry.h"

namespace wengert {

namespace {

/// y[m][i][j] = x[m][i][j] if `sign` (j - i - diagonal) <= 0, else 0: sign 1 is tril, -1 is triu. A thread has 16 bytes
/// of the flat array at a time and computes i and j of each element. Bound: 2 sizeof(T) bytes an element.
template <class T>
__global__ void triangleKernel(const T* __restrict__ x,  // (matrices, rows, columns)
                               T* __restrict__ y,        // (matrices, rows, columns)
                               std::int64_t n,           // elements
                               Divider rows,
                               Divider columns,
                               std::int64_t diagonal,
                               int sign) {
  constexpr int N = elementsAtOnce<T>;
  // The flat index is (m rows + i) columns + j; `row` is m rows + i.
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
void launchTriangle(const Buffer& x,  // (matrices, rows, columns)
                    Buffer& y,        // (matrices, rows, columns)
                    std::int64_t matrices, std::int64_t rows, std::int64_t columns, std::int64_t diagonal) {
  const std::int64_t n = multiplySizes(matrices, multiplySizes(rows, columns));
  requireLength("x", x, n);
  requireLength("y", y, n);
  requireDType("y", y, x.dtype);
  requireVectors("x", x);
  requireVectors("y", y);
  if (n == 0) return;
  // A diagonal past a corner keeps all or nothing; limiting it to the corners avoids overflow.
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
