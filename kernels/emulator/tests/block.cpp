// A test program of the emulator: barriers, shuffles, cp.async, atomics and guard bands. Each kernel exists once
// without a bug, which must run clean, and once with each planted bug, which must be found in every schedule. Run by
// tests/kernels/emulator.test.ts.
#include "emulator/tests/harness.h"

using namespace wengert;

namespace {

enum class Bug {
  none, noBarrierBeforeRead, noBarrierBeforeReuse, noWait, waitTooEarly, unwrittenTail, barrierCount, missingThread,
  noSyncwarp, misaligned, plainBesideAtomic, readPastEnd, writePastEnd, mixedCollectives
};

constexpr int threads = 128;
constexpr int steps = 5;
constexpr int blocks = 3;

// y[b] = sum of x[b][0 .. threads * steps): each step copies a row to shared memory by cp.async, into one of two
// buffers, and each thread adds the element of another thread to its sum; a tree of shuffles and one barrier add up the
// block.
template <Bug bug>
__global__ void stagedSum(const float* x,  // (blocks, steps, threads)
                          float* y) {      // (blocks)
  SHARED_MEMORY(float, s);                 // (2, threads), then (warps)
  float* const warpSums = s + 2 * threads;
  const int t = static_cast<int>(threadIdx.x);
  const float* const row = x + std::size_t{blockIdx.x} * threads * steps;
  const auto stage = [&](int step) {
    const int limit = bug == Bug::unwrittenTail ? threads / 4 - 1 : threads / 4;
    if (step < steps && t < limit) copyAsync16(s + step % 2 * threads + 4 * t, row + step * threads + 4 * t);
    copyAsyncCommit();
  };
  stage(0);
  float sum = 0;
  for (int step = 0; step < steps; step++) {
    stage(step + 1);
    if constexpr (bug == Bug::waitTooEarly) copyAsyncWait<2>();
    else if constexpr (bug != Bug::noWait) copyAsyncWait<1>();
    if constexpr (bug != Bug::noBarrierBeforeRead) __syncthreads();
    sum += s[step % 2 * threads + (t + 37) % threads];
    if constexpr (bug != Bug::noBarrierBeforeReuse) __syncthreads();
  }
  for (int distance = 16; distance > 0; distance /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, distance);
  if (t % 32 == 0) warpSums[t / 32] = sum;
  if constexpr (bug == Bug::barrierCount) barrierSync(1, t < 64 ? 64 : 128);
  else if constexpr (bug == Bug::missingThread) {
    if (t != 5) __syncthreads();
  } else __syncthreads();
  if (t == 0) {
    float total = 0;
    for (int w = 0; w < threads / 32; w++) total += warpSums[w];
    y[blockIdx.x] = total;
  }
}

template <Bug bug>
bool stagedSums() {
  const std::vector<float> x = harness::wholeNumbers<float>(blocks * threads * steps, 1);
  std::vector<float> y(blocks, NAN);
  launch("stagedSum", stagedSum<bug>, dim3(blocks), dim3(threads), (2 * threads + threads / 32) * sizeof(float),
         x.data(), y.data());
  bool right = true;
  for (int b = 0; b < blocks; b++) {
    float expected = 0;
    for (int i = 0; i < threads * steps; i++) expected += x[b * threads * steps + i];
    right &= y[b] == expected;
  }
  return right;
}

// y[i] = the sum of the first vector of 4 elements of row i of x. With `line` = 5, vectors are misaligned.
__global__ void sumVectors(const float* x,  // (threads, line)
                           float* y,        // (threads)
                           int line) {
  const int i = static_cast<int>(threadIdx.x);
  const float4& vector = *reinterpret_cast<const float4*>(x + i * line);
  y[i] = vector.x + vector.y + vector.z + vector.w;
}

template <Bug bug>
bool vectorsSummed() {
  constexpr int line = bug == Bug::misaligned ? 5 : 8;
  alignas(16) float x[threads * line];
  float y[threads];
  for (int i = 0; i < threads * line; i++) x[i] = static_cast<float>(i % line < 4);
  launch("sumVectors", sumVectors, dim3(1), dim3(threads), 0, static_cast<const float*>(x), static_cast<float*>(y), line);
  for (const float sum : y)
    if (sum != 4) return false;
  return true;
}

// y = x rotated by one lane within each warp, through shared memory; `count` is the number of odd elements.
template <Bug bug>
__global__ void turn(const float* x,  // (n)
                     float* y,        // (n)
                     int* count,      // (1)
                     int n) {
  SHARED_MEMORY(float, s);            // (threads), then the block's count
  int& odd = *reinterpret_cast<int*>(s + threads);
  const int t = static_cast<int>(threadIdx.x);
  const int i = static_cast<int>(blockIdx.x) * threads + t;
  if (t == 0) odd = 0;
  __syncthreads();
  const int limit = bug == Bug::readPastEnd ? n + 1 : n;
  const float value = i < limit ? x[i] : 0;
  s[t] = value;
  if constexpr (bug != Bug::noSyncwarp) __syncwarp();
  const float turned = s[t / 32 * 32 + (t + 1) % 32];
  if constexpr (bug == Bug::plainBesideAtomic) {
    if (t == 77) odd = odd + 1;
  }
  if (static_cast<int>(value) % 2 != 0) atomicAdd(&odd, 1);
  if constexpr (bug == Bug::mixedCollectives) {
    if (t % 32 < 16) __ballot_sync(0xffffffffu, 1);
    else __shfl_sync(0xffffffffu, t, 0);
  }
  if (i < (bug == Bug::writePastEnd ? n + 1 : n)) y[i] = turned;
  __syncthreads();
  if (t == 0) atomicAdd(count, odd);
}

template <Bug bug>
bool turned() {
  // Two buffers with guard bands on both sides, as an allocator places them.
  constexpr int n = 300, guard = emulator::guardBytes / sizeof(float);
  std::vector<float> storage(2 * n + 3 * guard, NAN);
  float* const x = storage.data() + guard;
  float* const y = x + n + guard;
  const std::vector<float> numbers = harness::wholeNumbers<float>(n, 2);
  int expected = 0, count = 0;
  for (int i = 0; i < n; i++) {
    x[i] = numbers[i];
    expected += static_cast<int>(x[i]) % 2 != 0;
  }
  emulator::registerMemory(x, n * sizeof(float));
  emulator::registerMemory(y, n * sizeof(float));
  const auto release = [&] {
    emulator::unregisterMemory(x);
    emulator::unregisterMemory(y);
  };
  try {
    launch("turn", turn<bug>, dim3(3), dim3(threads), (threads + 1) * sizeof(float), const_cast<const float*>(x), y,
           &count, n);
  } catch (const emulator::Fault&) {
    release();
    throw;
  }
  release();
  bool right = count == expected;
  for (int i = 0; i < 256; i++) right &= y[i] == x[i / 32 * 32 + (i + 1) % 32];
  return right;
}

}  // namespace

