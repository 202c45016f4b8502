#include "launch.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <utility>

namespace emulator {

namespace {

LaunchOptions current;
std::mutex racesMutex;
std::vector<std::string> races;

constexpr std::size_t mostShared = 227 * 1024;  // a block's dynamic shared memory on the largest GPUs
constexpr unsigned mostThreads = 1024;

void check(const char* name, Dim3 grid, Dim3 block, std::size_t sharedBytes) {
  const auto fail = [name](const std::string& message) { throw Fault(std::string(name) + ": " + message); };
  if (block.count() == 0 || block.count() > mostThreads) fail("a block of " + std::to_string(block.count()) + " threads; 1 to 1,024 are possible");
  if (grid.count() == 0 || grid.x > 2147483647u || grid.y > 65535u || grid.z > 65535u) fail("a grid outside the limits of the hardware");
  if (sharedBytes > mostShared) fail(std::to_string(sharedBytes) + " bytes of shared memory; 232,448 are possible");
}

}  // namespace

void setOptions(const LaunchOptions& options) { current = options; }

LaunchOptions options() { return current; }

std::vector<std::string> takeRaces() {
  const std::lock_guard lock(racesMutex);
  return std::exchange(races, {});
}

void launchGrid(const char* name, Dim3 grid, Dim3 block, std::size_t sharedBytes, const std::function<void()>& kernel) {
  check(name, grid, block, sharedBytes);
  const std::uint64_t blocks = grid.count();
  std::atomic<std::uint64_t> next{0};
  std::mutex faultMutex;
  std::string fault;
  const auto work = [&] {
    // A core keeps its block, and with it the fibers' stacks, from launch to launch.
    static thread_local std::unique_ptr<Block> own;
    static thread_local LaunchOptions made;
    if (!own || made.seed != current.seed || made.shuffle != current.shuffle || made.detectRaces != current.detectRaces) {
      own = std::make_unique<Block>(current);
      made = current;
    }
    for (std::uint64_t i = next++; i < blocks; i = next++) {
      const Dim3 index(static_cast<unsigned>(i % grid.x), static_cast<unsigned>(i / grid.x % grid.y),
                       static_cast<unsigned>(i / (std::uint64_t{grid.x} * grid.y)));
      try {
        own->run(kernel, grid, block, index, sharedBytes, i);
      } catch (const Fault& error) {
        const std::lock_guard lock(faultMutex);
        if (fault.empty()) fault = error.what();
        next = blocks;
        own = nullptr;  // its fibers were left in the middle
        return;
      }
      if (Detector* detector = own->detector(); detector && !detector->races().empty()) {
        const std::lock_guard lock(racesMutex);
        for (const std::string& race : detector->races())
          if (races.size() < Detector::maximum) races.push_back(std::string(name) + ": " + race);
      }
    }
  };
  const unsigned cores = std::min<std::uint64_t>(std::max(1u, std::thread::hardware_concurrency()), blocks);
  std::vector<std::thread> helpers;
  for (unsigned i = 1; i < cores; i++) helpers.emplace_back(work);
  work();
  for (std::thread& helper : helpers) helper.join();
  if (!fault.empty()) throw Fault(std::string(name) + ": " + fault);
}

}  // namespace emulator
