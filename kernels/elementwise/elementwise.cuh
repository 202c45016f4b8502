// Kernels that compute each element of the output from the elements at the same index, and the loop that all
// elementwise kernels share. Functions of one number are rows (macros at the end) in unary.cu, activation.cu,
// rounding.cu and trigonometric.cu, gradients in activation-gradients.cu; binary.cuh, kernels/movement, kernels/random
// and kernels/creation use the loop. Broadcasting does not belong here; it is in walk.cuh.
//
// The loop: thread t of T threads has the vectors t, t + T, t + 2 T, ... of N neighbouring elements, 16 bytes each, and
// the n % N elements at the end go to the first threads:
//
//   | t0 | t1 | t2 | ... | tT-1 | t0 | t1 | ...            | e0 e1 .. |
//   |<-- whole vectors: n / N * N elements                ->|<- n % N ->|
#pragma once

#include <cmath>

#include "runtime/launch.h"
#include "runtime/vectors.cuh"

namespace wengert {

/// N, the neighbouring elements that a thread works on at once if T is the widest type: 16 bytes, at most 8 elements.
template <class T>
inline constexpr int elementsAtOnce = sizeof(T) >= 2 ? 16 / sizeof(T) : 8;

constexpr int mostThreads = 256;

/// A grid-stride launch of one thread for each of `items`, or fewer. Blocks have 256 threads, or as many whole warps as
/// there are items.
inline LaunchShape gridStride(std::int64_t items, std::source_location where = std::source_location::current()) {
  const int threads = items >= mostThreads ? mostThreads : static_cast<int>(divideUp(items, 32)) * 32;
  return LaunchShape(gridStrideBlocks(items, threads), threads, 0, where);
}

/// The number of this thread in the grid, and the number of threads of the grid; 64-bit, since arrays may be larger.
__device__ __forceinline__ std::int64_t threadInGrid() {
  return static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}
__device__ __forceinline__ std::int64_t threadsInGrid() { return static_cast<std::int64_t>(gridDim.x) * blockDim.x; }

/// The loop above: calls whole(first) for each vector of N elements that this thread has, and single(i) for its element
/// after the last vector, if it has one.
template <int N, class Whole, class Single>
__device__ __forceinline__ void forEachVector(std::int64_t n, const Whole& whole, const Single& single) {
  const std::int64_t end = n / N * N;
  const std::int64_t step = threadsInGrid() * N;
  for (std::int64_t first = threadInGrid() * N; first < end; first += step) whole(first);
  const std::int64_t last = end + threadInGrid();  // n % N < 32 <= threads, so a thread has at most one
  if (last < n) single(last);
}

/// A number argument in the type that the dtype is computed in. For integers it is limited to +-2^53, so an infinite
/// bound of clamp is larger than every element.
template <class C>
C numberAs(double value) {
  if constexpr (std::is_floating_point_v<C>) {
    return static_cast<C>(value);
  } else {
    constexpr double most = 9007199254740992.0;
    if (value != value) return 0;
    return static_cast<C>(value < -most ? -most : value > most ? most : value);
  }
}

/// Throws unless the buffer can be read 16 bytes at a time.
inline void requireVectors(const char* name, const Buffer& buffer) {
  if (!isAligned(buffer.data)) [[unlikely]]
    refuse(std::string(name) + " must start at a multiple of 16 bytes");
}

/// y[i] = F::of(x[i], p, q). A thread has 16 bytes at a time, in registers, and loads two vectors before it uses the
/// first. Elements are independent, so the result does not depend on the launch. Bound: sizeof(T) + sizeof(R) bytes an
/// element (4 in bfloat16).
template <class F, class T, class R>
__global__ void unaryKernel(const T* __restrict__ x,  // (n)
                            R* __restrict__ y,        // (n)
                            std::int64_t n, Compute<T> p, Compute<T> q) {
  constexpr int N = elementsAtOnce<T>;
  const std::int64_t end = n / N * N;
  const std::int64_t step = threadsInGrid() * N;
  T in[2][N];  // two vectors, registers
  const auto compute = [&](const T(&x)[N], std::int64_t first) {
    R out[N];
#pragma unroll
    for (int i = 0; i < N; i++) out[i] = narrow<R>(F::of(widen(x[i]), p, q));
    store(out, y, first);
  };
  for (std::int64_t first = threadInGrid() * N; first < end; first += 2 * step) {
    const bool both = first + step < end;
    load(in[0], x, first);
    if (both) load(in[1], x, first + step);
    compute(in[0], first);
    if (both) compute(in[1], first + step);
  }
  const std::int64_t last = end + threadInGrid();
  if (last < n) y[last] = narrow<R>(F::of(widen(x[last]), p, q));
}

/// dx[i] = F::of(dy[i], s[i], p, q), where s is the input or the output that the op saved. A thread has 16 bytes of
/// each array at a time, in registers. Bound: 3 sizeof(T) bytes an element (6 in bfloat16).
template <class F, class T>
__global__ void gradientKernel(const T* __restrict__ dy,  // (n)
                               const T* __restrict__ s,   // (n)
                               T* __restrict__ dx,        // (n)
                               std::int64_t n, Compute<T> p, Compute<T> q) {
  constexpr int N = elementsAtOnce<T>;
  forEachVector<N>(
      n,
      [&](std::int64_t first) {
        T cotangent[N], saved[N], out[N];  // a vector each, registers
        load(cotangent, dy, first);
        load(saved, s, first);
#pragma unroll
        for (int i = 0; i < N; i++) out[i] = narrow<T>(F::of(widen(cotangent[i]), widen(saved[i]), p, q));
        store(out, dx, first);
      },
      [&](std::int64_t i) { dx[i] = narrow<T>(F::of(widen(dy[i]), widen(s[i]), p, q)); });
}

/// Checks the arguments of a function of one number and launches its kernel. `where` is the line of the row, for
/// errors.
template <class F>
void runUnary(const Buffer& x,  // (n)
              Buffer& y,        // (n)
              std::int64_t n, double p, double q, std::source_location where) {
  requireLength("x", x, n);
  requireLength("y", y, n);
  requireDType("y", y, F::isPredicate ? DType::boolean : x.dtype);
  requireVectors("x", x);
  requireVectors("y", y);
  // A bool is a byte of 0 or 1, and is read as one.
  dispatch(x.dtype == DType::boolean && F::isPredicate ? DType::uint8 : x.dtype, typename F::Types{}, [&](auto type) {
    using T = typename decltype(type)::type;
    using R = std::conditional_t<F::isPredicate, bool8, T>;
    using C = Compute<T>;
    if (n == 0) return;
    launch(unaryKernel<F, T, R>, gridStride(divideUp(n, 2 * elementsAtOnce<T>), where), dataOf<T>(x), dataOf<R>(y), n,
           numberAs<C>(p), numberAs<C>(q));
  });
}

/// The same for a fused gradient.
template <class F>
void runGradient(const Buffer& dy,  // (n)
                 const Buffer& s,   // (n)
                 Buffer& dx,        // (n)
                 std::int64_t n, double p, double q, std::source_location where) {
  requireLength("dy", dy, n);
  requireLength("s", s, n);
  requireLength("dx", dx, n);
  requireDType("dy", dy, s.dtype);
  requireDType("dx", dx, s.dtype);
  requireVectors("dy", dy);
  requireVectors("s", s);
  requireVectors("dx", dx);
  dispatch(s.dtype, FloatTypes{}, [&](auto type) {
    using T = typename decltype(type)::type;
    using C = Compute<T>;
    if (n == 0) return;
    launch(gradientKernel<F, T>, gridStride(divideUp(n, elementsAtOnce<T>), where), dataOf<T>(dy), dataOf<T>(s),
           dataOf<T>(dx), n, numberAs<C>(p), numberAs<C>(q));
  });
}

/// The launchers of rows without numbers, with p, and with p and q.
template <class F>
void launchUnary(const Buffer& x, Buffer& y, std::int64_t n) {
  runUnary<F>(x, y, n, 0, 0, F::where);
}
template <class F>
void launchUnaryP(const Buffer& x, Buffer& y, std::int64_t n, double p) {
  runUnary<F>(x, y, n, p, 0, F::where);
}
template <class F>
void launchUnaryPQ(const Buffer& x, Buffer& y, std::int64_t n, double p, double q) {
  runUnary<F>(x, y, n, p, q, F::where);
}
template <class F>
void launchGradient(const Buffer& dy, const Buffer& s, Buffer& dx, std::int64_t n) {
  runGradient<F>(dy, s, dx, n, 0, 0, F::where);
}
template <class F>
void launchGradientP(const Buffer& dy, const Buffer& s, Buffer& dx, std::int64_t n, double p) {
  runGradient<F>(dy, s, dx, n, p, 0, F::where);
}
template <class F>
void launchGradientPQ(const Buffer& dy, const Buffer& s, Buffer& dx, std::int64_t n, double p, double q) {
  runGradient<F>(dy, s, dx, n, p, q, F::where);
}

}  // namespace wengert

