// A test program of the emulator: a matmul of warps, with cp.async in several stages, ldmatrix and mma.sync. It must
// run clean without a bug, and each planted bug must be found in every schedule. Run by tests/kernels/emulator.test.ts.
#include "emulator/tests/harness.h"

using namespace wengert;

namespace {

enum class Bug { none, waitOneTooFew, noWait, noBarrier, wrongStage, skewedRow, noUnswizzle };

constexpr int tile = 64, depth = 32, stages = 3, threads = 128;

// The offset in elements of the 16 bytes `chunk` of a row of 64 bytes: an XOR swizzle spreads a column over the banks.
__device__ int placeOf(int row, int chunk) { return row * depth + (chunk ^ (row / 2 % 4)) * 8; }

// y (m, n) = a (m, k) b (n, k)^T in tiles of 64 x 64 x 32; m and n are multiples of 64, k of 32. Each of 4 warps has a
// quarter (32, 32) of the tile in registers; stages of a and b are a ring of 3 in shared memory.
template <class T, Bug bug>
__global__ void warpMatmul(const T* a,  // (m, k)
                           const T* b,  // (n, k)
                           float* y,    // (m, n)
                           int n, int k) {
  SHARED_MEMORY(T, s);                  // (stages, 2, tile, depth): a and b of each stage
  const int t = static_cast<int>(threadIdx.x), warp = t / 32, lane = t % 32;
  const int row0 = static_cast<int>(blockIdx.y) * tile, column0 = static_cast<int>(blockIdx.x) * tile;
  const auto stageA = [&](int step) { return s + step % stages * 2 * tile * depth; };
  const auto stageB = [&](int step) { return stageA(step) + tile * depth; };
  const int count = k / depth;
  const auto load = [&](int step) {
    if (step < count)
      for (int i = t; i < tile * 4; i += threads) {
        copyAsync16(stageA(step) + placeOf(i / 4, i % 4), a + (row0 + i / 4) * k + step * depth + i % 4 * 8);
        copyAsync16(stageB(step) + placeOf(i / 4, i % 4), b + (column0 + i / 4) * k + step * depth + i % 4 * 8);
      }
    copyAsyncCommit();
  };
  float sum[2][4][4] = {};  // of the warp's 32 x 32: 2 x 4 tiles of 16 x 8
  for (int step = 0; step < stages - 1; step++) load(step);
  for (int step = 0; step < count; step++) {
    if constexpr (bug == Bug::waitOneTooFew) copyAsyncWait<stages - 1>();
    else if constexpr (bug != Bug::noWait) copyAsyncWait<stages - 2>();
    if constexpr (bug != Bug::noBarrier) __syncthreads();
    load(step + stages - 1);
    const T* const tileA = stageA(bug == Bug::wrongStage ? step + 1 : step) + warp / 2 * 32 * depth;
    const T* const tileB = stageB(step) + warp % 2 * 32 * depth;
    for (int inner = 0; inner < 2; inner++) {
      std::uint32_t partA[2][4], partB[4][2];
      for (int i = 0; i < 2; i++) {
        const int row = i * 16 + lane % 16, chunk = inner * 2 + lane / 16;
        loadMatrix(partA[i], tileA + (bug == Bug::noUnswizzle ? row * depth + chunk * 8 : placeOf(row, chunk)) +
                                 (bug == Bug::skewedRow ? 2 : 0));
      }
      for (int j = 0; j < 4; j++) loadMatrix(partB[j], tileB + placeOf(j * 8 + lane % 8, inner * 2 + lane / 8 % 2));
      for (int i = 0; i < 2; i++)
        for (int j = 0; j < 4; j++) mma<T>(sum[i][j], partA[i], partB[j]);
    }
  }
  copyAsyncWait<0>();
  for (int i = 0; i < 2; i++)
    for (int j = 0; j < 4; j++)
      for (int e = 0; e < 4; e++) {
        const int row = row0 + warp / 2 * 32 + i * 16 + lane / 4 + e / 2 * 8;
        y[row * n + column0 + warp % 2 * 32 + j * 8 + lane % 4 * 2 + e % 2] = sum[i][j][e];
      }
}

template <class T, Bug bug>
bool product() {
  constexpr int m = 64, n = 128, k = 160;
  const std::vector<T> a = harness::wholeNumbers<T>(m * k, 1), b = harness::wholeNumbers<T>(n * k, 2);
  std::vector<float> y(m * n, NAN);
  launch("warpMatmul", warpMatmul<T, bug>, dim3(n / tile, m / tile), dim3(threads),
         stages * 2 * tile * depth * sizeof(T), a.data(), b.data(), y.data(), n, k);
  return harness::isProduct(y, a, b, m, n, k);
}

}  // namespace

int main() {
  using emulator::bfloat16, emulator::float16;
  using harness::early, harness::expectClean, harness::expectFound;
  expectClean("a matmul of warps in bfloat16", product<bfloat16, Bug::none>);
  expectClean("a matmul of warps in float16", product<float16, Bug::none>);
  expectFound("a wait for one stage too few", early, product<bfloat16, Bug::waitOneTooFew>);
  expectFound("no wait for the stages", early, product<bfloat16, Bug::noWait>);
  expectFound("no barrier between the stages", early, product<bfloat16, Bug::noBarrier>);
  expectFound("the next stage instead of this one", early, product<bfloat16, Bug::wrongStage>);
  expectFound("a skewed row address", {"is not a multiple of 16"}, product<bfloat16, Bug::skewedRow>);
  harness::expectPoison("a tile read without its swizzle", product<bfloat16, Bug::noUnswizzle>);
  return harness::failures == 0 ? 0 : 1;
}
