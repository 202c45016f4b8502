// A fiber: a stack that can be left and continued. Block runs each CUDA thread on a fiber, so that a thread can wait at
// a barrier in the middle of a kernel while others run, all on one thread of the host. Scheduling is in block.cpp.
#pragma once

#include <cstddef>

namespace emulator {

/// A stack, and the point at which it was left. Not movable, since the stack contains pointers to the fiber.
class Fiber {
 public:
  using Entry = void (*)(Fiber* self, void* argument);

  /// A fiber whose first switch calls `entry(this, argument)`, which must not return.
  Fiber(Entry entry, void* argument);
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// The stack pointer at which the fiber was left; its saved registers are there.
  void* pointer = nullptr;

 private:
  static constexpr std::size_t stackBytes = 256 * 1024;

  char* stack_ = nullptr;
};

/// Saves the running stack's registers on it, stores its stack pointer in `from`, and continues the stack `to` where it
/// was left. Returns when something switches back to `from`.
void switchStacks(void*& from, void* to);

}  // namespace emulator
