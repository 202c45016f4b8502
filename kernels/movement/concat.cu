// concat: tensors side by side along an axis. To a launch, each tensor is rows that go to where they belong in the rows
// of the output; the tensors' addresses travel as a parameter.
#include "elementwise/walk.cuh"
#include "movement/units.cuh"
#include "runtime/registry.h"

namespace wengert {

namespace {

struct Pieces {
  static constexpr int most = 64;
  struct {
    const unsigned char* source;
    std::int64_t start;  // in a row of the output, in units
    Divider row;         // the length of a row, in units
  } at[most];
};

/// Block row y copies piece y into `rows` rows of `step` units.
template <int bytes>
__global__ void concatKernel(Pieces pieces, Words<bytes>* __restrict__ y, std::int64_t rows, std::int64_t step) {
  constexpr int P = placesInFlight;
  const auto piece = pieces.at[blockIdx.y];
  const auto* __restrict__ source = reinterpret_cast<const Words<bytes>*>(piece.source);
  const std::int64_t row = piece.row.divisor;
  forEachPlace<P>(rows * row, [&](const std::int64_t(&places)[P]) {
    Words<bytes> units[P];
#pragma unroll
    for (int i = 0; i < P; i++) units[i] = source[places[i]];
#pragma unroll
    for (int i = 0; i < P; i++) {
      const std::int64_t r = piece.row.quotient(places[i]);
      y[r * step + piece.start + (places[i] - r * row)] = units[i];
    }
  });
}

void concat(BufferList xs, Buffer& y, std::int64_t outer, std::int64_t inner, Dims sizes) {
  requireCount("sizes", sizes.count, xs.count);
  std::int64_t total = 0;
  int bytes = static_cast<int>(bytesOf(y.dtype)), unit = 16;
  for (int k = 0; k < xs.count; k++) {
    require(sizes[k] >= 0, "a size is negative");
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
