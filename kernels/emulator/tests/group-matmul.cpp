// A test program of the emulator: a matmul of warpgroups, with a producer warp (TMA, mbarriers), a consumer warpgroup
// (wgmma) and a TMA store. It must run clean without a bug, and each planted bug must be found in every schedule. Run
// by tests/kernels/emulator.test.ts.
#include "emulator/tests/harness.h"

using namespace wengert;

namespace {

enum class Bug {
  none,
  noInitBarrier,
  noInitFence,
  noWaitForEmpty,
  noArriveOnEmpty,
  noWaitForFull,
  wrongParity,
  shortExpect,
  longExpect,
  wrongStage,
  groupTooFew,
  noGroupFence,
  readBeforeWait,
  noStoreFence,
  noStoreBarrier,
  noStoreWait,
  ordinaryOperand
};

constexpr int tile = 64, stages = 2, threads = 160;

/// Shared memory of groupMatmul. The stages are a ring between producer and consumer:
///
///   producer   wait empty[s] -> expect bytes, load a[s], b[s]  -> full[s]
///   consumer   wait full[s]  -> wgmma of a[s], b[s], wait      -> arrive empty[s]
template <class T>
struct Storage {
  T a[stages][tile * tile];
  T b[stages][tile * tile];
  float y[tile * tile];
  std::uint64_t full[stages], empty[stages];
};

// y (m, n) = a (m, k) b (n, k)^T in tiles of 64 x 64 x 64, a tile of y a block. Thread 128 is the producer, threads 0
// to 127 are the consumer.
template <class T, Bug bug>
__global__ void groupMatmul(const TensorMap mapA,  // (m, k)
                            const TensorMap mapB,  // (n, k)
                            const TensorMap mapY,  // (m, n)
                            float* y,              // (m, n), for the planted bug that reads too early
                            int n, int k) {
  SHARED_MEMORY(Storage<T>, s);
  const int t = static_cast<int>(threadIdx.x), count = k / tile;
  const int row0 = static_cast<int>(blockIdx.y) * tile, column0 = static_cast<int>(blockIdx.x) * tile;
  if (t == 0) {
    for (int i = 0; i < stages; i++) {
      mbarrierInit(&s->full[i], 1);
      mbarrierInit(&s->empty[i], 128);
    }
    if constexpr (bug != Bug::noInitFence) mbarrierInitFence();
  }
  if constexpr (bug != Bug::noInitBarrier) __syncthreads();
  if (t >= 128) {
    if (t > 128) return;
    for (int step = 0; step < count; step++) {
      const int stage = step % stages;
      const std::uint32_t phase = step / stages % 2;
      if constexpr (bug != Bug::noWaitForEmpty) mbarrierWait(&s->empty[stage], phase ^ 1);
      constexpr std::uint32_t bytes = sizeof s->a[0] + sizeof s->b[0];
      mbarrierArriveExpect(&s->full[stage], bug == Bug::shortExpect  ? bytes / 2
                                            : bug == Bug::longExpect ? bytes + 16
                                                                     : bytes);
      tensorLoad(s->a[stage], &mapA, &s->full[stage], step * tile, row0);
      tensorLoad(s->b[stage], &mapB, &s->full[stage], step * tile, column0);
    }
    return;
  }
  float sum[tile / 2];
  for (int step = 0; step < count; step++) {
    const int stage = step % stages, used = bug == Bug::wrongStage ? (step + 1) % stages : stage;
    const std::uint32_t phase = step / stages % 2;
    if constexpr (bug != Bug::noWaitForFull) mbarrierWait(&s->full[stage], bug == Bug::wrongParity ? phase ^ 1 : phase);
    if constexpr (bug != Bug::noGroupFence) wgmmaFence();
    for (int i = 0; i < tile / 16; i++)
      wgmma<T, tile>(sum, matrixDescriptor(s->a[used] + 16 * i, Swizzle::bytes128, 16, 1024),
                     matrixDescriptor(s->b[used] + 16 * i, Swizzle::bytes128, 16, 1024), step + i > 0);
    wgmmaCommit();
    wgmmaWait<bug == Bug::groupTooFew ? 1 : 0>(sum);
    if constexpr (bug != Bug::noArriveOnEmpty) mbarrierArrive(&s->empty[stage]);
  }
  if constexpr (bug == Bug::readBeforeWait) {
    wgmmaFence();
    wgmma<T, tile>(sum, matrixDescriptor(s->a[0], Swizzle::bytes128, 16, 1024),
                   matrixDescriptor(s->b[0], Swizzle::bytes128, 16, 1024), true);
    wgmmaCommit();
    y[row0 * n + column0] = sum[0];
    wgmmaWait<0>(sum);
    return;
  }
  wgmmaWait<0>(sum);
  const int row = t / 32 * 16 + t % 32 / 4, column = t % 4 * 2;
  for (int j = 0; j < tile / 8; j++)
    for (int e = 0; e < 4; e++) s->y[(row + e / 2 * 8) * tile + j * 8 + column + e % 2] = sum[4 * j + e];
  if constexpr (bug != Bug::noStoreFence) fenceProxyAsync();
  if constexpr (bug != Bug::noStoreBarrier) barrierSync(1, 128);
  if (t == 0) {
    tensorStore(&mapY, s->y, column0, row0);
    bulkCommit();
    if constexpr (bug != Bug::noStoreWait) bulkWait<0>();
  }
}

template <class T>
TensorMap mapOf(const T* data, int rows, int columns, int boxRows, int boxColumns, Swizzle swizzle) {
  const std::uint64_t dims[] = {static_cast<std::uint64_t>(columns), static_cast<std::uint64_t>(rows)};
  const std::uint64_t strides[] = {columns * sizeof(T)};
  const std::uint32_t box[] = {static_cast<std::uint32_t>(boxColumns), static_cast<std::uint32_t>(boxRows)};
  return emulator::encodeTensorMap(const_cast<T*>(data), sizeof(T), 2, dims, strides, box, swizzle);
}

template <class T, Bug bug>
bool product() {
  constexpr int m = 64, n = 128, k = 320;
  const std::vector<T> a = harness::wholeNumbers<T>(m * k, 1), b = harness::wholeNumbers<T>(n * k, 2);
  std::vector<float> y(m * n, NAN);
  launch("groupMatmul", groupMatmul<T, bug>, dim3(n / tile, m / tile), dim3(threads), sizeof(Storage<T>),
         mapOf(a.data(), m, k, tile, tile, Swizzle::bytes128), mapOf(b.data(), n, k, tile, tile, Swizzle::bytes128),
         mapOf(y.data(), m, n, tile, tile, Swizzle::none), y.data(), n, k);
  return harness::isProduct(y, a, b, m, n, k);
}

// y (64, 64) = a (64, 64) b (64, 64)^T, with operands that the threads write to shared memory by ordinary stores.
template <Bug bug>
__global__ void ordinaryOperands(const emulator::bfloat16* a,  // (64, 64)
                                 const emulator::bfloat16* b,  // (64, 64)
                                 float* y) {                   // (64, 64)
  SHARED_MEMORY(emulator::bfloat16, s);                        // a (64, 64), b (64, 64), swizzled
  const int t = static_cast<int>(threadIdx.x);
  for (int i = t; i < tile * tile; i += 128) {
    // The 128-byte swizzle: chunk c of 16 bytes of row r is at c ^ (r % 8).
    const int at = i / tile * tile + ((i % tile / 8) ^ (i / tile % 8)) * 8 + i % 8;
    s[at] = a[i];
    s[tile * tile + at] = b[i];
  }
  if constexpr (bug != Bug::ordinaryOperand) fenceProxyAsync();
  __syncthreads();
  float sum[tile / 2];
  wgmmaFence();
  for (int i = 0; i < tile / 16; i++)
    wgmma<emulator::bfloat16, tile>(sum, matrixDescriptor(s + 16 * i, Swizzle::bytes128, 16, 1024),
                                    matrixDescriptor(s + tile * tile + 16 * i, Swizzle::bytes128, 16, 1024), i > 0);
  wgmmaCommit();
  wgmmaWait<0>(sum);
  for (int i = 0; i < tile / 2; i++)
    y[(t / 32 * 16 + t % 32 / 4 + i / 2 % 2 * 8) * tile + i / 4 * 8 + t % 4 * 2 + i % 2] = sum[i];
}

template <Bug bug>
bool ordinary() {
  using T = emulator::bfloat16;
  const std::vector<T> a = harness::wholeNumbers<T>(tile * tile, 1), b = harness::wholeNumbers<T>(tile * tile, 2);
  std::vector<float> y(tile * tile, NAN);
  launch("ordinaryOperands", ordinaryOperands<bug>, dim3(1), dim3(128), 2 * tile * tile * sizeof(T), a.data(), b.data(),
         y.data());
  return harness::isProduct(y, a, b, tile, tile, tile);
}

}  // namespace

