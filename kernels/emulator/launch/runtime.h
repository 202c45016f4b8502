// The twin of a CUDA stream: a queue whose thread does the submitted work in order. The emulated device (native/device)
// submits copies and launches and waits for positions:
//
//   submit ->  | launch 7 | copy 6 | launch 5 |  -> thread: launch 4, whose blocks the workers share
//              position 7                            done_ = 3
//
// position() is the number of items submitted so far, and wait(position) returns once that many are done. With 1,024
// unfinished items, submit blocks until the oldest is done, as a launch on a GPU does.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "emulator/launch/launch.h"

namespace emulator {

/// A stream: one thread does the work in order, and divides the blocks of a launch among the cores.
class Queue {
 public:
  /// Maximum number of unfinished work items in a stream. A CUDA stream holds about as many launches; NVIDIA does not
  /// document the number. Copies and fills count as well.
  static constexpr std::uint64_t mostPending = 1024;

  Queue();
  /// Finishes all submitted work.
  ~Queue();
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  /// Adds work. Blocks while the queue is full, until the oldest item is done. Must not be called by submitted work.
  void submit(std::function<void()> work);

  /// Submits a launch; blocks as `submit` does.
  void launch(const char* name, Dim3 grid, Dim3 block, std::size_t sharedBytes, std::unique_ptr<const Call> call);

  /// Bytes of dynamic shared memory that a block may have on the device of this stream; `mostShared` of launch.h unless
  /// set.
  void setMostShared(std::size_t bytes) { mostShared_ = bytes; }
  std::size_t mostShared() const { return mostShared_; }

  /// The number of items submitted so far. isDone: whether that many are done; wait: waits until they are.
  std::uint64_t position();
  bool isDone(std::uint64_t position);
  void wait(std::uint64_t position);

  /// Replaces items that have not begun by empty ones, which count as done in their turn.
  void drop();

  /// The message of the first Fault since the last call, or an empty string. Work after the fault was still done.
  std::string takeFault();

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> pending_;
  std::uint64_t submitted_ = 0;
  std::uint64_t done_ = 0;
  bool closing_ = false;
  std::string fault_;
  std::size_t mostShared_ = emulator::mostShared;  // used by the thread that launches only
  std::thread thread_;
};

}  // namespace emulator
