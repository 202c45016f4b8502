// Conversion of elements from any dtype to any other, for cast.cu: three kernels for 49 pairs. A kernel is compiled for
// the type that numbers have in registers (float for floats of 32 and 16 bits, double, int64 for integers and bools);
// the dtypes in memory are a branch that is the same in all threads.
#pragma once

#include "elementwise/elementwise.cuh"

namespace wengert {

/// Elements that a thread converts at once.
constexpr int castAtOnce = 8;

/// Reads 8 neighbouring elements of type T as numbers of type C.
template <class T, class C>
__device__ __forceinline__ void readAs(C (&held)[castAtOnce], const void* x, std::int64_t first) {
  T in[castAtOnce];
  load(in, static_cast<const T*>(x), first);
#pragma unroll
  for (int i = 0; i < castAtOnce; i++) held[i] = widen(in[i]);
}

/// Rounds as the CPU backend does: numbers that become 16-bit floats are rounded to float32 first.
template <class T, class C>
__device__ __forceinline__ T converted(C value) {
  if constexpr (isHalf<T>) return narrow<T>(static_cast<float>(value));
  else return narrow<T>(value);
}

/// Writes 8 numbers as neighbouring elements of type T.
template <class T, class C>
__device__ __forceinline__ void writeAs(const C (&held)[castAtOnce], void* y, std::int64_t first) {
  T out[castAtOnce];
#pragma unroll
  for (int i = 0; i < castAtOnce; i++) out[i] = converted<T>(held[i]);
  store(out, static_cast<T*>(y), first);
}

/// Calls f(Type<T>()) for the T of a dtype whose numbers have type C in registers.
template <class C, class F>
__device__ __forceinline__ void withSource(DType dtype, const F& f) {
  if constexpr (std::is_same_v<C, double>) {
    f(Type<double>());
  } else if constexpr (std::is_same_v<C, float>) {
    if (dtype == DType::float32) f(Type<float>());
    else if (dtype == DType::bfloat16) f(Type<bfloat16>());
    else f(Type<float16>());
  } else {
    if (dtype == DType::int32) f(Type<std::int32_t>());
    else f(Type<std::uint8_t>());  // bools too: bytes of 0 or 1
  }
}

/// Calls f(Type<T>()) for the T of a dtype.
template <class F>
__device__ __forceinline__ void withTarget(DType dtype, const F& f) {
  switch (dtype) {
    case DType::float32: return f(Type<float>());
    case DType::float64: return f(Type<double>());
    case DType::bfloat16: return f(Type<bfloat16>());
    case DType::float16: return f(Type<float16>());
    case DType::int32: return f(Type<std::int32_t>());
    case DType::uint8: return f(Type<std::uint8_t>());
    case DType::boolean: return f(Type<bool8>());
  }
}

/// y[i] = x[i], converted. A thread converts 8 neighbouring elements: vectors from global memory, numbers of type C in
/// registers, vectors back. Elements are independent. Bound: the bytes of both dtypes for each element.
template <class C>
__global__ void castKernel(const void* __restrict__ x,  // (n), of dtype `from`
                           DType from,
                           void* __restrict__ y,        // (n), of dtype `to`
                           DType to,
                           std::int64_t n) {
  forEachVector<castAtOnce>(
      n,
      [&](std::int64_t first) {
        C held[castAtOnce];
        withSource<C>(from, [&](auto type) { readAs<typename decltype(type)::type>(held, x, first); });
        withTarget(to, [&](auto type) { writeAs<typename decltype(type)::type>(held, y, first); });
      },
      [&](std::int64_t i) {
        C held{};
        withSource<C>(from, [&](auto type) { held = widen(static_cast<const typename decltype(type)::type*>(x)[i]); });
        withTarget(to, [&](auto type) {
          using T = typename decltype(type)::type;
          static_cast<T*>(y)[i] = converted<T>(held);
        });
      });
}

/// y = x in the dtype of y.
inline void launchCast(const Buffer& x, Buffer y, std::source_location where = std::source_location::current()) {
  const std::int64_t n = x.length;
  if (n == 0) return;
  const LaunchShape shape = gridStride(divideUp(n, castAtOnce), where);
  const auto start = [&](auto kernel) { launch(kernel, shape, x.data, x.dtype, y.data, y.dtype, n); };
  const bool isFloat32OrLess = x.dtype == DType::float32 || x.dtype == DType::bfloat16 || x.dtype == DType::float16;
  if (x.dtype == DType::float64) start(castKernel<double>);
  else if (isFloat32OrLess) start(castKernel<float>);
  else start(castKernel<std::int64_t>);
}

}  // namespace wengert
