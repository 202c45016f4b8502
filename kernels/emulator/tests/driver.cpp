// A test program of the emulator: the twins of the CUDA runtime (launch/driver.h) when a kernel starts. It checks the
// limit of shared memory, the memory that loading a kernel takes, and a stream that is full. Run by
// tests/kernels/emulator.test.ts.
#include <atomic>
#include <chrono>
#include <thread>

#include "emulator/launch/driver.h"
#include "emulator/launch/runtime.h"
#include "emulator/tests/harness.h"

namespace {

using emulator::Queue;

void expect(const char* name, bool holds) {
  std::printf("%s: %s\n", name, holds ? "right" : "WRONG");
  harness::failures += !holds;
}

/// Counts the calls that were made and not deleted.
struct Nothing final : emulator::Call {
  static inline std::atomic<int> alive = 0;
  Nothing() { alive++; }
  ~Nothing() override { alive--; }
  void operator()() const override {}
};

void first() {}
void second() {}
void third() {}

cudaError_t start(Queue& queue, void (*kernel)(), std::size_t sharedBytes) {
  const int before = Nothing::alive;
  const cudaError_t status = emulator::launchKernel(&queue, "nothing", reinterpret_cast<const void*>(kernel), dim3(1),
                                                    dim3(1), sharedBytes, new Nothing);
  if (status != cudaGetLastError() || cudaGetLastError() != cudaSuccess) harness::failures++;
  // A launch that fails deletes its call at once.
  if (status != cudaSuccess && Nothing::alive > before) harness::failures++;
  return status;
}

cudaError_t allow(void (*kernel)(), int bytes) {
  return cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel), cudaFuncAttributeMaxDynamicSharedMemorySize, bytes);
}

bool sharedNeedsPermission() {
  Queue queue;
  bool right = start(queue, first, 48 * 1024) == cudaSuccess;
  right = right && start(queue, first, 48 * 1024 + 1) == cudaErrorInvalidValue;
  right = right && allow(first, 200 * 1024) == cudaSuccess && start(queue, first, 200 * 1024) == cudaSuccess;
  right = right && start(queue, first, 200 * 1024 + 1) == cudaErrorInvalidValue;
  // Each kernel has a separate limit.
  return right && start(queue, second, 200 * 1024) == cudaErrorInvalidValue;
}

bool permissionBelongsToProcess() {
  Queue queue;
  std::thread([] { allow(first, 100 * 1024); }).join();
  bool right = start(queue, first, 200 * 1024) == cudaErrorInvalidValue;
  right = right && start(queue, first, 100 * 1024) == cudaSuccess;
  std::thread([] { allow(first, 0); }).join();
  right = right && start(queue, first, 1) == cudaErrorInvalidValue && start(queue, first, 0) == cudaSuccess;
  cudaFuncAttributes attributes;
  right = right && cudaFuncGetAttributes(&attributes, reinterpret_cast<const void*>(first)) == cudaSuccess;
  return right && attributes.maxDynamicSharedSizeBytes == 0 && attributes.sharedSizeBytes == 0;
}

/// A limit raised at capability 90 does not allow the launch at capability 75.
bool permissionIsNotEnoughOnASmallerDevice() {
  Queue large;
  Queue small;
  small.setMostShared(64 * 1024);
  bool right = allow(second, 227 * 1024) == cudaSuccess && start(large, second, 100 * 1024) == cudaSuccess;
  right = right && start(small, second, 100 * 1024) == cudaErrorInvalidValue;
  return right && start(small, second, 64 * 1024) == cudaSuccess;
}

bool permissionHasALimit() {
  const bool right = allow(first, 227 * 1024) == cudaSuccess && allow(first, 227 * 1024 + 1) == cudaErrorInvalidValue &&
                     allow(first, -1) == cudaErrorInvalidValue;
  cudaGetLastError();
  return right;
}

bool loadingTakesMemory() {
  Queue queue;
  std::size_t left = 150;
  emulator::setKernelLoading(100, [&left](std::size_t bytes) {
    if (bytes > left) return false;
    left -= bytes;
    return true;
  });
  bool right = start(queue, first, 0) == cudaSuccess && left == 150;  // it was loaded before
  right = right && start(queue, third, 0) == cudaSuccess && left == 50;
  right = right && start(queue, third, 0) == cudaSuccess && left == 50;
  const auto fourth = [] {};
  right = right && start(queue, +fourth, 0) == cudaErrorMemoryAllocation && left == 50;
  right = right && allow(+fourth, 1000) == cudaErrorMemoryAllocation && cudaGetLastError() == cudaErrorMemoryAllocation;
  left = 100;
  right = right && start(queue, +fourth, 0) == cudaSuccess && left == 0;
  emulator::setKernelLoading(0, {});
  return right;
}

/// Fills a stream behind an item that waits for `release`. Returns whether the item that does not fit waits until then.
template <class Release>
bool waitsWhileFull(std::function<void()> onRelease, const Release& release) {
  std::atomic<bool> open = false;
  std::atomic<std::uint64_t> submitted = 0;
  Queue queue;
  std::thread caller([&] {
    queue.submit([&] {
      while (!open) std::this_thread::yield();
      onRelease();
    });
    for (submitted = 1; submitted < Queue::mostPending + 1; submitted++) queue.submit([] {});
  });
  while (submitted < Queue::mostPending) std::this_thread::yield();
  // Without the limit this would finish in microseconds.
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  bool right = submitted == Queue::mostPending && queue.position() == Queue::mostPending && !queue.isDone(1);
  release(queue, open);
  caller.join();
  right = right && submitted == Queue::mostPending + 1 && queue.position() == Queue::mostPending + 1 && queue.isDone(1);
  queue.wait(queue.position());
  return right;
}

}  // namespace

int main() {
  expect("more than 48 KiB of shared memory has to be allowed", sharedNeedsPermission());
  expect("an attribute set by one thread applies to all", permissionBelongsToProcess());
  expect("the limit cannot exceed the device's", permissionHasALimit());
  expect("a launch cannot exceed the limit of its own device", permissionIsNotEnoughOnASmallerDevice());
  expect("a kernel takes memory when it is loaded, once", loadingTakesMemory());
  const auto open = [](Queue&, std::atomic<bool>& opened) { opened = true; };
  expect("the 1,025th waits for the first", waitsWhileFull([] {}, open));
  expect("it goes on after a fault", waitsWhileFull([] { throw emulator::Fault("wrong"); }, open));
  expect("it goes on when what has not begun is forgotten", waitsWhileFull([] {}, [](Queue& queue, std::atomic<bool>& opened) {
           queue.drop();
           opened = true;
         }));
  return harness::failures == 0 ? 0 : 1;
}
