// Kernels that give each element of the output from the elements at the same place: 16 bytes an access, several
// accesses in flight, a grid-stride loop.
#pragma once

#include <cmath>

#include "runtime/launch.h"
#include "runtime/vectors.cuh"

namespace wengert {

/// Neighbouring elements that a thread works on at once where T is the widest type: 16 bytes, at most 8 elements.
template <class T>
inline constexpr int elementsAtOnce = sizeof(T) >= 2 ? 16 / sizeof(T) : 8;

constexpr int mostThreads = 256;

/// A grid-stride launch of one thread for each of `items`, or fewer: small work gets a small block.
inline LaunchShape gridStride(std::int64_t items, std::source_location where = std::source_location::current()) {
  const int threads = items >= mostThreads ? mostThreads : static_cast<int>(divideUp(items, 32)) * 32;
  return LaunchShape(gridStrideBlocks(items, threads), threads, 0, where);
}

/// The number of this thread in the grid, and the number of threads in the grid.
__device__ __forceinline__ std::int64_t threadInGrid() {
  return static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}
__device__ __forceinline__ std::int64_t threadsInGrid() { return static_cast<std::int64_t>(gridDim.x) * blockDim.x; }

/// Calls whole(first) for each whole vector of N elements that this thread has, and single(i) for each element beyond
/// the last of them.
template <int N, class Whole, class Single>
__device__ __forceinline__ void forEachVector(std::int64_t n, const Whole& whole, const Single& single) {
  const std::int64_t end = n / N * N;
  const std::int64_t step = threadsInGrid() * N;
  for (std::int64_t first = threadInGrid() * N; first < end; first += step) whole(first);
  const std::int64_t last = end + threadInGrid();  // blocks are of 32 threads or more
  if (last < n) single(last);
}

/// A number argument as arithmetic on the dtype takes it. Integers are limited to what a JavaScript number counts
/// exactly, which also stands for an infinite bound.
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

inline void requireVectors(const char* name, const Buffer& buffer) {
  if (!isAligned(buffer.data)) [[unlikely]]
    refuse(std::string(name) + " does not start at a multiple of 16 bytes");
}

/// y[i] = F::of(x[i], p, q). Two vectors are loaded before the first is used.
template <class F, class T, class R>
__global__ void unaryKernel(const T* __restrict__ x, R* __restrict__ y, std::int64_t n, Compute<T> p, Compute<T> q) {
  constexpr int N = elementsAtOnce<T>;
  const std::int64_t end = n / N * N;
  const std::int64_t step = threadsInGrid() * N;
  T in[2][N];
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

/// dx[i] = F::of(dy[i], s[i], p, q), where s is what the op saved, its input or its output.
template <class F, class T>
__global__ void gradientKernel(const T* __restrict__ dy, const T* __restrict__ s, T* __restrict__ dx, std::int64_t n,
                               Compute<T> p, Compute<T> q) {
  constexpr int N = elementsAtOnce<T>;
  forEachVector<N>(
      n,
      [&](std::int64_t first) {
        T cotangent[N], saved[N], out[N];
        load(cotangent, dy, first);
        load(saved, s, first);
#pragma unroll
        for (int i = 0; i < N; i++) out[i] = narrow<T>(F::of(widen(cotangent[i]), widen(saved[i]), p, q));
        store(out, dx, first);
      },
      [&](std::int64_t i) { dx[i] = narrow<T>(F::of(widen(dy[i]), widen(s[i]), p, q)); });
}

template <class F>
void runUnary(const Buffer& x, Buffer& y, std::int64_t n, double p, double q, std::source_location where) {
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

template <class F>
void runGradient(const Buffer& dy, const Buffer& s, Buffer& dx, std::int64_t n, double p, double q,
                 std::source_location where) {
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

/// The launchers, by how many numbers the function takes besides x.
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
