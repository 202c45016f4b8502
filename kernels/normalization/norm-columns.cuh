// The gradients of a normalization's weight and bias, for norms.cu: sums over all rows, for each column. Columns are
// few and rows are many, so the rows are split and there are two stages:
//
//   rows     |-- split 0 --|-- split 1 --| ... |        sumRowsOfColumns: a block for a tile of columns and a split
//                  |             |
//            parts[0][column]  parts[1][column] ...     sumPartsOfColumns: one thread for each column adds the
//                                                       parts in order
//
// Nothing is added atomically, so the sums are the same in every run. The gradient of x is in norms.cu.
#pragma once

#include "reduction/rows.cuh"
#include "runtime/launch.h"

namespace wengert {

/// Two sums that are found together.
template <class C>
struct Pair {
  C a;
  C b;
};

/// The fold that adds pairs.
template <class C>
struct PairSum {
  __device__ Pair<C> identity() const { return {C(0), C(0)}; }
  __device__ Pair<C> merge(Pair<C> x, Pair<C> y) const { return {x.a + y.a, x.b + y.b}; }
};

/// parts[split][column] = (sum dy, sum dy xhat) over the rows of the split, xhat = (x - mean) rstd. A thread has V
/// columns, 16 bytes; team.columns threads are side by side and team.size threads take turns along the rows. Sums are
/// in registers, and reduceTeam adds those of a column through shuffles and shared memory. Bound: dy and x are read
/// once, 2 sizeof(T) bytes an element.
template <class T>
__global__ void __launch_bounds__(256)
    sumRowsOfColumns(const T* dy,                 // (rows, n)
                     const T* x,                  // (rows, n)
                     AnyData mean,                // (rows); missing for rmsNorm
                     AnyData rstd,                // (rows)
                     Pair<Compute<T>>* parts,     // (splits, n)
                     std::int64_t rows,
                     std::int64_t n,
                     bool vectors,                // rows of dy and x can be read 16 bytes at a time
                     Team team) {
  using C = Compute<T>;
  constexpr int V = vectorLength<T>;
  SHARED_MEMORY(Pair<C>, shared);  // (warps, columns, V)
  const std::int64_t column = (blockIdx.x * std::int64_t{team.columns} + team.column()) * V;
  const int count = static_cast<int>(n - column < V ? n - column : V);
  Pair<C> sums[V];  // (V), registers
#pragma unroll
  for (int e = 0; e < V; e++) sums[e] = {C(0), C(0)};
  for (std::int64_t row = blockIdx.y * std::int64_t{team.size} + team.rank(); row < rows && count > 0;
       row += gridDim.y * std::int64_t{team.size}) {
    const Vector<T, V> g = loadUnit<T, V>(dy + row * n + column, count, 1, vectors);
    const Vector<T, V> unit = loadUnit<T, V>(x + row * n + column, count, 1, vectors);
    const C centre = mean ? mean.at<C>(row) : C(0);
    const C scale = rstd.at<C>(row);
#pragma unroll
    for (int e = 0; e < V; e++) {
      sums[e].a += widen(g.at[e]);
      sums[e].b += widen(g.at[e]) * ((widen(unit.at[e]) - centre) * scale);
    }
  }
  reduceTeam(PairSum<C>(), team, sums, shared);
  if (team.rank() == 0)
#pragma unroll
    for (int e = 0; e < V; e++)
      if (e < count) parts[blockIdx.y * n + column + e] = sums[e];
}

/// The second stage: dweight and dbias are the sums of each column's parts, added in the order of the splits. One
/// thread for each column; neighbouring threads read neighbouring parts.
template <class T>
__global__ void __launch_bounds__(256)
    sumPartsOfColumns(const Pair<Compute<T>>* parts,  // (splits, n)
                      T* dweight,                     // (n)
                      T* dbias,                       // (n); null for rmsNorm
                      std::int64_t n,
                      int splits) {
  using C = Compute<T>;
  const std::int64_t column = blockIdx.x * std::int64_t{blockDim.x} + threadIdx.x;
  if (column >= n) return;
  Pair<C> sum{C(0), C(0)};
  for (int split = 0; split < splits; split++) sum = PairSum<C>().merge(sum, parts[split * n + column]);
  dweight[column] = narrow<T>(sum.b);
  if (dbias != nullptr) dbias[column] = narrow<T>(sum.a);
}

/// dweight = sum over rows of dy xhat,  dbias = sum over rows of dy. Splits the rows until there are about 4 blocks a
/// processor, but leaves each thread 8 rows at least.
template <class T>
void sumColumns(const T* dy,         // (rows, n)
                const T* x,          // (rows, n)
                const Buffer* mean,  // (rows); null for rmsNorm
                const Buffer& rstd,  // (rows)
                T* dweight,          // (n)
                T* dbias,            // (n); null for rmsNorm
                std::int64_t rows, std::int64_t n) {
  constexpr int V = vectorLength<T>;
  using State = Pair<Compute<T>>;
  const std::int64_t units = divideUp(n, V);
  require(units <= 0x7fffffff, "a row must have at most 2^31 - 1 vectors of 16 bytes");
  Team team{static_cast<int>(nextPowerOfTwo(units < 32 ? units : 32)), 1};
  const std::int64_t most = 256 / team.columns;
  const std::int64_t wanted = divideUp(rows > 0 ? rows : 1, 8);
  team.size = static_cast<int>(nextPowerOfTwo(wanted < most ? wanted : most));
  const int threads = team.columns * team.size;
  const std::int64_t blocks = divideUp(units, team.columns);
  const std::int64_t filling = divideUp(std::int64_t{stream().processors} * 4, blocks);
  const std::int64_t possible = divideUp(rows, team.size * 8);
  const std::int64_t splits = possible < 1 ? 1 : filling < possible ? filling : possible;
  const Scratch parts(sizeof(State) * multiplySizes(splits, n));
  const bool vectors = n % V == 0 && isAligned(dy) && isAligned(x);
  launch(sumRowsOfColumns<T>,
         {dim3(static_cast<unsigned>(blocks), static_cast<unsigned>(splits)), dim3(threads),
          teamBytes<State, V>(team, threads)},
         dy, x, AnyData(mean), AnyData(rstd), parts.as<State>(), rows, n, vectors, team);
  const int size = blockThreads(n);
  launch(sumPartsOfColumns<T>, {dim3(static_cast<unsigned>(divideUp(n, size))), dim3(size)}, parts.as<State>(),
         dweight, dbias, n, static_cast<int>(splits));
}

}  // namespace wengert
