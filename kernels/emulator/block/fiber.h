// A fiber: a stack of its own, switched to and from by hand. CUDA threads run on them.
#pragma once

#include <cstddef>

namespace emulator {

/// A stack and where it was left. Not movable: the stack holds the fiber's own frames.
class Fiber {
 public:
  using Entry = void (*)(Fiber* self, void* argument);

  /// A fiber whose first switch calls `entry(this, argument)`, which must not return.
  Fiber(Entry entry, void* argument);
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// Where the stack was left.
  void* pointer = nullptr;

 private:
  static constexpr std::size_t stackBytes = 256 * 1024;

  char* stack_ = nullptr;
};

/// Leaves the running stack, noting in `from` where, and continues where `to` was left.
void switchStacks(void*& from, void* to);

}  // namespace emulator
