// Reductions of an array over any axes, for the launchers of this folder. A launcher calls planReduction
// (reduce-plan.cuh), which checks the arguments, and runReduction with a fold of folds.cuh. Ops that also write an
// array of the row's length use rows.cuh.
//
// Memory is read along its innermost axis. If that axis is reduced, a team of threads reads along a row (reduceRows).
// If it is kept, each thread has a few neighbouring columns (reduceColumns). If the results are too few to fill the
// GPU, the terms of each result are split, and a second kernel merges the parts:
//
//   terms of result r    |---- split 0 ----|---- split 1 ----|---- split 2 ----|     split = blockIdx.y
//                                 |                 |                 |
//   stage 1                 parts[r][0]       parts[r][1]       parts[r][2]          states, in global memory
//                                 \_________________|_________________/
//   stage 2, mergeParts                            y[r]
//
// Splits and the order of merges depend only on the shape, on the alignment of x and on the number of processors, and
// nothing is added atomically: two runs on a GPU give the same bits. Every element of x is read once, from global
// memory to registers, which is the bound; only states go through shared memory.
#pragma once

#include "reduction/block-reduce.cuh"
#include "reduction/reduce-plan.cuh"
#include "runtime/divider.cuh"
#include "runtime/launch.h"

namespace wengert {

/// Elements that a thread reads at once: 16 bytes, or the fold's `width` if it has one.
template <class Fold>
inline constexpr int rowVector = vectorLength<typename Fold::Element>;
template <class Fold>
  requires requires { Fold::width; }
inline constexpr int rowVector<Fold> = Fold::width;
/// Neighbouring columns that a thread reduces: at most 8, since each has a state in registers.
template <class Fold>
inline constexpr int columnVector = rowVector<Fold> < 8 ? rowVector<Fold> : 8;

/// Takes in this thread's share of the units begin .. end - 1 of V elements each: unit begin + rank and every size-th
/// unit after it. `unroll` loads are issued before the first is used, to hide the latency of memory. place(j) is the
/// offset of unit j in x, and `firstTerm` the number of the term at offset 0.
template <int V, class Fold, class PlaceOf>
__device__ __forceinline__ void takeUnits(const Fold& fold, typename Fold::State& state, Team team,
                                          const typename Fold::Element* x, std::int64_t begin, std::int64_t end,
                                          std::int64_t firstTerm, const PlaceOf& place) {
  using Unit = Vector<typename Fold::Element, V>;
  constexpr int unroll = Fold::loads;
  for (std::int64_t j = begin + team.rank(); j < end; j += unroll * team.size) {
    Unit units[unroll];       // (unroll, V), registers
    std::int64_t at[unroll];  // (unroll) offsets in x
#pragma unroll
    for (int u = 0; u < unroll; u++) {
      if (j + u * team.size >= end) continue;
      at[u] = place(j + u * team.size);
      units[u] = *reinterpret_cast<const Unit*>(x + at[u]);
    }
#pragma unroll
    for (int u = 0; u < unroll; u++) {
      if (j + u * team.size >= end) continue;
      fold.take(state, units[u].at, V, firstTerm + at[u], 1);
    }
  }
}

/// The part of `total` items that this split (blockIdx.y of gridDim.y) takes: total / splits each, and one more for the
/// first total % splits of them.
struct Share {
  std::int64_t begin;
  std::int64_t end;
};
__device__ __forceinline__ Share shareOf(std::int64_t total) {
  const std::int64_t splits = gridDim.y, split = blockIdx.y;
  const std::int64_t each = total / splits, more = total % splits;
  const std::int64_t begin = each * split + (split < more ? split : more);
  return {begin, begin + each + (split < more)};
}

/// Writes the result, or the state of this split if there are several splits.
template <class Fold>
__device__ __forceinline__ void storeResult(const Fold& fold, typename Fold::State state, typename Fold::Result* y,
                                            typename Fold::State* parts, std::int64_t at) {
  if (gridDim.y == 1) y[at] = narrow<typename Fold::Result>(fold.finish(state));
  else parts[at * gridDim.y + blockIdx.y] = state;
}

/// y[r] = fold of the terms of r, if the innermost axis is reduced. One team for each result, so a block has
/// blockDim.x / team.size results; blockIdx.y is the split. A thread keeps one state in registers, and reduceTeam
/// merges the team's states.
///
/// If the terms are one run, the share of a split may start at any address. It is read in three pieces:
///
///   | head | 16-byte vectors (body) ........ | tail |
///
/// so that rows of any length are read 16 bytes at a time. Head and tail are the "scalars" below.
template <class Fold>
__global__ void __launch_bounds__(256, 1)
    reduceRows(Fold fold,
               const typename Fold::Element* x,  // (dims)
               typename Fold::Result* y,         // (kept)
               typename Fold::State* parts,      // (kept, splits); null with one split
               ReducePlan plan,
               Divider unitsOfRun,               // vectors of a run, or its elements if not `vectors`
               bool vectors,                     // every run starts at a multiple of 16 bytes and is whole vectors
               Team team) {
  using T = typename Fold::Element;
  constexpr int V = rowVector<Fold>;
  SHARED_MEMORY(typename Fold::State, shared);
  const std::int64_t teams = blockDim.x / team.size;
  const std::int64_t runs = plan.run > 0 ? plan.terms / plan.run : 0;
  for (std::int64_t first = blockIdx.x * teams; first < plan.kept; first += gridDim.x * teams) {
    const std::int64_t row = first + team.group();
    typename Fold::State state[1] = {fold.identity()};
    if (row < plan.kept && plan.terms > 0) {
      const T* start = x + (plan.outerKept.count > 0 ? plan.outerKept.offset(row) : 0);
      Share scalars{0, 0}, units{0, 0};
      std::int64_t from = 0, head = 0, body = 0;
      if (runs == 1) {
        // `misplaced` is how many elements the share starts past a multiple of 16 bytes.
        const Share share = shareOf(plan.run);
        const std::int64_t length = share.end - share.begin;
        const std::int64_t misplaced = reinterpret_cast<std::uintptr_t>(start + share.begin) / sizeof(T) % V;
        from = share.begin;
        head = misplaced > 0 ? V - misplaced : 0;
        head = head < length ? head : length;
        units.end = (length - head) / V;
        body = units.end * V;
        scalars.end = length - body;
      } else {
        (vectors ? units : scalars) = shareOf(runs * unitsOfRun.divisor);
      }
      const auto placeOf = [&](std::int64_t unit, int width) {
        const std::int64_t run = unitsOfRun.quotient(unit);
        return plan.outerTerms.offset(run) + (unit - run * unitsOfRun.divisor) * width;
      };
      const T* begin = start + from;
      // Scalar j is in the head if j < head, else in the tail, which starts `body` elements later.
      takeUnits<1>(fold, state[0], team, begin, scalars.begin, scalars.end, from, [&](std::int64_t j) {
        return runs == 1 ? (j < head ? j : j + body) : placeOf(j, 1);
      });
      takeUnits<V>(fold, state[0], team, begin, units.begin, units.end, from, [&](std::int64_t j) {
        return runs == 1 ? head + j * V : placeOf(j, V);
      });
    }
    reduceTeam(fold, team, state, shared);
    if (row < plan.kept && team.rank() == 0) storeResult(fold, state[0], y, parts, row);
  }
}

/// y[plane][c] = fold over the terms of x[plane][term][c], if the innermost axis is kept. A block has a tile of
/// team.columns * V neighbouring columns; a thread has V of them, and the team.size threads of a column take turns
/// along the terms. Neighbouring threads read neighbouring 16 bytes:
///
///             columns of the tile, V a thread
///   term 0    | t0   | t1   | t2   | t3   |     rank 0
///   term 1    | t4   | t5   | t6   | t7   |     rank 1        columns = 4, size = 2
///   term 2    | t0   | t1   | t2   | t3   |     rank 0
///
/// A thread keeps V states in registers; reduceTeam merges those of a column through shuffles and shared memory.
template <class Fold>
__global__ void __launch_bounds__(256, 1)
    reduceColumns(Fold fold,
                  const typename Fold::Element* x,  // (dims, except the innermost axis; run)
                  typename Fold::Result* y,         // (planes, run)
                  typename Fold::State* parts,      // (planes, run, splits); null with one split
                  ReducePlan plan,
                  bool vectors,                     // every V columns start at a multiple of 16 bytes
                  Team team) {
  using T = typename Fold::Element;
  constexpr int V = columnVector<Fold>;
  constexpr int unroll = Fold::loads;
  SHARED_MEMORY(typename Fold::State, shared);
  const std::int64_t width = team.columns * V;
  const std::int64_t tiles = divideUp(plan.run, width);
  const Share share = shareOf(plan.terms);
  const std::int64_t blocks = tiles * (plan.kept / plan.run);
  for (std::int64_t block = blockIdx.x; block < blocks; block += gridDim.x) {
    const std::int64_t plane = block / tiles;
    const std::int64_t column = (block - plane * tiles) * width + team.column() * V;
    const int count = static_cast<int>(plan.run - column < V ? plan.run - column : V);
    const T* start = x + plan.outerKept.offset(plane) + column;
    typename Fold::State states[V];  // (V), registers
#pragma unroll
    for (int e = 0; e < V; e++) states[e] = fold.identity();
    for (std::int64_t term = share.begin + team.rank(); term < share.end && count > 0; term += unroll * team.size) {
      Vector<T, V> units[unroll] = {};  // (unroll, V), registers
#pragma unroll
      for (int u = 0; u < unroll; u++) {
        if (term + u * team.size >= share.end) continue;
        const T* at = start + plan.outerTerms.offset(term + u * team.size);
        if (vectors) {
          units[u] = *reinterpret_cast<const Vector<T, V>*>(at);
        } else {
          // Past the last column, column 0 is read again: its state is not stored.
#pragma unroll
          for (int e = 0; e < V; e++) units[u].at[e] = at[e < count ? e : 0];
        }
      }
      int found = 0;  // terms that were loaded
#pragma unroll
      for (int u = 0; u < unroll; u++) found += term + u * team.size < share.end;
#pragma unroll
      for (int e = 0; e < V; e++) {
        T column[unroll];  // a column of `units`
#pragma unroll
        for (int u = 0; u < unroll; u++) column[u] = units[u].at[e];
        fold.take(states[e], column, found, term, team.size);
      }
    }
    reduceTeam(fold, team, states, shared);
    if (team.rank() == 0)
#pragma unroll
      for (int e = 0; e < V; e++)
        if (e < count) storeResult(fold, states[e], y, parts, plane * plan.run + column + e);
  }
}

/// The second stage: y[r] = fold of parts[r][0 .. splits - 1], merged by one team in a fixed order.
template <class Fold>
__global__ void __launch_bounds__(256)
    mergeParts(Fold fold,
               const typename Fold::State* parts,  // (kept, splits)
               typename Fold::Result* y,           // (kept)
               std::int64_t kept,
               int splits,
               Team team) {
  SHARED_MEMORY(typename Fold::State, shared);
  const std::int64_t teams = blockDim.x / team.size;
  for (std::int64_t first = blockIdx.x * teams; first < kept; first += gridDim.x * teams) {
    const std::int64_t row = first + team.group();
    typename Fold::State state[1] = {fold.identity()};
    if (row < kept)
      for (int part = team.rank(); part < splits; part += team.size)
        state[0] = fold.merge(state[0], parts[row * splits + part]);
    reduceTeam(fold, team, state, shared);
    if (row < kept && team.rank() == 0) y[row] = narrow<typename Fold::Result>(fold.finish(state[0]));
  }
}

/// Into how many parts the terms of each result are split: enough for 8 blocks a processor, but at least `perBlock`
/// terms a part and at most 1024 parts. 1 if there are enough blocks without splitting.
inline unsigned chooseSplits(std::int64_t blocks, std::int64_t terms, std::int64_t perBlock) {
  const std::int64_t wanted = std::int64_t{stream().processors} * 8 / blocks;
  const std::int64_t possible = terms / perBlock;
  const std::int64_t splits = wanted < possible ? wanted : possible;
  return static_cast<unsigned>(splits < 1 ? 1 : splits > 1024 ? 1024 : splits);
}

constexpr std::int64_t mostBlocks = 1 << 30;

/// Reduces x to y as the plan says. Chooses the team, the number of blocks and the splits:
///   rows      one team for each result, so that each thread has about 4 vectors, in blocks of 256 threads
///   columns   up to 32 threads side by side, and enough along the terms that each thread has about 8
template <class Fold>
void runReduction(const Fold& fold, const Buffer& x, Buffer& y, const ReducePlan& plan) {
  using T = typename Fold::Element;
  using State = typename Fold::State;
  if (plan.kept == 0) return;
  const T* from = dataOf<T>(x);
  auto* to = dataOf<typename Fold::Result>(y);
  Team team{1, 1};
  constexpr int V = rowVector<Fold>;
  std::int64_t blocks;
  if (plan.rows) {
    team.size = blockThreads(divideUp(plan.terms, 4 * V));
  } else {
    team.columns = static_cast<int>(nextPowerOfTwo(divideUp(plan.run < 256 ? plan.run : 256, columnVector<Fold>)));
    team.columns = team.columns > 32 ? 32 : team.columns;
    team.size = blockThreads(divideUp(plan.terms, 8));
    team.size = team.size > 256 / team.columns ? 256 / team.columns : team.size;
  }
  int threads = team.columns * team.size;
  if (plan.rows) {
    threads = blockThreads(plan.kept < 256 ? plan.kept * team.size : 256);
    blocks = divideUp(plan.kept, threads / team.size);
  } else {
    blocks = divideUp(plan.run, team.columns * columnVector<Fold>) * (plan.kept / plan.run);
  }
  const unsigned splits = chooseSplits(blocks, plan.terms, team.size * (plan.rows ? 8 * V : 16));
  const Scratch parts(splits > 1 ? sizeof(State) * multiplySizes(plan.kept, splits) : 0);
  const dim3 grid(static_cast<unsigned>(blocks < mostBlocks ? blocks : mostBlocks), splits);
  if (plan.rows) {
    const bool vectors = plan.run % V == 0 && isAligned(from);
    const std::int64_t units = vectors ? plan.run / V : plan.run;
    launch(reduceRows<Fold>, {grid, dim3(threads), teamBytes<State>(team, threads)}, fold, from, to,
           parts.as<State>(), plan, Divider(units, plan.terms), vectors, team);
  } else {
    constexpr int W = columnVector<Fold>;
    const bool vectors = plan.run % W == 0 && isAligned(from);
    launch(reduceColumns<Fold>, {grid, dim3(threads), teamBytes<State, W>(team, threads)}, fold, from, to,
           parts.as<State>(), plan, vectors, team);
  }
  if (splits == 1) return;
  const Team merging{1, blockThreads(splits < 32 ? splits : 32)};
  const int mergingThreads = blockThreads(plan.kept < 256 ? plan.kept * merging.size : 256);
  const std::int64_t mergingBlocks = divideUp(plan.kept, mergingThreads / merging.size);
  launch(mergeParts<Fold>,
         {dim3(static_cast<unsigned>(mergingBlocks < mostBlocks ? mergingBlocks : mostBlocks)), dim3(mergingThreads),
          teamBytes<State>(merging, mergingThreads)},
         fold, parts.as<State>(), to, plan.kept, static_cast<int>(splits), merging);
}

}  // namespace wengert
