// Loads and stores of 16 bytes, for elementwise kernels, rows and matrix products. Kernels store vectors to global
// memory with `store`: the compiler may split a plain struct store into 4-byte stores, which need four times as many
// instructions.
#pragma once

#include "runtime/common.cuh"

namespace wengert {

/// A piece of memory of 1 to 16 bytes, copied with as few accesses as possible. Its members are words and not elements:
/// a class type such as __half would be copied element by element.
template <int bytes>
struct alignas(bytes) Words {
  using Word = std::conditional_t<bytes % 4 == 0, std::uint32_t,
                                  std::conditional_t<bytes % 2 == 0, std::uint16_t, std::uint8_t>>;
  Word at[bytes / sizeof(Word)];
};

/// N neighbouring elements; data + first is aligned to their size, or to 16 bytes.
template <int N, class T>
__device__ __forceinline__ void load(T (&x)[N], const T* data, std::int64_t first) {
  constexpr int bytes = sizeof(T) * N < 16 ? sizeof(T) * N : 16;
#pragma unroll
  for (int i = 0; i < static_cast<int>(sizeof(T) * N) / bytes; i++) {
    const auto words = reinterpret_cast<const Words<bytes>*>(data + first)[i];
    __builtin_memcpy(reinterpret_cast<char*>(x) + i * bytes, &words, bytes);
  }
}

/// Stores 16 bytes at once to global memory. By an intrinsic, because the compiler splits some plain stores of structs.
__device__ __forceinline__ void storeWords(Words<16>* target, const Words<16>& words) {
#ifdef __CUDACC__
  __stwb(reinterpret_cast<uint4*>(target), make_uint4(words.at[0], words.at[1], words.at[2], words.at[3]));
#else
  *target = words;
#endif
}

/// The same for smaller pieces.
template <int bytes>
__device__ __forceinline__ void storeWords(Words<bytes>* target, const Words<bytes>& words) {
  *target = words;
}

/// Stores N neighbouring elements to global memory, as `load` loads them.
template <int N, class T>
__device__ __forceinline__ void store(const T (&x)[N], T* data, std::int64_t first) {
  constexpr int bytes = sizeof(T) * N < 16 ? sizeof(T) * N : 16;
#pragma unroll
  for (int i = 0; i < static_cast<int>(sizeof(T) * N) / bytes; i++) {
    Words<bytes> words;
    __builtin_memcpy(&words, reinterpret_cast<const char*>(x) + i * bytes, bytes);
    storeWords(reinterpret_cast<Words<bytes>*>(data + first) + i, words);
  }
}

}  // namespace wengert