int main() {
  using emulator::bfloat16, emulator::float16;
  using harness::early, harness::expectClean, harness::expectFound, harness::unordered;
  std::vector<std::string> uninitialised = early;
  uninitialised.push_back("not an initialized mbarrier");
  uninitialised.push_back("atomic access");
  std::vector<std::string> miscounted = early;
  miscounted.push_back("it expected too few bytes");
  miscounted.push_back("deadlock");
  std::vector<std::string> refilled = unordered;
  refilled.push_back("the number of arrivals in this phase");
  std::vector<std::string> parity = early;
  parity.push_back("deadlock");
  expectClean("a matmul of warpgroups in bfloat16", product<bfloat16, Bug::none>);
  expectClean("a matmul of warpgroups in float16", product<float16, Bug::none>);
  expectClean("operands that threads wrote", ordinary<Bug::none>);
  expectFound("mbarriers used before all know them", uninitialised, product<bfloat16, Bug::noInitBarrier>);
  expectFound("no fence of the new mbarriers", {"no fence since its mbarrier"}, product<bfloat16, Bug::noInitFence>);
  expectFound("a stage refilled while it is read", refilled, product<bfloat16, Bug::noWaitForEmpty>);
  expectFound("no arrival on the empty barrier", {"deadlock"}, product<bfloat16, Bug::noArriveOnEmpty>);
  expectFound("no wait for the full barrier", early, product<bfloat16, Bug::noWaitForFull>);
  expectFound("the wrong phase's parity", parity, product<bfloat16, Bug::wrongParity>);
  expectFound("too few bytes expected", miscounted, product<bfloat16, Bug::shortExpect>);
  expectFound("too many bytes expected", {"deadlock"}, product<bfloat16, Bug::longExpect>);
  expectFound("the next stage instead of this one", early, product<bfloat16, Bug::wrongStage>);
  expectFound("a stage given back one group too early", unordered, product<bfloat16, Bug::groupTooFew>);
  expectFound("no wgmma.fence", {"no wgmma.fence"}, product<bfloat16, Bug::noGroupFence>);
  harness::expectPoison("accumulators read before their wait", product<bfloat16, Bug::readBeforeWait>);
  expectFound("no proxy fence before the store", {"read after write"}, product<bfloat16, Bug::noStoreFence>);
  expectFound("no barrier before the store", early, product<bfloat16, Bug::noStoreBarrier>);
  expectFound("no wait for the store", {"without waiting for its bulk stores"}, product<bfloat16, Bug::noStoreWait>);
  expectFound("no proxy fence before wgmma reads", {"read after write"}, ordinary<Bug::ordinaryOperand>);
  return harness::failures == 0 ? 0 : 1;
}
