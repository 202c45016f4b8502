// concat: tensors side by side along an axis. With the axes before and after it merged, tensor k is (outer, size_k
// inner) and the output (outer, total): each tensor fills some columns of the output. The tensors' addresses are kernel
// parameters.
//
//   y   | x0 row 0 | x1 row 0      | x2 row 0 |
//       | x0 row 1 | x1 row 1      | x2 row 1 |
#include "elementwise/walk.cuh"
#include "movement/units.cuh"
#include "runtime/registry.h"

namespace wengert {

namespace {

/// The tensors of one launch, as kernel parameters (at most 4 KB).
struct Pieces {
  static constexpr int most = 64;
  struct {
    const unsigned char* source;
    std::int64_t start;  // in a row of the output, in units
    Divider row;         // the length of a row, in units
  } at[most];
};

/// y[r][start_k + c] = x_k[r][c] in units of `bytes` bytes. The blocks of row blockIdx.y copy piece blockIdx.y; a
/// thread has 4 units in flight, and neighbouring threads have neighbouring units of the piece. The grid is as wide as
/// the longest piece needs. Bound: 2 bytes for each byte copied.
template <int bytes>
__global__ void concatKernel(Pieces pieces,                  // each source (rows, row)
                             Words<bytes>* __restrict__ y,   // (rows, step)
                             std::int64_t rows,
                             std::int64_t step) {            // units of a row of y
  constexpr int P = placesInFlight;
  const auto piece = pieces.at[blockIdx.y];
  const auto* __restrict__ source = reinterpret_cast<const Words<bytes>*>(piece.source);
  const std::int64_t row = piece.row.divisor;
  forEachPlace<P>(rows * row, [&](const std::int64_t(&places)[P]) {
    Words<bytes> units[P];  // (P), registers
#pragma unroll
    for (int i = 0; i < P; i++) units[i] = source[places[i]];
#pragma unroll
    for (int i = 0; i < P; i++) {
      // Place = r * row + c in the piece; it goes to r * step + start + c in y.
      const std::int64_t r = piece.row.quotient(places[i]);
      y[r * step + piece.start + (places[i] - r * row)] = units[i];
    }
  });
}

/// One launch for each 64 tensors, in the largest unit that divides every row.
void concat(BufferList xs,  // x_k (outer, sizes[k], inner)
            Buffer& y,      // (outer, sum of sizes, inner)
            std::int64_t outer, std::int64_t inner, Dims sizes) {
  requireCount("sizes", sizes.count, xs.count);
  std::int64_t total = 0;
  int bytes = static_cast<int>(bytesOf(y.dtype)), unit = 16;
  for (int k = 0; k < xs.count; k++) {
    require(sizes[k] >= 0, "a size must not be negative");
    const std::int64_t row = multiplySizes(sizes[k], inner);
    requireLength("a tensor", xs[k], multiplySizes(outer, row));
    requireDType("a tensor", xs[k], y.dtype);
    requireVectors("a tensor", xs[k]);
    unit = unitFor(row, bytes, unit);
    total += row;
  }
  requireLength("y", y, multiplySizes(outer, total));
  requireVectors("y", y);
  const int ratio = unit / bytes;

  Pieces pieces{};
  int count = 0;
  std::int64_t start = 0, longest = 0;
  const auto copy = [&] {
    if (count == 0) return;
    dispatchUnit(unit, [&](auto size) {
      const LaunchShape shape = gridStride(divideUp(longest, placesInFlight));
      launch(concatKernel<decltype(size)::value>, LaunchShape(dim3(shape.grid.x, count), shape.block), pieces,
             static_cast<Words<decltype(size)::value>*>(y.data), outer, total / ratio);
    });
    count = 0;
    longest = 0;
  };
  for (int k = 0; k < xs.count; k++) {
    const std::int64_t n = xs[k].length / ratio;
    const std::int64_t row = sizes[k] * inner / ratio;
    if (n == 0) continue;
    pieces.at[count++] = {dataOf<unsigned char>(xs[k]), start, Divider(row, n)};
    start += row;
    longest = n > longest ? n : longest;
    if (count == Pieces::most) copy();
  }
  copy();
}

}  // namespace

EXPORT_KERNEL(concat)

}  // namespace wengert
