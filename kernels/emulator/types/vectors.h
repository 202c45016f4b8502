// CUDA's short vectors, for kernels on the emulator (cuda.h includes this): structs that are aligned as a whole, so
// that one access moves the whole vector. Wengert's own vectors are in runtime/vectors.cuh.
#pragma once

#define EMULATOR_VECTOR2(T, name, bytes)  \
  struct alignas(bytes) name {            \
    T x, y;                               \
  };                                      \
  constexpr name make_##name(T x, T y) { return {x, y}; }

#define EMULATOR_VECTOR4(T, name, bytes)  \
  struct alignas(bytes) name {            \
    T x, y, z, w;                         \
  };                                      \
  constexpr name make_##name(T x, T y, T z, T w) { return {x, y, z, w}; }

EMULATOR_VECTOR2(float, float2, 8)
EMULATOR_VECTOR2(int, int2, 8)
EMULATOR_VECTOR2(unsigned, uint2, 8)
EMULATOR_VECTOR2(double, double2, 16)
EMULATOR_VECTOR2(long long, longlong2, 16)
EMULATOR_VECTOR4(float, float4, 16)
EMULATOR_VECTOR4(int, int4, 16)
EMULATOR_VECTOR4(unsigned, uint4, 16)
EMULATOR_VECTOR4(unsigned char, uchar4, 4)

#undef EMULATOR_VECTOR2
#undef EMULATOR_VECTOR4
