// Everything that all kernels share: the element types and their arithmetic, dispatch over dtypes, vectors of 16 bytes,
// the size of grids. nvcc compiles it with CUDA's headers, a host compiler with the emulator's, so kernels include this
// file and never CUDA's. Anything that only one family needs belongs in that family's folder.
#pragma once

#ifdef __CUDACC__
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>
/// Dynamic shared memory, as a pointer to T; one array a kernel.
#define SHARED_MEMORY(T, name)                                        \
  extern __shared__ __align__(1024) unsigned char sharedMemoryBytes[]; \
  T* name = reinterpret_cast<T*>(sharedMemoryBytes)
#else
#include <cmath>

#include "emulator/cuda.h"
#include "emulator/types/half.h"
#endif

#include <cstdint>
#include <type_traits>

#include "runtime/buffer.h"
#include "runtime/check.h"

namespace wengert {

#ifdef __CUDACC__
using bfloat16 = __nv_bfloat16;
using float16 = __half;
#else
using emulator::bfloat16;
using emulator::float16;
#endif

/// A bool in memory: one byte, 0 or 1.
enum class bool8 : std::uint8_t {};

template <class T>
inline constexpr bool isHalf = std::is_same_v<T, bfloat16> || std::is_same_v<T, float16>;

template <class T>
inline constexpr bool isFloat = std::is_floating_point_v<T> || isHalf<T>;

/// The type that T is computed in: float32 for 16-bit floats, int64 for integers, which wrap when they are stored.
template <class T>
using Compute = std::conditional_t<std::is_same_v<T, double>, double, std::conditional_t<isFloat<T>, float, std::int64_t>>;

/// An element as a number to compute with.
template <class T>
__host__ __device__ __forceinline__ Compute<T> widen(T x) {
  if constexpr (std::is_same_v<T, bfloat16>) {
#ifdef __CUDACC__
    return __bfloat162float(x);
#else
    return emulator::toFloat(x);
#endif
  } else if constexpr (std::is_same_v<T, float16>) {
#ifdef __CUDACC__
    return __half2float(x);
#else
    return emulator::toFloat(x);
#endif
  } else {
    return static_cast<Compute<T>>(x);
  }
}

/// A number as an element: floats are rounded to nearest even, integers wrap modulo 2^32 or 2^8, bools are 0 or 1.
template <class T, class C>
__host__ __device__ __forceinline__ T narrow(C x) {
  if constexpr (std::is_same_v<T, bfloat16>) {
#ifdef __CUDACC__
    if constexpr (std::is_same_v<C, double>) return __double2bfloat16(x);
    else return __float2bfloat16_rn(static_cast<float>(x));
#else
    return emulator::toBfloat16(x);
#endif
  } else if constexpr (std::is_same_v<T, float16>) {
#ifdef __CUDACC__
    if constexpr (std::is_same_v<C, double>) return __double2half(x);
    else return __float2half_rn(static_cast<float>(x));
#else
    return emulator::toFloat16(x);
#endif
  } else if constexpr (std::is_same_v<T, bool8>) {
    return static_cast<bool8>(x != C(0));
  } else if constexpr (!isFloat<T> && std::is_floating_point_v<C>) {
    // NaN and numbers outside int64 become 0, so that the conversion is defined.
    return static_cast<T>(x > C(-9.2e18) && x < C(9.2e18) ? static_cast<std::int64_t>(x) : 0);
  } else {
    return static_cast<T>(x);
  }
}

/// Whether a number that is computed with is NaN; false for integers.
template <class C>
__device__ __forceinline__ bool isNaN(C x) {
  if constexpr (std::is_floating_point_v<C>) return x != x;
  else return false;
}

/// N neighbouring elements that are loaded and stored at once, 16 bytes by default.
template <class T, int N = 16 / sizeof(T)>
struct alignas(sizeof(T) * N) Vector {
  T at[N];
};

template <class T>
inline constexpr int vectorLength = 16 / sizeof(T);

/// Whether a pointer may be accessed 16 bytes at a time.
__host__ __device__ inline bool isAligned(const void* data) {
  return reinterpret_cast<std::uintptr_t>(data) % 16 == 0;
}

/// The DType of an element type.
template <class T>
inline constexpr DType dtypeOf = DType::float32;
template <>
inline constexpr DType dtypeOf<double> = DType::float64;
template <>
inline constexpr DType dtypeOf<bfloat16> = DType::bfloat16;
template <>
inline constexpr DType dtypeOf<float16> = DType::float16;
template <>
inline constexpr DType dtypeOf<std::int32_t> = DType::int32;
template <>
inline constexpr DType dtypeOf<std::uint8_t> = DType::uint8;
template <>
inline constexpr DType dtypeOf<bool8> = DType::boolean;

/// A type as a value: dispatch passes it to lambdas.
template <class T>
struct Type {
  using type = T;
};

template <class... T>
struct Types {};

using FloatTypes = Types<float, double, bfloat16, float16>;
using NumericTypes = Types<float, double, bfloat16, float16, std::int32_t, std::uint8_t>;
using AllTypes = Types<float, double, bfloat16, float16, std::int32_t, std::uint8_t, bool8>;

/// Calls f(Type<T>()) for the T of `types` that `dtype` names; refuses the call if it is not one of them.
template <class F, class... T>
void dispatch(DType dtype, Types<T...>, const F& f) {
  const bool found = ((dtypeOf<T> == dtype ? (f(Type<T>()), true) : false) || ...);
  if (!found) refuse(std::string("there is no kernel for ") + nameOf(dtype));
}

template <class T>
T* dataOf(Buffer& buffer) {
  return static_cast<T*>(buffer.data);
}
template <class T>
const T* dataOf(const Buffer& buffer) {
  return static_cast<const T*>(buffer.data);
}

/// x / y, rounded up.
__host__ __device__ constexpr std::int64_t divideUp(std::int64_t x, std::int64_t y) { return (x + y - 1) / y; }

/// Blocks for a grid-stride loop over `n` items, if a block takes `perBlock` items a turn: one turn if that needs at
/// most 16 blocks a processor, else 16 blocks a processor, which fill the device.
inline unsigned gridStrideBlocks(std::int64_t n, int perBlock) {
  const std::int64_t most = std::int64_t{stream().processors} * 16;
  const std::int64_t blocks = divideUp(n, perBlock);
  return static_cast<unsigned>(blocks < most ? blocks : most);
}

/// Reports bad data to the host, which throws when it next waits for the stream. Only the first report is kept: the
/// thread that changes `claimed` from 0 to 1 writes the record, then the flag in the host's memory.
__device__ inline void reportFault(KernelFault* fault, FaultRule rule, long long value, long long limit) {
  if (atomicCAS(&fault->claimed, 0, 1) != 0) return;
  fault->rule = static_cast<int>(rule);
  fault->value = value;
  fault->limit = limit;
  __threadfence_system();  // the host reads the record once it sees the flag
  *fault->flag = 1;
}

}  // namespace wengert
