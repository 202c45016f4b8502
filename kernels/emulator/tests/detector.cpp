// Proves the emulator on small kernels: right results, no false alarm, and every planted bug found.
// Built with -fsanitize=thread for the access hooks; prints a line a check and fails if one does not hold.
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "../cuda.h"

namespace {

enum class Bug { none, noBarrierBeforeRead, noBarrierBeforeReuse, noWait, waitTooEarly, unwrittenTail, barrierCount, missingThread };

constexpr int threads = 128;
constexpr int steps = 5;

// y[b] = sum of x[b][0 .. threads * steps): each step stages a row in shared memory by cp.async, two buffers deep, and
// adds its neighbour's element to the own sum; a tree of shuffles and one barrier add up the block.
template <Bug bug>
__global__ void stagedSum(const float* x, float* y) {
  SHARED_MEMORY(float, s);
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
  if constexpr (bug == Bug::barrierCount) emulator::block().barrier(1, t < 64 ? 64 : 128);
  else if constexpr (bug == Bug::missingThread) {
    if (t != 5) __syncthreads();
  } else __syncthreads();
  if (t == 0) {
    float total = 0;
    for (int w = 0; w < threads / 32; w++) total += warpSums[w];
    y[blockIdx.x] = total;
  }
}

struct Outcome {
  bool wrong = false;
  std::string race;
  std::string fault;
};

template <Bug bug>
Outcome runWith(std::uint64_t seed) {
  constexpr int blocks = 3;
  std::vector<float> x(blocks * threads * steps), y(blocks, NAN);
  for (std::size_t i = 0; i < x.size(); i++) x[i] = static_cast<float>(i % 17) - 3;
  emulator::setOptions({seed, true, true});
  Outcome outcome;
  try {
    launch("stagedSum", stagedSum<bug>, dim3(blocks), dim3(threads), (2 * threads + threads / 32) * sizeof(float), x.data(), y.data());
  } catch (const emulator::Fault& error) {
    outcome.fault = error.what();
  }
  const std::vector<std::string> races = emulator::takeRaces();
  if (!races.empty()) outcome.race = races[0];
  for (int b = 0; b < blocks; b++) {
    double expected = 0;
    for (int i = 0; i < threads * steps; i++) expected += x[b * threads * steps + i];
    outcome.wrong |= !(y[b] == static_cast<float>(expected));
  }
  return outcome;
}

int failures = 0;

constexpr int seeds = 20;

void expectClean() {
  int alarms = 0, wrong = 0;
  for (int seed = 0; seed < seeds; seed++) {
    const Outcome outcome = runWith<Bug::none>(seed);
    alarms += !outcome.race.empty() || !outcome.fault.empty();
    wrong += outcome.wrong;
  }
  std::printf("clean kernel: %d false alarms, %d wrong results in %d schedules\n", alarms, wrong, seeds);
  failures += alarms + wrong;
}

/// Every schedule must give one of the messages that the bug can cause: which of two accesses comes first is chance.
template <Bug bug>
void expectFound(const char* name, std::vector<std::string> messages) {
  int found = 0, wrong = 0;
  std::string text;
  for (int seed = 0; seed < seeds; seed++) {
    const Outcome outcome = runWith<bug>(seed);
    const std::string said = outcome.fault + outcome.race;
    wrong += outcome.wrong;
    bool known = false;
    for (const std::string& message : messages) known |= said.find(message) != std::string::npos;
    if (known) found++, text = said;
    else if (!said.empty()) std::printf("  unexpected: %s\n", said.c_str());
  }
  std::printf("%s: found in %d of %d schedules (wrong results in %d): %s\n", name, found, seeds, wrong, text.c_str());
  failures += found < seeds;
}

}  // namespace

int main() {
  expectClean();
  const std::vector<std::string> unordered = {"read after write", "write after read", "write after write"};
  std::vector<std::string> early = unordered;
  early.push_back("read of memory nothing has written");
  expectFound<Bug::noBarrierBeforeRead>("no barrier before the read", early);
  expectFound<Bug::noBarrierBeforeReuse>("no barrier before the buffer is reused", unordered);
  expectFound<Bug::noWait>("no wait for the copies", early);
  expectFound<Bug::waitTooEarly>("a wait one group too early", early);
  expectFound<Bug::unwrittenTail>("a tail that nobody writes", {"read of memory nothing has written"});
  expectFound<Bug::barrierCount>("two counts at one barrier", {"counts 64 and 128 meet", "counts 128 and 64 meet", "deadlock: 64 threads"});
  expectFound<Bug::missingThread>("a barrier that one thread misses", {"deadlock: 127 threads"});
  return failures == 0 ? 0 : 1;
}
