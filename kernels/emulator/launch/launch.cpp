// Runs the blocks of a grid (launch.h) and collects their faults and races.
#include "emulator/launch/launch.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "emulator/launch/workers.h"

namespace emulator {

namespace {

LaunchOptions current;
std::mutex launchMutex;
std::mutex resultMutex;

// These are never destroyed: while the process ends, a launch may still run on a thread that was not joined.
std::vector<std::string>& races = *new std::vector<std::string>;
Workers& workers() {
  static Workers& all = *new Workers;
  return all;
}

constexpr unsigned mostThreads = 1024;

/// Throws unless the hardware could run the launch.
void check(const char* name, Dim3 grid, Dim3 block, std::size_t sharedBytes) {
  const auto fail = [name](const std::string& message) { throw Fault(std::string(name) + ": " + message); };
  if (block.count() == 0 || block.count() > mostThreads)
    fail("a block must have 1 to 1,024 threads, got " + std::to_string(block.count()));
  if (block.z > 64) fail("a block must have at most 64 threads in z, got " + std::to_string(block.z));
  if (grid.count() == 0 || grid.x > 2147483647u || grid.y > 65535u || grid.z > 65535u)
    fail("the grid must have at least one block and at most (2^31 - 1, 65,535, 65,535) blocks");
  if (sharedBytes > mostShared)
    fail("a block can use at most 232,448 bytes of shared memory, got " + std::to_string(sharedBytes));
}

}  // namespace

void setOptions(const LaunchOptions& options) { current = options; }

LaunchOptions options() { return current; }

std::vector<std::string> takeRaces() {
  const std::lock_guard lock(resultMutex);
  return std::exchange(races, {});
}

void launchGrid(const char* name, Dim3 grid, Dim3 block, std::size_t sharedBytes, const std::function<void()>& kernel) {
  check(name, grid, block, sharedBytes);
  const std::lock_guard lock(launchMutex);
  const Launch launch{&kernel, grid, block, sharedBytes, current, registeredMemory()};
  std::string fault;
  workers().run(grid.count(), [&](std::unique_ptr<Block>& kept, std::uint64_t number) {
    if (!kept) kept = std::make_unique<Block>();
    std::string message;
    try {
      kept->run(launch, number);
    } catch (const Fault& error) {
      message = error.what();
    }
    if (message.empty() && (kept->detector() == nullptr || kept->detector()->races().empty())) return true;
    const std::lock_guard lock(resultMutex);
    if (kept->detector() != nullptr)
      for (const std::string& race : kept->detector()->races())
        if (races.size() < Detector::maximum) races.push_back(std::string(name) + ": " + race);
    if (message.empty()) return true;
    if (fault.empty()) fault = message;
    kept = nullptr;  // its fibers stopped in the middle of a thread
    return false;
  });
  if (!fault.empty()) throw Fault(std::string(name) + ": " + fault);
}

void shutdown() {
  const std::lock_guard lock(launchMutex);
  workers().stop();
}

}  // namespace emulator
