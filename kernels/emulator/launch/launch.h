// Runs a grid: its blocks are divided among the threads of the host (workers.h), and each block runs by itself
// (block.h). Called by the stream's queue (runtime.h) and, directly, by the emulator's tests.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "emulator/block/block.h"

namespace emulator {

/// Dynamic shared memory that a kernel may have before cudaFuncSetAttribute raises its limit, in bytes.
constexpr int defaultShared = 48 * 1024;

/// Dynamic shared memory of a block on the largest GPUs, in bytes.
constexpr std::size_t mostShared = 227 * 1024;

/// The kernel with its arguments, as every thread of a grid calls it.
class Call {
 public:
  virtual ~Call() = default;
  virtual void operator()() const = 0;
};

/// Sets how launches run from now on, in this process. Must not be called during a launch.
void setOptions(const LaunchOptions& options);
LaunchOptions options();

/// Runs `kernel` for every thread of the grid. Throws Fault with the first block's fault. May be called from any
/// thread; launches run one after the other.
void launchGrid(const char* name, Dim3 grid, Dim3 block, std::size_t sharedBytes, const std::function<void()>& kernel);

/// The races found since the last call, a line each, with the kernel's name. Empty unless `detectRaces` is set.
std::vector<std::string> takeRaces();

/// Ends the worker threads. They start again with the next launch that needs them, and end with the process.
void shutdown();

}  // namespace emulator
