// wgmma: d (64, N) = a (64, 16) b (16, N) + d by a warpgroup of 128 threads, asynchronously. Included by
// ptx-hopper.cuh; its emulated twin is in emulator/ptx.h. The order of calls is
//
//   wgmmaFence -> one or more wgmma -> wgmmaCommit -> wgmmaWait
//
// and no thread may touch the registers of d from the first wgmma until after the wait.
#pragma once

namespace wengert {

/// Describes the layout of a 16-bit operand in shared memory:
///
///   contiguous   swizzle   layout
///   k            yes       rows as wide as the swizzle (128 bytes: 64 k); strideBytes from 8 rows to the next 8 rows;
///                          leadingBytes is not used
///   k            no        tiles of 8 rows of 16 bytes; strideBytes from tile to tile along rows, leadingBytes along k
///   rows         yes       leadingBytes from one width of rows to the next; strideBytes from 8 k to the next 8 k
///   rows         no        the same with the two exchanged
///
/// "rows contiguous" is the transposed form. Further k are reached by adding their bytes to `start`, within a row of
/// the swizzle.
__device__ __forceinline__ std::uint64_t matrixDescriptor(const void* start, Swizzle swizzle,
                                                          std::uint32_t leadingBytes, std::uint32_t strideBytes) {
  return std::uint64_t{(sharedAddress(start) & 0x3ffffu) >> 4} | std::uint64_t{leadingBytes >> 4} << 16 |
         std::uint64_t{strideBytes >> 4} << 32 | static_cast<std::uint64_t>((4 - static_cast<int>(swizzle)) % 4) << 62;
}

/// Needed before the first instruction, and after the thread has written registers of d or a.
__device__ __forceinline__ void wgmmaFence() { HOPPER("wgmma.fence.sync.aligned;" ::: "memory"); }
/// Ends a group: the instructions since the last commit.
__device__ __forceinline__ void wgmmaCommit() { HOPPER("wgmma.commit_group.sync.aligned;" ::: "memory"); }
/// Waits until at most `Groups` groups are pending. The empty asm statements name the registers of d, so that the
/// compiler does not read them before the wait.
template <int Groups, int N>
__device__ __forceinline__ void wgmmaWait([[maybe_unused]] float (&d)[N]) {
  HOPPER("wgmma.wait_group.sync.aligned %0;" ::"n"(Groups) : "memory");
#pragma unroll
  for (int i = 0; i < N; i++) HOPPER("" : "+f"(d[i])::"memory");
}

// The registers of d, 32 for every 64 columns, as operands and as text.
#define WGMMA_4(i) "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3])
#define WGMMA_16(i) WGMMA_4(i), WGMMA_4(i + 4), WGMMA_4(i + 8), WGMMA_4(i + 12)
#define WGMMA_32(i) WGMMA_16(i), WGMMA_16(i + 16)
#define WGMMA_64(i) WGMMA_32(i), WGMMA_32(i + 32)
#define WGMMA_TEXT_A                                                                                                \
  "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, %22, %23, "  \
  "%24, %25, %26, %27, %28, %29, %30, %31"
#define WGMMA_TEXT_B                                                                                               \
  "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, %53, " \
  "%54, %55, %56, %57, %58, %59, %60, %61, %62, %63"
#define WGMMA_TEXT_C                                                                                               \
  "%64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79, %80, %81, %82, %83, %84, %85, " \
  "%86, %87, %88, %89, %90, %91, %92, %93, %94, %95"
#define WGMMA_TEXT_D                                                                                              \
  "%96, %97, %98, %99, %100, %101, %102, %103, %104, %105, %106, %107, %108, %109, %110, %111, %112, %113, %114, " \
  "%115, %116, %117, %118, %119, %120, %121, %122, %123, %124, %125, %126, %127"

#define WGMMA_96(i) WGMMA_64(i), WGMMA_32(i + 64)
#define WGMMA_128(i) WGMMA_64(i), WGMMA_64(i + 64)
#define WGMMA_TEXT_AB WGMMA_TEXT_A ", " WGMMA_TEXT_B
#define WGMMA_TEXT_ABC WGMMA_TEXT_AB ", " WGMMA_TEXT_C
#define WGMMA_TEXT_ABCD WGMMA_TEXT_ABC ", " WGMMA_TEXT_D

// One instruction. f0, f1, ... are the numbers of the operands after d in the text. The predicate p is false if d must
// be overwritten instead of added to.
#define WGMMA_SHARED_TYPE(n, type, text, f0, f1, f2, f3, f4, ...)                                              \
  HOPPER("{\n.reg .pred p;\nsetp.ne.b32 p, %" #f2 ", 0;\n"                                                             \
         "wgmma.mma_async.sync.aligned.m64n" #n "k16.f32." type "." type " {" text "}, %" #f0 ", %" #f1                \
         ", p, 1, 1, %" #f3 ", %" #f4 ";\n}"                                                                           \
         : __VA_ARGS__                                                                                                 \
         : "l"(a), "l"(b), "r"(static_cast<int>(accumulate)), "n"(static_cast<int>(TransposeA)),                       \
           "n"(static_cast<int>(TransposeB)))
#define WGMMA_REGISTERS_TYPE(n, type, text, f0, f1, f2, f3, f4, f5, f6, ...)                                   \
  HOPPER("{\n.reg .pred p;\nsetp.ne.b32 p, %" #f5 ", 0;\n"                                                             \
         "wgmma.mma_async.sync.aligned.m64n" #n "k16.f32." type "." type " {" text "}, {%" #f0 ", %" #f1 ", %" #f2     \
         ", %" #f3 "}, %" #f4 ", p, 1, 1, %" #f6 ";\n}"                                                                \
         : __VA_ARGS__                                                                                                 \
         : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(static_cast<int>(accumulate)),                      \
           "n"(static_cast<int>(TransposeB)))
#define WGMMA_SHARED(n, ...)                                                            \
  if constexpr (std::is_same_v<T, __half>) WGMMA_SHARED_TYPE(n, "f16", __VA_ARGS__);    \
  else WGMMA_SHARED_TYPE(n, "bf16", __VA_ARGS__)
#define WGMMA_REGISTERS(n, ...)                                                         \
  if constexpr (std::is_same_v<T, __half>) WGMMA_REGISTERS_TYPE(n, "f16", __VA_ARGS__); \
  else WGMMA_REGISTERS_TYPE(n, "bf16", __VA_ARGS__)

/// With a in shared memory. d is spread over the threads: of each 8 columns j, a thread has d[4 j .. 4 j + 3] at (r,
/// c), (r, c + 1), (r + 8, c), (r + 8, c + 1), where r = 16 warp + lane / 4, c = 8 j + 2 (lane % 4), and `warp` is the
/// warp's number in the warpgroup. N is 64, 128, 192 or 256.
template <class T, int N, bool TransposeA = false, bool TransposeB = false>
__device__ __forceinline__ void wgmma(float (&d)[N / 2], std::uint64_t a, std::uint64_t b, bool accumulate) {
  static_assert(std::is_same_v<T, __nv_bfloat16> || std::is_same_v<T, __half>);
  static_assert(N == 64 || N == 128 || N == 192 || N == 256);
  if constexpr (N == 64) {
    WGMMA_SHARED(64, WGMMA_TEXT_A, 32, 33, 34, 35, 36, WGMMA_32(0));
  } else if constexpr (N == 128) {
    WGMMA_SHARED(128, WGMMA_TEXT_AB, 64, 65, 66, 67, 68, WGMMA_64(0));
  } else if constexpr (N == 192) {
    WGMMA_SHARED(192, WGMMA_TEXT_ABC, 96, 97, 98, 99, 100, WGMMA_96(0));
  } else {
    WGMMA_SHARED(256, WGMMA_TEXT_ABCD, 128, 129, 130, 131, 132, WGMMA_128(0));
  }
}

/// The same with a in registers: each warp has 16 rows of a, in the fragment layout of mma (ptx.cuh).
template <class T, int N, bool TransposeB = false>
__device__ __forceinline__ void wgmma(float (&d)[N / 2], const std::uint32_t (&a)[4], std::uint64_t b,
                                      bool accumulate) {
  static_assert(std::is_same_v<T, __nv_bfloat16> || std::is_same_v<T, __half>);
  static_assert(N == 64 || N == 128 || N == 192 || N == 256);
  if constexpr (N == 64) {
    WGMMA_REGISTERS(64, WGMMA_TEXT_A, 32, 33, 34, 35, 36, 37, 38, WGMMA_32(0));
  } else if constexpr (N == 128) {
    WGMMA_REGISTERS(128, WGMMA_TEXT_AB, 64, 65, 66, 67, 68, 69, 70, WGMMA_64(0));
  } else if constexpr (N == 192) {
    WGMMA_REGISTERS(192, WGMMA_TEXT_ABC, 96, 97, 98, 99, 100, 101, 102, WGMMA_96(0));
  } else {
    WGMMA_REGISTERS(256, WGMMA_TEXT_ABCD, 128, 129, 130, 131, 132, 133, 134, WGMMA_128(0));
  }
}

#undef WGMMA_4
#undef WGMMA_16
#undef WGMMA_32
#undef WGMMA_64
#undef WGMMA_96
#undef WGMMA_128
#undef WGMMA_TEXT_A
#undef WGMMA_TEXT_B
#undef WGMMA_TEXT_C
#undef WGMMA_TEXT_D
#undef WGMMA_TEXT_AB
#undef WGMMA_TEXT_ABC
#undef WGMMA_TEXT_ABCD
#undef WGMMA_SHARED_TYPE
#undef WGMMA_REGISTERS_TYPE
#undef WGMMA_SHARED
#undef WGMMA_REGISTERS

}  // namespace wengert
