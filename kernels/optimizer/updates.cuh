// In-place updates of many tensors at once: one launch goes over all parameters of a group. The pointers travel in the
// launch's own parameters, so that nothing is copied to the device first.
#pragma once

#include "reduction/rows.cuh"
#include "runtime/launch.h"

namespace wengert {

/// Lists of tensors that belong together element by element: `arrays` pointers for each tensor, and its length. As many
/// tensors as fit into the 4 KB that the parameters of a launch may take; a group with more takes another launch.
template <int arrays>
struct TensorTable {
  static constexpr int most = 3900 / (8 * arrays + 16);
  static constexpr std::int64_t chunk = 4096;  // elements

  void* data[arrays][most];
  std::int64_t length[most];
  std::int64_t firstChunk[most];
  int count = 0;
  std::int64_t chunks = 0;

  /// The tensor that a chunk belongs to.
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

/// Calls f(list number, element) for the elements of a chunk that fall to this thread, in units of V.
template <int V, class F>
__device__ __forceinline__ void forChunkUnits(std::int64_t begin, std::int64_t end, const F& f) {
  for (std::int64_t at = begin + threadIdx.x * V; at < end; at += blockDim.x * V)
    f(at, static_cast<int>(end - at < V ? end - at : V));
}

/// Checks the lists of an update against each other; `lists[0]` gives the lengths.
template <int N>
void checkLists(const BufferList (&lists)[N]) {
  for (const BufferList& list : lists) {
    requireCount("a list", list.count, lists[0].count);
    for (int i = 0; i < list.count; i++) requireLength("a tensor", list[i], lists[0][i].length);
  }
}

/// Fills tables from the tensors that `wanted(i)` names, and calls run(table, last) for each table.
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
