// cumsum, cumprod and recurrence: running sums, running products and linear recurrences along one axis of an array
// (outer, n, inner), from the front or from the back. launchScan chooses a tier by the shape of the lines. No tier uses
// atomics, so results are the same in every run.
#include "reduction/block-reduce.cuh"
#include "runtime/divider.cuh"
#include "runtime/launch.h"
#include "runtime/registry.h"

namespace wengert {
namespace {

constexpr int threads = 256;
constexpr int items = 4;  // neighbouring elements that a thread of scanLines takes in one turn

/// The fold of a product; integers wrap modulo 2^64.
template <class C>
struct Multiplication {
  __device__ C identity() const { return C(1); }
  __device__ C merge(C a, C b) const {
    if constexpr (std::is_floating_point_v<C>) return a * b;
    else return static_cast<C>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
  }
};

/// Lines along an axis of an array (outer, n, inner), from the front or from the back: element k of a line is at
/// first + k step. Line number = outer index * inner + inner index.
struct Lines {
  std::int64_t count;
  std::int64_t n;
  std::int64_t inner;
  bool reverse;
  Divider byInner;

  Lines(std::int64_t outer, std::int64_t n, std::int64_t inner, bool reverse)
      : count(multiplySizes(outer, inner)), n(n), inner(inner), reverse(reverse), byInner(inner, count + 1) {}

  std::int64_t elements() const { return multiplySizes(count, n); }
  __device__ std::int64_t step() const { return reverse ? -inner : inner; }
  __device__ std::int64_t first(std::int64_t line) const {
    const std::int64_t outer = byInner.quotient(line);
    return outer * n * inner + (line - outer * inner) + (reverse ? (n - 1) * inner : 0);
  }
};

/// One thread goes along one line: state = f(state, at) for each element, where f writes y[at]. Neighbouring threads
/// have neighbouring lines, so if inner > 1 they read neighbouring elements. The state is in a register. Bound: each
/// element is read and written once; each line is a chain of n dependent steps.
template <class C, class F>
__global__ void __launch_bounds__(threads, 1) walkLines(F f, C initial, Lines lines) {
  for (std::int64_t line = blockIdx.x * std::int64_t{blockDim.x} + threadIdx.x; line < lines.count;
       line += gridDim.x * std::int64_t{blockDim.x}) {
    C state = initial;
    std::int64_t at = lines.first(line);
    for (std::int64_t k = 0; k < lines.n; k++, at += lines.step()) state = f(state, at);
  }
}

/// y[k] = x[0] ... x[k]; if exclusive, without x[k].
template <class T, class Fold>
struct ScanStep {
  using C = Compute<T>;
  const T* x;  // (outer, n, inner)
  T* y;        // (outer, n, inner)
  bool exclusive;

  __device__ C operator()(C before, std::int64_t at) const {
    const C with = Fold().merge(before, widen(x[at]));
    y[at] = narrow<T>(exclusive ? before : with);
    return with;
  }
};

/// y[0] = 0, y[k + 1] = a[k] y[k] + b[k].
template <class T>
struct RecurrenceStep {
  using C = Compute<T>;
  const T* a;  // (outer, n, inner)
  const T* b;  // (outer, n, inner)
  T* y;        // (outer, n, inner)

