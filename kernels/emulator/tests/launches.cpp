// A test program of the emulator: launches from several threads of the host, some of which fault, and a launch after
// the workers were ended. Run by tests/kernels/emulator.test.ts.
#include <atomic>
#include <thread>

#include "emulator/tests/harness.h"

namespace {

void expect(const char* name, bool holds) {
  std::printf("%s: %s\n", name, holds ? "right" : "WRONG");
  harness::failures += !holds;
}

/// y = 2 x.
__global__ void twice(const int* x,  // (n)
                      int* y,        // (n)
                      int n) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n) y[i] = 2 * x[i];
}

/// Counts the threads of the grid.
__global__ void count(int* total) { atomicAdd(total, 1); }

/// Deadlocks: thread 0 does not arrive at the barrier.
__global__ void stuck() {
  if (threadIdx.x > 0) __syncthreads();
}

bool doublesRight(int n) {
  const std::vector<int> x = harness::wholeNumbers<int>(n, 3);
  std::vector<int> y(n, -1);
  launch("twice", twice, dim3((n + 127) / 128), dim3(128), 0, x.data(), y.data(), n);
  for (int i = 0; i < n; i++)
    if (y[i] != 2 * x[i]) return false;
  return true;
}

bool manyAtOnce() {
  std::atomic<bool> right = true;
  std::vector<std::thread> callers;
  for (int c = 0; c < 4; c++)
    callers.emplace_back([&, c] {
      for (int i = 0; i < 20; i++) {
        if (!doublesRight(c == 0 ? 100'000 : 200 + i)) right = false;
        if (c == 1) {
          bool threw = false;
          try {
            launch("stuck", stuck, dim3(2), dim3(64), 0);
          } catch (const emulator::Fault& fault) {
            threw = std::string(fault.what()).starts_with("stuck: deadlock: 63 threads");
          }
          if (!threw) right = false;
        }
      }
    });
  for (std::thread& caller : callers) caller.join();
  return right;
}

bool countsRight() {
  int total = 0;
  launch("count", count, dim3(100, 10, 3), dim3(8, 4, 4), 0, &total);
  return total == 3000 * 128;
}

}  // namespace

int main() {
  emulator::setOptions({});
  expect("a grid of three dimensions", countsRight());
  expect("launches from four threads", manyAtOnce());
  emulator::shutdown();
  emulator::shutdown();
  expect("a launch after the workers' end", doublesRight(500'000));
  return harness::failures == 0 ? 0 : 1;
}