/// One row of a table of functions: the op's name, its dtypes, its formula in x (and p, q), computed in C.
#define FUNCTION_ROW(name, types, predicate, formula, ...)                                            \
  namespace {                                                                                         \
  struct name##Row {                                                                                  \
    using Types = types;                                                                              \
    static constexpr bool isPredicate = predicate;                                                    \
    static constexpr std::source_location where = std::source_location::current();                    \
    template <class C>                                                                                \
    static __device__ __forceinline__ auto of(C x, [[maybe_unused]] C p, [[maybe_unused]] C q) {      \
      return formula;                                                                                 \
    }                                                                                                 \
  };                                                                                                  \
  }                                                                                                   \
  EXPORT_KERNEL_AS(name, __VA_ARGS__<name##Row>)
#define UNARY(name, types, formula) FUNCTION_ROW(name, types, false, C(formula), launchUnary)
#define UNARY_P(name, types, formula) FUNCTION_ROW(name, types, false, C(formula), launchUnaryP)
#define UNARY_PQ(name, types, formula) FUNCTION_ROW(name, types, false, C(formula), launchUnaryPQ)
#define PREDICATE(name, formula) FUNCTION_ROW(name, NumericTypes, true, bool(formula), launchUnary)

/// One row of a table of fused gradients: the formula of dx in dy and s (and p, q).
#define GRADIENT_ROW(name, formula, launcher)                                                         \
  namespace {                                                                                         \
  struct name##Row {                                                                                  \
    static constexpr std::source_location where = std::source_location::current();                    \
    template <class C>                                                                                \
    static __device__ __forceinline__ C of(C dy, C s, [[maybe_unused]] C p, [[maybe_unused]] C q) {   \
      return formula;                                                                                 \
    }                                                                                                 \
  };                                                                                                  \
  }                                                                                                   \
  EXPORT_KERNEL_AS(name, launcher<name##Row>)
#define GRADIENT(name, formula) GRADIENT_ROW(name, (formula), launchGradient)
#define GRADIENT_P(name, formula) GRADIENT_ROW(name, (formula), launchGradientP)
#define GRADIENT_PQ(name, formula) GRADIENT_ROW(name, (formula), launchGradientPQ)
