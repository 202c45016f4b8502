// The threads of the host that divide the blocks of a launch among them, for launch.cpp. They sleep between launches,
// and during launches that the caller finishes alone within 50 microseconds.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "emulator/block/block.h"

namespace emulator {

class Workers {
 public:
  /// Does item `number` with this worker's block, which is kept for later items. False: the remaining items are
  /// skipped.
  using Task = std::function<bool(std::unique_ptr<Block>& kept, std::uint64_t number)>;

  ~Workers() { stop(); }

  /// Does the items 0 .. count - 1. The caller works too, and wakes the other threads only if it is not done after a
  /// while.
  void run(std::uint64_t count, const Task& task);

  /// Ends the threads.
  void stop();

 private:
  void start();
  void help();

  std::vector<std::thread> threads_;
  std::unique_ptr<Block> callersBlock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t launches_ = 0;  // that helpers were woken for
  bool stopping_ = false;
  unsigned helping_ = 0;
  const Task* task_ = nullptr;  // null when there is nothing to help with
  std::atomic<std::uint64_t> next_{0};
  std::uint64_t count_ = 0;
};

}  // namespace emulator
