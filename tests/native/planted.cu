// Kernels with deliberate errors, and a slow one. The addon must report them and keep working. They are part of the addon
// that watches accesses, which only tests load.
#include "emulator/launch/runtime.h"
#include "runtime/launch.h"
#include "runtime/registry.h"

namespace wengert {

namespace {

/// y[at] = 1, for any `at`.
__global__ void storeKernel(std::uint8_t* y, std::int64_t at) { y[at] = 1; }

/// y[at .. at + 4) = 1 as one vector, for any `at`.
__global__ void storeVectorKernel(std::uint8_t* y, std::int64_t at) {
  *reinterpret_cast<Vector<std::uint8_t, 4>*>(y + at) = {{1, 1, 1, 1}};
}

__global__ void labelKernel(KernelFault* fault, std::int64_t label) {
  reportFault(fault, FaultRule::labelRange, label, 10);
}

__global__ void indexKernel(KernelFault* fault, std::int64_t index) {
  reportFault(fault, FaultRule::indexRange, index, 10);
}

/// Half of the threads wait for the others, which never come.
__global__ void deadlockKernel() {
  if (threadIdx.x < 32) return;
  __shfl_sync(0xffffffffu, 0, 0);
  if (threadIdx.x == 40) return;
  __shfl_sync(0xffffffffu, 0, 0);
}

/// y[0] = the sum of 0 .. steps - 1, modulo 2^31, one step at a time.
__global__ void slowKernel(std::int32_t* y, std::int64_t steps) {
  volatile std::uint32_t sum = 0;
  for (std::int64_t i = 0; i < steps; i++) sum = sum + static_cast<std::uint32_t>(i);
  y[0] = static_cast<std::int32_t>(sum & 0x7fffffffu);
}

/// y[0] = the sum of the first and the last byte of shared memory, after they were set to 1 and 2.
__global__ void sharedKernel(std::int32_t* y, std::int64_t bytes) {
  SHARED_MEMORY(std::uint8_t, shared);
  shared[0] = 1;
  shared[bytes - 1] = 2;
  y[0] = shared[0] + shared[bytes - 1];
}

constexpr int mostEchoed = 16;
struct Echo {
  double at[mostEchoed];
};

/// The echo that plantedNote found, for plantedNotes.
thread_local Echo notes;

__global__ void echoKernel(double* y, Echo echo) { y[threadIdx.x] = echo.at[threadIdx.x]; }

}  // namespace

static void plantedStore(Buffer& y, std::int64_t at) {
  requireDType("y", y, DType::uint8);
  launch(storeKernel, {1, 1}, dataOf<std::uint8_t>(y), at);
}
EXPORT_KERNEL(plantedStore)

static void plantedScratch(std::int64_t bytes, std::int64_t at) {
  const Scratch scratch(static_cast<std::size_t>(bytes));
  launch(storeKernel, {1, 1}, scratch.as<std::uint8_t>(), at);
}
EXPORT_KERNEL(plantedScratch)

static void plantedStoreVector(Buffer& y, std::int64_t at) {
  requireDType("y", y, DType::uint8);
  launch(storeVectorKernel, {1, 1}, dataOf<std::uint8_t>(y), at);
}
EXPORT_KERNEL(plantedStoreVector)

static void plantedLabel(std::int64_t label) { launch(labelKernel, {1, 64}, stream().fault, label); }
EXPORT_KERNEL(plantedLabel)

static void plantedIndex(std::int64_t index) { launch(indexKernel, {1, 64}, stream().fault, index); }
EXPORT_KERNEL(plantedIndex)

static void plantedDeadlock() { launch(deadlockKernel, {1, 64}); }
EXPORT_KERNEL(plantedDeadlock)

static void plantedSlow(Buffer& y, std::int64_t steps) {
  requireDType("y", y, DType::int32);
  requireLength("y", y, 1);
  launch(slowKernel, {1, 1}, dataOf<std::int32_t>(y), steps);
}
EXPORT_KERNEL(plantedSlow)

static void plantedShared(Buffer& y, std::int64_t bytes) {
  requireDType("y", y, DType::int32);
  requireLength("y", y, 1);
  launch(sharedKernel, {1, 1, static_cast<std::size_t>(bytes)}, dataOf<std::int32_t>(y), bytes);
}
EXPORT_KERNEL(plantedShared)

/// Notes how much work was submitted to the queue so far; or, if `position` is not negative, whether the work up to that
/// position is done. Submits nothing.
static void plantedNote(std::int64_t place, std::int64_t position) {
  require(place >= 0 && place < mostEchoed, "place is 0 to 15");
  auto* const queue = static_cast<emulator::Queue*>(stream().handle);
  notes.at[place] = position < 0 ? static_cast<double>(queue->position()) : queue->isDone(position);
}
EXPORT_KERNEL(plantedNote)

/// Writes the notes of this thread.
static void plantedNotes(Buffer& y) {
  requireDType("y", y, DType::float64);
  requireLength("y", y, mostEchoed);
  launch(echoKernel, {1, mostEchoed}, dataOf<double>(y), notes);
}
EXPORT_KERNEL(plantedNotes)

/// Writes what it was called with: lengths of the buffers (-1 for none), of the lists, and the numbers.
static void plantedEcho(Buffer& y, const Buffer* x, BufferList list, Dims dims, std::int64_t integer, double number) {
  requireDType("y", y, DType::float64);
  requireLength("y", y, mostEchoed);
  Echo echo{};
  int n = 0;
  const auto put = [&](double value) {
    if (n < mostEchoed) echo.at[n++] = value;
  };
  put(x == nullptr ? -1 : static_cast<double>(x->length));
  for (const Buffer& buffer : list) put(static_cast<double>(buffer.length));
  for (const std::int32_t dim : dims) put(dim);
  put(static_cast<double>(integer));
  put(number);
  launch(echoKernel, {1, mostEchoed}, dataOf<double>(y), echo);
}
EXPORT_KERNEL(plantedEcho)

}  // namespace wengert
