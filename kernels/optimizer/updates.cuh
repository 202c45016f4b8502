// In-place updates of many tensors by one launch, for step.cuh (and the checks for running-stats.cu). The
// addresses are kernel parameters, so nothing is copied to the device first. The rules of the optimizers do not belong
// here.
//
// The tensors are cut into chunks of 4096 elements, counted through all tensors; a block takes chunks in a grid-stride
// loop:
//
//   tensor       |        0         |  1  |       2       |
//   chunk        |  0  |  1  |  2   |  3  |   4   |   5   |      the last chunk of a tensor may be shorter
//   firstChunk    0                   3     4
#pragma once

#include "reduction/rows.cuh"
#include "runtime/launch.h"

namespace wengert {

/// The tensors of one launch: for each, `arrays` addresses (gradient, parameter, averages) and the length. `most` is as
/// many tensors as fit into the 4 KB of a kernel's parameters; a group with more tensors needs another launch.
template <int arrays>
struct TensorTable {
  static constexpr int most = 3900 / (8 * arrays + 16);
  static constexpr std::int64_t chunk = 4096;  // elements

  void* data[arrays][most];       // (arrays, count)
  std::int64_t length[most];      // (count), elements
  std::int64_t firstChunk[most];  // (count), increasing
  int count = 0;                  // tensors
  std::int64_t chunks = 0;        // of all tensors

  /// The tensor that a chunk belongs to: the last one whose first chunk is not after it, by binary search.
  __device__ int tensorOf(std::int64_t number) const {
    int low = 0, high = count - 1;
    while (low < high) {
      const int middle = (low + high + 1) / 2;
      if (firstChunk[middle] <= number) low = middle;
      else high = middle - 1;
    }
    return low;
  }
};

/// Calls f(element, count) for this thread's units of V elements of the chunk [begin, end); `count` of them exist.
template <int V, class F>
__device__ __forceinline__ void forChunkUnits(std::int64_t begin, std::int64_t end, const F& f) {
  for (std::int64_t at = begin + threadIdx.x * V; at < end; at += blockDim.x * V)
    f(at, static_cast<int>(end - at < V ? end - at : V));
}

/// Throws unless all lists have as many tensors as `lists[0]`, of the same lengths.
template <int N>
void checkLists(const BufferList (&lists)[N]) {
  for (const BufferList& list : lists) {
    requireCount("a list", list.count, lists[0].count);
    for (int i = 0; i < list.count; i++) requireLength("a tensor", list[i], lists[0][i].length);
  }
}

/// Fills tables with the tensors i for which `wanted(i)` is true, and calls run(table) for each table.
template <int N, class Wanted, class Run>
void forTables(const BufferList (&lists)[N], const Wanted& wanted, const Run& run) {
  TensorTable<N> table;
  for (int i = 0; i < lists[0].count; i++) {
    if (!wanted(i) || lists[0][i].length == 0) continue;
    if (table.count == table.most) {
      run(table);
      table.count = 0;
      table.chunks = 0;
    }
    for (int list = 0; list < N; list++) table.data[list][table.count] = lists[list][i].data;
    table.length[table.count] = lists[0][i].length;
    table.firstChunk[table.count++] = table.chunks;
    table.chunks += divideUp(lists[0][i].length, table.chunk);
  }
  if (table.count > 0) run(table);
}

}  // namespace wengert
