#include "emulator/block/fiber.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <new>

// Saves the callee-saved registers and the stack pointer to *from, and continues where `to` was saved. The jump is
// indirect, since a return would go elsewhere than the processor predicts.
extern "C" void emulator_switch(void** from, void* to);

#if defined(__x86_64__)
asm(R"(
.text
.globl emulator_switch
.hidden emulator_switch
.type emulator_switch, @function
emulator_switch:
  push %rbp
  push %rbx
  push %r12
  push %r13
  push %r14
  push %r15
  mov %rsp, (%rdi)
  mov %rsi, %rsp
  pop %r15
  pop %r14
  pop %r13
  pop %r12
  pop %rbx
  pop %rbp
  pop %rcx
  jmp *%rcx
.size emulator_switch, .-emulator_switch
)");
#elif defined(__aarch64__)
asm(R"(
.text
.globl emulator_switch
.hidden emulator_switch
.type emulator_switch, @function
emulator_switch:
  sub sp, sp, #160
  stp x19, x20, [sp, #0]
  stp x21, x22, [sp, #16]
  stp x23, x24, [sp, #32]
  stp x25, x26, [sp, #48]
  stp x27, x28, [sp, #64]
  stp x29, x30, [sp, #80]
  stp d8, d9, [sp, #96]
  stp d10, d11, [sp, #112]
  stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]
  mov x9, sp
  str x9, [x0]
  mov sp, x1
  ldp x19, x20, [sp, #0]
  ldp x21, x22, [sp, #16]
  ldp x23, x24, [sp, #32]
  ldp x25, x26, [sp, #48]
  ldp x27, x28, [sp, #64]
  ldp x29, x30, [sp, #80]
  ldp d8, d9, [sp, #96]
  ldp d10, d11, [sp, #112]
  ldp d12, d13, [sp, #128]
  ldp d14, d15, [sp, #144]
  add sp, sp, #160
  ret
.size emulator_switch, .-emulator_switch
)");
#else
#error "the emulator runs on x86-64 and aarch64"
#endif

// What a fresh fiber starts with: entry and its arguments lie in callee-saved registers, as the constructor put them.
extern "C" void emulator_start();
#if defined(__x86_64__)
asm(R"(
.text
.globl emulator_start
.hidden emulator_start
.type emulator_start, @function
emulator_start:
  mov %r12, %rdi
  mov %r14, %rsi
  call *%r13
  ud2
.size emulator_start, .-emulator_start
)");
#else
asm(R"(
.text
.globl emulator_start
.hidden emulator_start
.type emulator_start, @function
emulator_start:
  mov x0, x19
  mov x1, x21
  blr x20
  brk #1
.size emulator_start, .-emulator_start
)");
#endif

namespace emulator {

Fiber::Fiber(Entry entry, void* argument) {
  // The lowest page is a guard: a stack overflow is a clean fault, not a silent overwrite.
  const std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  void* memory = mmap(nullptr, stackBytes + page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  stack_ = static_cast<char*>(memory) + page;
  if (mprotect(stack_, stackBytes, PROT_READ | PROT_WRITE) != 0) {
    munmap(memory, stackBytes + page);
    throw std::bad_alloc();
  }
  auto** top = reinterpret_cast<void**>(stack_ + stackBytes);
#if defined(__x86_64__)
  // In the order in which emulator_switch pops: r15 r14 r13 r12 rbx rbp, then the address to go to. The stack pointer
  // is then a multiple of 16, as the ABI asks for before emulator_start's call.
  top -= 9;
  for (int i = 0; i < 9; i++) top[i] = nullptr;
  top[1] = argument;                                    // r14
  top[2] = reinterpret_cast<void*>(entry);              // r13
  top[3] = this;                                        // r12
  top[6] = reinterpret_cast<void*>(&emulator_start);
#else
  top -= 20;
  for (int i = 0; i < 20; i++) top[i] = nullptr;
  top[0] = this;                                        // x19
  top[1] = reinterpret_cast<void*>(entry);              // x20
  top[2] = argument;                                    // x21
  top[11] = reinterpret_cast<void*>(&emulator_start);   // x30
#endif
  pointer = top;
}

Fiber::~Fiber() {
  const std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  munmap(stack_ - page, stackBytes + page);
}

void switchStacks(void*& from, void* to) { emulator_switch(&from, to); }

}  // namespace emulator
