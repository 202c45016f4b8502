// The functions that the compiler calls for every access in code built with -fsanitize=thread, and for misaligned
// accesses in code built with -fsanitize=alignment. They are linked instead of the sanitizers' runtimes: kernels are
// watched, with the clocks of CUDA threads instead of the host's. Only kernels are compiled with these flags
// (CMakeLists.txt). The checks themselves are in detector.cpp and memory.cpp.
#include <cstddef>
#include <cstdint>
#include <string>

#include "emulator/block/block.h"

namespace {

/// Shared memory goes to the race detector, every other address to the check of guard bands.
void accessed(const void* address, std::size_t bytes, bool isWrite) {
  emulator::Block* const block = emulator::Block::current;
  if (block == nullptr) return;
  if (!block->isShared(address)) {
    block->checkGlobal(address, bytes);
  } else if (emulator::Detector* const detector = block->detector()) {
    detector->access(block->thread().number, static_cast<const unsigned char*>(address) - block->shared(), bytes,
                     isWrite);
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

namespace {

/// The description of an access that -fsanitize=alignment passes: the first members of the sanitizer's type.
struct Misaligned {
  const char* file;
  std::uint32_t line;
  std::uint32_t column;
  const void* type;
  unsigned char alignmentBits;
};

/// On a GPU a misaligned access is an error after which the device cannot be used. On the host it may work, so it is a
/// fault here.
void misaligned(const Misaligned* where) {
  emulator::Block* const block = emulator::Block::current;
  if (block == nullptr) return;
  const std::string file = where->file;
  const std::size_t folder = file.rfind("kernels/");
  block->fault("an access to an address that is not a multiple of " + std::to_string(1u << where->alignmentBits) +
               ", at " + (folder == std::string::npos ? file : file.substr(folder)) + ":" +
               std::to_string(where->line));
}

}  // namespace

extern "C" {
void __ubsan_handle_type_mismatch_v1(void* where, void*) { misaligned(static_cast<const Misaligned*>(where)); }
void __ubsan_handle_type_mismatch_v1_abort(void* where, void*) { misaligned(static_cast<const Misaligned*>(where)); }
}

// The functions that std::atomic becomes in such code. Kernels use atomicAdd and similar functions (block/atomic.h);
// these are for host code in the same files.
#define ATOMIC_HOOKS(bits, T)                                                                                          \
  T __tsan_atomic##bits##_load(const volatile T* a, int) { return __atomic_load_n(a, __ATOMIC_SEQ_CST); }              \
  void __tsan_atomic##bits##_store(volatile T* a, T v, int) { __atomic_store_n(a, v, __ATOMIC_SEQ_CST); }              \
  T __tsan_atomic##bits##_exchange(volatile T* a, T v, int) { return __atomic_exchange_n(a, v, __ATOMIC_SEQ_CST); }    \
  T __tsan_atomic##bits##_fetch_add(volatile T* a, T v, int) { return __atomic_fetch_add(a, v, __ATOMIC_SEQ_CST); }    \
  T __tsan_atomic##bits##_fetch_sub(volatile T* a, T v, int) { return __atomic_fetch_sub(a, v, __ATOMIC_SEQ_CST); }    \
  T __tsan_atomic##bits##_fetch_and(volatile T* a, T v, int) { return __atomic_fetch_and(a, v, __ATOMIC_SEQ_CST); }    \
  T __tsan_atomic##bits##_fetch_or(volatile T* a, T v, int) { return __atomic_fetch_or(a, v, __ATOMIC_SEQ_CST); }      \
  T __tsan_atomic##bits##_fetch_xor(volatile T* a, T v, int) { return __atomic_fetch_xor(a, v, __ATOMIC_SEQ_CST); }    \
  int __tsan_atomic##bits##_compare_exchange_strong(volatile T* a, T* e, T v, int, int) {                              \
    return __atomic_compare_exchange_n(a, e, v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);                            \
  }                                                                                                                    \
  int __tsan_atomic##bits##_compare_exchange_weak(volatile T* a, T* e, T v, int, int) {                                \
    return __atomic_compare_exchange_n(a, e, v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);                            \
  }

extern "C" {
ATOMIC_HOOKS(8, std::uint8_t)
ATOMIC_HOOKS(16, std::uint16_t)
ATOMIC_HOOKS(32, std::uint32_t)
ATOMIC_HOOKS(64, std::uint64_t)
void __tsan_atomic_thread_fence(int) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
void __tsan_atomic_signal_fence(int) {}
}
