// What the compiler calls on every access in code built with -fsanitize=thread. Linked instead of the sanitizer's own
// runtime, so that it is kernels that are watched, with the clocks of CUDA threads instead of the host's.
#include <cstddef>

#include "block.h"

namespace {

void accessed(const void* address, std::size_t bytes, bool isWrite) {
  emulator::Block* const block = emulator::Block::current;
  if (block == nullptr) return;
  if (!block->isShared(address)) {
    block->checkGlobal(address, bytes);
  } else if (emulator::Detector* const detector = block->detector()) {
    detector->access(block->thread().number, static_cast<const unsigned char*>(address) - block->shared(), bytes, isWrite);
  }
}

}  // namespace

#define HOOKS(bytes)                                                                        \
  void __tsan_read##bytes(void* p) { accessed(p, bytes, false); }                           \
  void __tsan_write##bytes(void* p) { accessed(p, bytes, true); }                           \
  void __tsan_unaligned_read##bytes(void* p) { accessed(p, bytes, false); }                 \
  void __tsan_unaligned_write##bytes(void* p) { accessed(p, bytes, true); }

extern "C" {
HOOKS(1)
HOOKS(2)
HOOKS(4)
HOOKS(8)
HOOKS(16)
void __tsan_read_range(void* p, unsigned long bytes) { accessed(p, bytes, false); }
void __tsan_write_range(void* p, unsigned long bytes) { accessed(p, bytes, true); }
void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_vptr_update(void**, void*) {}
void __tsan_vptr_read(void**) {}
}
