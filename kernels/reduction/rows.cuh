// The template of ops on rows: softmax, normalization, the losses of classification. A team of threads reads a row,
// reduces it once or twice, and writes an array of its length, or a few numbers, or both. The ops themselves are
// structs in the folders of their families; a reduction that writes only its results uses reduction.cuh.
//
// A row is read a tile at a time: as many elements as the team can hold in registers. Here a team of 4 threads t0 to t3
// with U = 2 units of V elements each; V elements are 16 bytes:
//
//   |  t0  |  t1  |  t2  |  t3  |  t0  |  t1  |  t2  |  t3  | next tile ...
//   |<--------- u = 0 --------->|<--------- u = 1 --------->|
//
// Neighbouring threads read neighbouring 16 bytes, and U of these loads are in flight. Between the passes of an
// op, the row is in:
//
//   one tile (not float64)            registers        read once from global memory
//   longer, aligned and fits          shared memory    read once from global memory
//   longer otherwise                  nowhere          read again in each pass
//
// In the first two cases an op with one source and a result moves 2 sizeof(T) bytes an element, which is its bound. A
// row's states are merged in a fixed order, so results are the same in every run.
#pragma once

#include "reduction/block-reduce.cuh"
#include "runtime/divider.cuh"
#include "runtime/launch.h"
#include "runtime/vectors.cuh"

namespace wengert {

/// Rows along an axis of an array (outer, size, inner): element k of row (o, i) is at (o size + k) inner + i.
struct RowShape {
  std::int64_t outer;
  std::int64_t size;
  std::int64_t inner;

  __host__ __device__ std::int64_t rows() const { return outer * inner; }
  std::int64_t elements() const { return multiplySizes(multiplySizes(outer, size), inner); }
};

/// Elements of a dtype that is known at run time only: class weights, statistics. Read one at a time.
struct AnyData {
  const void* data = nullptr;
  DType dtype = DType::float32;

  AnyData() = default;
  __host__ __device__ AnyData(const void* data, DType dtype) : data(data), dtype(dtype) {}
  AnyData(const Buffer& buffer) : data(buffer.data), dtype(buffer.dtype) {}
  AnyData(const Buffer* buffer) {
    if (buffer != nullptr) *this = AnyData(*buffer);
  }

  __device__ explicit operator bool() const { return data != nullptr; }
  template <class C>
  __device__ C at(std::int64_t i) const {
    switch (dtype) {
      case DType::float32: return static_cast<C>(static_cast<const float*>(data)[i]);
      case DType::float64: return static_cast<C>(static_cast<const double*>(data)[i]);
      case DType::bfloat16: return static_cast<C>(widen(static_cast<const bfloat16*>(data)[i]));
      case DType::float16: return static_cast<C>(widen(static_cast<const float16*>(data)[i]));
      case DType::int32: return static_cast<C>(static_cast<const std::int32_t*>(data)[i]);
      default: return static_cast<C>(static_cast<const std::uint8_t*>(data)[i]);
    }
  }
};

/// `count` of V elements, `step` apart; with `vectors`, all V at once. Elements past `count` are 0.
template <class T, int V>
__device__ __forceinline__ Vector<T, V> loadUnit(const T* at, int count, std::int64_t step, bool vectors) {
  if (vectors) return *reinterpret_cast<const Vector<T, V>*>(at);
  Vector<T, V> unit;
#pragma unroll
  for (int e = 0; e < V; e++) unit.at[e] = e < count ? at[e * step] : narrow<T>(0.0f);
  return unit;
}

/// Rounds V values to T and stores the first `count` of them; the counterpart of loadUnit.
template <class T, int V>
__device__ __forceinline__ void storeUnit(T* at, const Compute<T> (&values)[V], int count, std::int64_t step,
                                          bool vectors) {
  T unit[V];
#pragma unroll
  for (int e = 0; e < V; e++) unit[e] = narrow<T>(values[e]);
  if (vectors) {
    store(unit, at, 0);
    return;
  }
#pragma unroll
  for (int e = 0; e < V; e++)
    if (e < count) at[e * step] = unit[e];
}

/// V, the elements of a row that a thread reads at once, and U, how many of these units it holds: 16 elements, or 8
/// doubles.
template <class T>
inline constexpr int rowUnit = vectorLength<T>;
template <class T>
inline constexpr int rowUnits = std::is_same_v<T, double> ? 4 : 16 / rowUnit<T>;

/// The interface of an op on rows. It derives from RowOp<T>, sets `sources` and `source` (how many arrays of the shape
/// of the rows are read, and where they are), and has
///   State, fold()                     how a row is reduced
///   Row, begin(number, start)         the values that each thread keeps for a row, whose first element is at `start`
///   take(state, row, x, count, k)     takes in `count` elements from the k-th on; x[s][e] is element k + e of source s
///   settle(row, state)                turns the row's reduced state into values of Row
/// and, if the flags are set,
///   takeSecond(row, x, count, k), settleSecond(row, sum)   a second sum, if secondly()
///   results(row, x, count, k, y)      elements of `result`, an array of the shape of the rows
///   finish(row, number)               the numbers of a row; called by one thread
template <class T>
struct RowOp {
  using Element = T;
  static constexpr bool hasSecond = false;
  static constexpr bool hasResult = true;
  static constexpr bool hasNumbers = false;
  T* result = nullptr;   // (outer, size, inner); null without hasResult
  bool vectors = false;  // sources and result can be accessed 16 bytes at a time

