// The host's threads that share out the blocks of a launch. They sleep between launches, and while launches are small.
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
  /// Does item `number` with a block of this worker's own, which it keeps. False: the other items are not wanted.
  using Task = std::function<bool(std::unique_ptr<Block>& own, std::uint64_t number)>;

  ~Workers() { stop(); }

  /// Does the items 0 .. count - 1. The caller works too, and wakes the others only when it takes a while.
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