  __device__ C operator()(C value, std::int64_t at) const {
    y[at] = narrow<T>(value);
    return widen(a[at]) * value + widen(b[at]);
  }
};

/// One block goes along one line of neighbouring elements (inner = 1), blockDim.x * items of them a turn. A turn has
/// two passes over the elements, which stay in registers in between:
///
///   1. totals upwards                              2. prefixes downwards
///      a thread merges its `items` elements           carry = all earlier turns
///      lanes scan their totals by shuffles            state = carry, then totals of the warps before this one,
///      lane 31 writes the warp's total to             then the lanes before this one
///      shared memory                                  y[k] = state merged with the thread's elements up to k
///
/// Every thread merges the warps' totals in the same order, so the carry is the same in all of them. Each element is
/// read and written once.
template <class T, class Fold>
__global__ void __launch_bounds__(threads)
    scanLines(const T* x,  // (lines, n)
              T* y,        // (lines, n)
              Lines lines,
              bool exclusive) {
  using C = Compute<T>;
  SHARED_MEMORY(C, totals);  // (warps): the warps' totals
  const Fold fold;
  const int lane = threadIdx.x & 31, warp = threadIdx.x / 32, warps = blockDim.x / 32;
  for (std::int64_t line = blockIdx.x; line < lines.count; line += gridDim.x) {
    const std::int64_t first = lines.first(line);
    C carry = fold.identity();
    for (std::int64_t from = 0; from < lines.n; from += blockDim.x * items) {
      const std::int64_t k = from + threadIdx.x * items;
      C elements[items];  // (items), registers
      C total = fold.identity();
#pragma unroll
      for (int i = 0; i < items; i++) {
        elements[i] = k + i < lines.n ? widen(x[first + (k + i) * lines.step()]) : fold.identity();
        total = fold.merge(total, elements[i]);
      }
      // After step d, total covers this thread and the 2 d - 1 lanes before it; at the end, all lanes up to this one.
      for (int distance = 1; distance < 32; distance *= 2) {
        const C before = __shfl_up_sync(~0u, total, distance);
        if (lane >= distance) total = fold.merge(before, total);
      }
      C before = __shfl_up_sync(~0u, total, 1);
      if (lane == 0) before = fold.identity();
      __syncthreads();  // every warp has read the totals of the last turn
      if (lane == 31) totals[warp] = total;
      __syncthreads();
      C state = carry;
      for (int w = 0; w < warps; w++) {
        if (w == warp) state = carry;
        carry = fold.merge(carry, totals[w]);
      }
      state = fold.merge(state, before);
#pragma unroll
      for (int i = 0; i < items; i++) {
        if (k + i >= lines.n) continue;
        const C with = fold.merge(state, elements[i]);
        y[first + (k + i) * lines.step()] = narrow<T>(exclusive ? state : with);
        state = with;
      }
    }
  }
}

using ScannedTypes = Types<float, double, bfloat16, float16, std::int32_t>;

/// Scans with the tier for the shape of the lines.
template <template <class> class Fold>
void launchScan(const Buffer& x,  // (outer, n, inner)
                Buffer& y,        // (outer, n, inner)
                std::int64_t outer, std::int64_t n, std::int64_t inner, std::int64_t reverse, bool exclusive) {
  const Lines lines(outer, n, inner, reverse != 0);
  requireLength("x", x, lines.elements());
  requireLength("y", y, x.length);
  requireDType("y", y, x.dtype);
  if (x.length == 0) return;
  dispatch(x.dtype, ScannedTypes(), [&]<class T>(Type<T>) {
    using C = Compute<T>;
    using Merge = Fold<C>;
    if (inner == 1 && n >= 128) {  // long contiguous lines: a block for each
      const int size = blockThreads(divideUp(n, items));
      const std::int64_t most = std::int64_t{stream().processors} * 16;
      launch(scanLines<T, Merge>, {dim3(static_cast<unsigned>(outer < most ? outer : most)), dim3(size),
                                   sizeof(C) * (size / 32)},
             dataOf<T>(x), dataOf<T>(y), lines, exclusive);
    } else {  // all other lines: a thread for each
      using Step = ScanStep<T, Merge>;
      constexpr C initial = std::is_same_v<Merge, Addition<C>> ? C(0) : C(1);
      launch(walkLines<C, Step>, {dim3(gridStrideBlocks(lines.count, threads)), dim3(blockThreads(lines.count))},
             Step{dataOf<T>(x), dataOf<T>(y), exclusive}, initial, lines);
    }
  });
}

void cumsum(const Buffer& x, Buffer& y, std::int64_t outer, std::int64_t n, std::int64_t inner, std::int64_t reverse) {
  launchScan<Addition>(x, y, outer, n, inner, reverse, false);
}

void cumprod(const Buffer& x, Buffer& y, std::int64_t outer, std::int64_t n, std::int64_t inner, std::int64_t reverse,
             std::int64_t exclusive) {
  launchScan<Multiplication>(x, y, outer, n, inner, reverse, exclusive != 0);
}

/// y[0] = 0, y[k + 1] = a[k] y[k] + b[k] along the axis.
void recurrence(const Buffer& a,  // (outer, n, inner)
                const Buffer& b,  // (outer, n, inner)
                Buffer& y,        // (outer, n, inner)
                std::int64_t outer, std::int64_t n, std::int64_t inner, std::int64_t reverse) {
  const Lines lines(outer, n, inner, reverse != 0);
  requireLength("a", a, lines.elements());
  requireLength("b", b, a.length);
  requireLength("y", y, a.length);
  requireDType("b", b, a.dtype);
  requireDType("y", y, a.dtype);
  if (a.length == 0) return;
  dispatch(a.dtype, FloatTypes(), [&]<class T>(Type<T>) {
    using C = Compute<T>;
    launch(walkLines<C, RecurrenceStep<T>>,
           {dim3(gridStrideBlocks(lines.count, threads)), dim3(blockThreads(lines.count))},
           RecurrenceStep<T>{dataOf<T>(a), dataOf<T>(b), dataOf<T>(y)}, C(0), lines);
  });
}

EXPORT_KERNEL(cumsum)
EXPORT_KERNEL(cumprod)
EXPORT_KERNEL(recurrence)

}  // namespace
}  // namespace wengert