  __device__ bool reduces() const { return true; }
};

/// Bytes of a row's sources in shared memory.
template <class Op>
std::size_t rowBytes(std::int64_t size) {
  return static_cast<std::size_t>(size) * sizeof(typename Op::Element) * Op::sources;
}

constexpr std::size_t roundTo16(std::size_t bytes) { return (bytes + 15) / 16 * 16; }

/// Runs an op on rows. Each team takes rows in a grid-stride loop; team `column` of group g of a block has row
/// first + g columns + column. The passes over a row, each over the tiles of the diagram at the top:
///   1. op.take, then reduceTeam and op.settle, if the op reduces
///   2. op.takeSecond, then reduceTeam and op.settleSecond, if it has a second sum
///   3. op.results, stored 16 bytes at a time
///   4. op.finish, by the thread of rank 0
/// At least one block a multiprocessor in the launch bounds: with more, ptxas spills registers.
/// @tparam held - a row is one tile, which stays in registers
template <class Op, bool held>
__global__ void __launch_bounds__(512, 1)
    walkRows(Op op,
             RowShape shape,   // (outer, size, inner)
             Divider byInner,
             Team team,
             int cacheAt,      // byte of shared memory at which the cache starts, after reduceTeam's states
             bool cached) {    // the row is kept in shared memory
  using T = typename Op::Element;
  using C = Compute<T>;
  constexpr int V = rowUnit<T>;
  constexpr int U = rowUnits<T>;
  constexpr int S = Op::sources;
  SHARED_MEMORY(unsigned char, shared);
  T* cache = reinterpret_cast<T*>(shared + cacheAt);  // (S, size)

  const std::int64_t rowsOfBlock = blockDim.x / team.size;
  const std::int64_t step = shape.inner;
  for (std::int64_t first = blockIdx.x * rowsOfBlock; first < shape.rows(); first += gridDim.x * rowsOfBlock) {
    const std::int64_t number = first + team.group() * team.columns + team.column();
    const bool valid = number < shape.rows();
    const std::int64_t outer = byInner.quotient(number);
    const std::int64_t start = outer * shape.size * step + (number - outer * step);
    const std::int64_t size = valid ? shape.size : 0;

    Vector<T, V> tile[S][U];  // (S, U, V), registers
    // Element of the row at which unit u of this thread starts, and how many of its V elements exist.
    const auto place = [&](std::int64_t from, int u) { return from + (u * team.size + team.rank()) * V; };
    const auto countAt = [&](std::int64_t k) { return static_cast<int>(size - k < V ? size - k : V); };
    const auto load = [&](std::int64_t from, bool again) {
#pragma unroll
      for (int s = 0; s < S; s++)
#pragma unroll
        for (int u = 0; u < U; u++) {
          const std::int64_t k = place(from, u);
          if (k >= size) continue;
          Vector<T, V>* kept = reinterpret_cast<Vector<T, V>*>(cache + s * size + k);
          if (again && cached) {
            tile[s][u] = *kept;
          } else {
            tile[s][u] = loadUnit<T, V>(op.source[s] + start + k * step, countAt(k), step, op.vectors);
            if (!held && cached) *kept = tile[s][u];
          }
        }
    };
    // Calls f(x, count, k) for each unit of the tile, with the elements as numbers x (S, V).
    const auto forUnits = [&](std::int64_t from, const auto& f) {
#pragma unroll
      for (int u = 0; u < U; u++) {
        const std::int64_t k = place(from, u);
        if (k >= size) continue;
        C x[S][V];
#pragma unroll
        for (int s = 0; s < S; s++)
#pragma unroll
          for (int e = 0; e < V; e++) x[s][e] = widen(tile[s][u].at[e]);
        f(x, countAt(k), k);
      }
    };
    // One pass over the row; `again` if an earlier pass has put it into the cache.
    const auto pass = [&](bool again, const auto& f) {
      if constexpr (held) {
        forUnits(0, f);
      } else {
        for (std::int64_t from = 0; from < size; from += team.size * V * U) {
          load(from, again);
          forUnits(from, f);
        }
      }
    };

    if (held) load(0, false);
    typename Op::Row row = valid ? op.begin(number, start) : typename Op::Row{};
    const bool reduces = op.reduces();
    if (reduces) {
      typename Op::State state[1] = {op.fold().identity()};
      pass(false, [&](const C(&x)[S][V], int count, std::int64_t k) { op.take(state[0], row, x, count, k); });
      reduceTeam(op.fold(), team, state, reinterpret_cast<typename Op::State*>(shared));
      op.settle(row, state[0]);
    }
    if constexpr (Op::hasSecond) {
      if (op.secondly()) {
        C sum[1] = {C(0)};
        pass(true, [&](const C(&x)[S][V], int count, std::int64_t k) { sum[0] += op.takeSecond(row, x, count, k); });
        reduceTeam(Addition<C>(), team, sum, reinterpret_cast<C*>(shared));
        op.settleSecond(row, sum[0]);
      }
    }
    if constexpr (Op::hasResult)
      pass(reduces, [&](const C(&x)[S][V], int count, std::int64_t k) {
        C y[V];
        op.results(row, x, count, k, y);
        storeUnit<T, V>(op.result + start + k * step, y, count, step, op.vectors);
      });
    if constexpr (Op::hasNumbers)
      if (valid && team.rank() == 0) op.finish(row, number);
  }
}

/// Runs an op over all rows. A team has enough threads for one tile to be the row, at most 512 / columns; a block has
/// at least 128 threads if there are rows for them.
template <class Op>
void runRows(Op op, RowShape shape) {
  using T = typename Op::Element;
  constexpr int tile = rowUnit<T> * rowUnits<T>;
  if (shape.rows() == 0) return;
  op.vectors = shape.inner == 1 && shape.size % rowUnit<T> == 0 && (op.result == nullptr || isAligned(op.result));
  for (const T* source : op.source) op.vectors = op.vectors && isAligned(source);

  Team team{1, 1};
  if (shape.inner > 1) team.columns = static_cast<int>(nextPowerOfTwo(shape.inner < 32 ? shape.inner : 32));
  const int most = 512 / team.columns;
  const std::int64_t wanted = divideUp(shape.size, tile);
  team.size = static_cast<int>(nextPowerOfTwo(wanted < most ? wanted : most));
  const std::int64_t threadsWanted = multiplySizes(divideUp(shape.rows(), team.columns), team.columns * team.size);
  int threads = static_cast<int>(nextPowerOfTwo(threadsWanted < 128 ? threadsWanted : 128));
  if (threads < team.columns * team.size) threads = team.columns * team.size;
  const std::int64_t blocks = divideUp(shape.rows(), threads / team.size);
  const unsigned grid = static_cast<unsigned>(blocks < (1 << 30) ? blocks : 1 << 30);
  // The last group of teams may look up rows past the end, so the limit is larger.
  const Divider byInner(shape.inner, shape.rows() + threads);
  const std::size_t reducing = roundTo16(teamBytes<typename Op::State>(team, threads));
  // float64 has no kernel that holds short rows in registers; they are kept in shared memory.
  if constexpr (!std::is_same_v<T, double>) {
    if (wanted <= most) {
      launch(walkRows<Op, true>, {dim3(grid), dim3(threads), reducing}, op, shape, byInner, team, 0, false);
      return;
    }
  }
  const bool cached = op.vectors && threads == team.size &&
                      reducing + rowBytes<Op>(shape.size) <= static_cast<std::size_t>(stream().mostShared);
  launch(walkRows<Op, false>, {dim3(grid), dim3(threads), reducing + (cached ? rowBytes<Op>(shape.size) : 0)}, op,
         shape, byInner, team, static_cast<int>(reducing), cached);
}

}  // namespace wengert
