// A CUDA stream's twin: a queue of work that a thread of its own does in order.
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

/// What every thread of a grid does.
class Call {
 public:
  virtual ~Call() = default;
  virtual void operator()() const = 0;
};

/// A stream: work is done in order, by one thread, which spreads the blocks of a launch over the cores.
class Queue {
 public:
  /// Maximum number of unfinished work items in a stream. A CUDA stream holds about as many launches; NVIDIA does not document
  /// the number. Copies and fills count as well.
  static constexpr std::uint64_t mostPending = 1024;

  Queue();
  /// Finishes what was submitted.
  ~Queue();
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  /// Blocks while the queue is full, until the oldest work is done. Not to be called by submitted work.
  void submit(std::function<void()> work);

  /// Submits a launch; blocks as `submit` does.
  void launch(const char* name, Dim3 grid, Dim3 block, std::size_t sharedBytes, std::unique_ptr<const Call> call);

  /// Bytes of dynamic shared memory that a block may have on the device of this stream; `mostShared` of launch.h unless set.
  void setMostShared(std::size_t bytes) { mostShared_ = bytes; }
  std::size_t mostShared() const { return mostShared_; }

  /// How much was submitted so far; `isDone` and `wait` say whether it was done, and wait for it.
  std::uint64_t position();
  bool isDone(std::uint64_t position);
  void wait(std::uint64_t position);

  /// Forgets what has not begun yet, as if it had been done.
  void drop();

  /// The message of the first Fault since the last call, or an empty string. What came after it was still done.
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
