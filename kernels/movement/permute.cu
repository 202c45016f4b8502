// permute: an array with its axes in another order. If the innermost axis stays innermost, rows are copied by
// strided-copy.cu. Otherwise the innermost axis of x and the innermost axis of y span matrices, which are transposed in
// tiles through shared memory, so that both reads and writes go along contiguous memory:
//
//   x  (rows, columns)           shared tile (rows, pitch)       y  (columns, rows)
//   a b c d   read along         a b c d .                       a e i   written along
//   e f g h   rows           ->  e f g h .     read down     ->  b f j   rows
//   i j k l                      i j k l .     columns           c g k
//                                        ^ unused                d h l
//
// The pitch is a row and 4 bytes (or one element, if it is larger), so neighbouring rows start in different banks, and
// the lanes of a warp that read down a column use different banks.
#include "movement/strided-copy.cuh"
#include "runtime/bits.cuh"
#include "runtime/registry.h"

namespace wengert {

namespace {

/// Elements of a tile for each thread of a block; their loads are in flight together.
template <class T>
inline constexpr int tilePerThread = sizeof(T) == 8 ? 4 : 8;

/// Elements from one row of a tile to the next: a row, and padding of 4 bytes (or one element, if it is larger).
template <class T>
__host__ __device__ constexpr int pitchOf(int columns) {
  return columns + (sizeof(T) < 4 ? 4 / sizeof(T) : 1);
}

/// A transposition of many matrices (rows, columns), which may start anywhere in x and y.
struct Transposition {
  std::int64_t rows, columns;        // of a matrix in x
  std::int64_t xStep, yStep;         // elements from row to row of x, and from row to row of y
  int logRows, logColumns;           // logarithms of the tile's sides, which are powers of two
  std::int64_t tiles;
  Divider columnTiles, matrixTiles;  // tiles along a row of x; tiles of a matrix
};

/// y[j][i] = x[i][j] for every matrix. A block transposes tiles in a grid-stride loop: global memory -> registers ->
/// shared memory -> global memory. Thread k of a block has the elements k, k + blockDim.x, ... of the tile, first
/// counted along rows of x, then along rows of y. Each element is moved once, so the order does not matter. Bound: 2
/// sizeof(T) bytes an element, if rows and columns fill whole tiles.
template <class T>
__global__ void transposeKernel(const T* __restrict__ x,  // matrices (rows, columns), row stride xStep
                                T* __restrict__ y,        // matrices (columns, rows), row stride yStep
                                Transposition t,
                                Walk<2> outer) {          // where the matrices start in x and in y
  SHARED_MEMORY(T, tile);                                 // (tileRows, pitch)
  constexpr int perThread = tilePerThread<T>;
  const int tileRows = 1 << t.logRows, tileColumns = 1 << t.logColumns;
  const int pitch = pitchOf<T>(tileColumns);
  for (std::int64_t number = blockIdx.x; number < t.tiles; number += gridDim.x) {
    const std::int64_t matrix = t.matrixTiles.quotient(number);
    const std::int64_t inMatrix = number - matrix * t.matrixTiles.divisor;
    const std::int64_t tileRow = t.columnTiles.quotient(inMatrix);
    const std::int64_t row0 = tileRow << t.logRows;
    const std::int64_t column0 = (inMatrix - tileRow * t.columnTiles.divisor) << t.logColumns;
    std::int64_t place[1] = {matrix}, offsets[2][1];
    outer.locate(place, offsets);

    T held[perThread];  // (perThread), registers
    // Element `at` of the tile along rows of x: row at / tileColumns, column at % tileColumns.
#pragma unroll
    for (int k = 0; k < perThread; k++) {
      const int at = k * blockDim.x + threadIdx.x;
      const std::int64_t row = row0 + (at >> t.logColumns), column = column0 + (at & (tileColumns - 1));
      if (row < t.rows && column < t.columns) held[k] = x[offsets[0][0] + row * t.xStep + column];
      else held[k] = 0;
    }
    __syncthreads();  // every thread has read the previous tile
#pragma unroll
    for (int k = 0; k < perThread; k++) {
      const int at = k * blockDim.x + threadIdx.x;
      tile[(at >> t.logColumns) * pitch + (at & (tileColumns - 1))] = held[k];
    }
    __syncthreads();
    // The same threads count along rows of y: i = at % tileRows is the fast index now.
#pragma unroll
    for (int k = 0; k < perThread; k++) {
      const int at = k * blockDim.x + threadIdx.x;
      const int i = at & (tileRows - 1), j = at >> t.logRows;
      const std::int64_t row = row0 + i, column = column0 + j;
      if (row < t.rows && column < t.columns) y[offsets[1][0] + column * t.yStep + row] = tile[i * pitch + j];
    }
  }
}

/// The smallest l with 2^l >= n.
int logOfCeiling(std::int64_t n) {
  int log = 0;
  while (std::int64_t{1} << log < n) log++;
  return log;
}

/// Chooses the tile and launches transposeKernel. A tile is as square as the matrix allows: if a side of the matrix is
/// short, the other side of the tile is longer. Small matrices get small blocks, of one warp at least.
template <class T>
void transpose(const Buffer& x, Buffer& y, Transposition t, std::int64_t matrices, const AxisList<2>& outer) {
  const int most = logOfCeiling(tilePerThread<T> * mostThreads), least = logOfCeiling(tilePerThread<T> * 32);
  const int rows = logOfCeiling(t.rows), columns = logOfCeiling(t.columns);
  const int size = rows + columns < least ? least : rows + columns > most ? most : rows + columns;
  t.logRows = size / 2;
  t.logColumns = size - t.logRows;
  if (rows < t.logRows) {
    t.logRows = rows;
    t.logColumns = size - rows;
  } else if (columns < t.logColumns) {
    t.logColumns = columns;
    t.logRows = size - columns;
  }
  const std::int64_t columnTiles = divideUp(t.columns, std::int64_t{1} << t.logColumns);
  const std::int64_t matrixTiles = columnTiles * divideUp(t.rows, std::int64_t{1} << t.logRows);
  t.tiles = matrices * matrixTiles;
  t.columnTiles = Divider(columnTiles, t.tiles);
  t.matrixTiles = Divider(matrixTiles, t.tiles);
  const int threads = (1 << size) / tilePerThread<T>;
  const std::size_t pitch = pitchOf<T>(1 << t.logColumns);
  launch(transposeKernel<T>, LaunchShape(gridStrideBlocks(t.tiles, 1), threads, (pitch << t.logRows) * sizeof(T)),
         static_cast<const T*>(x.data), static_cast<T*>(y.data), t, Walk<2>(outer, matrices));
}

/// Axis i of y is axis axes[i] of x.
void permute(const Buffer& x,  // (dims)
             Buffer& y,        // (dims[axes[0]], dims[axes[1]], ...)
             Dims dims, Dims axes) {
  constexpr int most = AxisList<1>::most;
  const int rank = dims.count;
  requireCount("axes", axes.count, rank);
  require(rank >= 1 && rank <= most, "there must be 1 to 16 axes");
  std::uint32_t seen = 0;
  for (int axis : axes) {
    require(axis >= 0 && axis < rank, "an axis must be at least 0 and below the number of axes");
    seen |= 1u << axis;
  }
  require(seen == (1u << rank) - 1, "axes must not repeat");
  const std::int64_t n = sizeOf(dims);
  requireLength("x", x, n);
  requireLength("y", y, n);
  requireDType("y", y, x.dtype);
  requireVectors("x", x);
  requireVectors("y", y);
  if (n == 0) return;

  // Strides in elements, in the order of y's axes. ofX is in the order of x's.
  std::int64_t ofX[most], xStrides[most], yStrides[most], stride = 1;
  for (int axis = rank - 1; axis >= 0; stride *= dims[axis--]) ofX[axis] = stride;
  stride = 1;
  for (int i = rank - 1; i >= 0; stride *= dims[axes[i--]]) {
    xStrides[i] = ofX[axes[i]];
    yStrides[i] = stride;
  }
  const int last = rank - 1;
  const int bytes = static_cast<int>(bytesOf(x.dtype));
  if (axes[last] == last) {
    AxisList<1> list;
    for (int i = 0; i < rank; i++) list.add(dims[axes[i]], {xStrides[i]});
    list.close();
    return launchStridedCopy(x.data, y.data, n, 0, list, bytes);
  }
  // y's axis `inner` is innermost in x, and its axis `last` is innermost in y: together they are the matrices. The
  // remaining axes count the matrices.
  int inner = 0;
  while (axes[inner] != last) inner++;
  AxisList<2> outer;
  std::int64_t matrices = 1;
  for (int i = 0; i < last; i++) {
    if (i == inner) continue;
    outer.add(dims[axes[i]], {xStrides[i], yStrides[i]});
    matrices *= dims[axes[i]];
  }
  outer.close();
  Transposition t{};
  t.rows = dims[axes[last]];
  t.columns = dims[last];
  t.xStep = xStrides[last];
  t.yStep = yStrides[inner];
  dispatchBits(bytes, [&](auto type) { transpose<typename decltype(type)::type>(x, y, t, matrices, outer); });
}

}  // namespace

EXPORT_KERNEL(permute)

}  // namespace wengert
