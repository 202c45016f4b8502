// A kernel for report.test.ts: y = a b^T of one tile of 64 x 256, in turns over k, with one group of wgmma in flight. With
// TOUCHED it uses a register of d before the wait, so ptxas has to serialise the products.
#include "common.cuh"
#include "launch.h"
#include "ptx.cuh"

namespace wengert {

constexpr int columns = 256, depth = 64;

/// The operands of one turn.
struct Turn {
  bfloat16 a[64 * depth];
  bfloat16 b[columns * depth];
};

/// Submits the products of one turn. They replace d, or are added to it.
__device__ inline void submit(float (&d)[columns / 2], const Turn& turn, bool add) {
  wgmmaFence();
#pragma unroll
  for (int k = 0; k < depth / 16; k++)
    wgmma<bfloat16, columns>(d, matrixDescriptor(turn.a + k * 16, Swizzle::bytes128, 16, 1024),
                             matrixDescriptor(turn.b + k * 16, Swizzle::bytes128, 16, 1024), add || k > 0);
  wgmmaCommit();
}

__global__ void __launch_bounds__(128) product(float* y, int turns) {
  SHARED_MEMORY(Turn, s);
  float d[columns / 2];
  // The first turn is outside the loop, and the loop runs at least once.
  submit(d, s[0], false);
  int i = 1;
#pragma unroll 1
  do {
    submit(d, s[i % 2], true);
#ifdef TOUCHED
    d[0] *= 2;
#endif
    wgmmaWait<1>(d);
  } while (++i < turns);
  wgmmaWait<0>(d);
#pragma unroll
  for (int j = 0; j < columns / 2; j++) y[j * 128 + threadIdx.x] = d[j];
}

}  // namespace wengert
