// A fiber: a stack of its own, switched to and from by hand. One carries each CUDA thread of a block.
#pragma once

#include <cstddef>

namespace emulator {

/// A stack and where it was left. Movable by pointer only: the stack holds the fiber's own frames.
class Fiber {
 public:
  using Entry = void (*)(void* argument);

  Fiber();
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// Makes the next `resume` call `entry(argument)` at the top of the stack. `entry` must not return.
  void prepare(Entry entry, void* argument);

  /// Runs the fiber until it calls `suspend`.
  void resume();

  /// Called on the fiber: goes back to whoever resumed it.
  void suspend();

 private:
  static constexpr std::size_t stackBytes = 256 * 1024;

  char* stack_ = nullptr;
  void* own_ = nullptr;     // the fiber's stack pointer while it is suspended
  void* caller_ = nullptr;  // the resumer's stack pointer while the fiber runs
};

}  // namespace emulator