int main() {
  using harness::early, harness::expectClean, harness::expectFound, harness::unordered;
  expectClean("a staged sum", stagedSums<Bug::none>);
  expectFound("no barrier before the read", early, stagedSums<Bug::noBarrierBeforeRead>);
  expectFound("no barrier before the buffer is reused", unordered, stagedSums<Bug::noBarrierBeforeReuse>);
  expectFound("no wait for the copies", early, stagedSums<Bug::noWait>);
  expectFound("a wait one group too early", early, stagedSums<Bug::waitTooEarly>);
  expectFound("a tail that nobody writes", {"read of memory that was never written"}, stagedSums<Bug::unwrittenTail>);
  expectFound("two counts at one barrier",
              {"different counts, 64 and 128", "different counts, 128 and 64", "deadlock: 64 threads"},
              stagedSums<Bug::barrierCount>);
  expectFound("a barrier that one thread misses", {"deadlock: 127 threads"}, stagedSums<Bug::missingThread>);
  expectClean("a turn of each warp, and a count", turned<Bug::none>);
  expectFound("another lane's value without __syncwarp", early, turned<Bug::noSyncwarp>);
  expectFound("an ordinary access beside atomic ones", {"atomic access"}, turned<Bug::plainBesideAtomic>);
  expectFound("a read past the end", {"of 4 bytes in global memory, at byte 1200"}, turned<Bug::readPastEnd>);
  expectFound("a write past the end", {"of 4 bytes in global memory, at byte 1200"}, turned<Bug::writePastEnd>);
  expectClean("vectors where they may be", vectorsSummed<Bug::none>);
  expectFound("vectors at any address", {"not a multiple of 16, at kernels/emulator/tests/block.cpp:"},
              vectorsSummed<Bug::misaligned>);
  expectFound("lanes in different collectives", {"other lanes of the mask call"}, turned<Bug::mixedCollectives>);
  return harness::failures == 0 ? 0 : 1;
}
