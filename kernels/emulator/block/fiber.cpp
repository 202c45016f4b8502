// Fibers (fiber.h): stacks of 256 KiB, and the switch between them in assembly for x86-64 and aarch64. A switch saves
// the callee-saved registers only; the caller of a function expects all others to change.
//
//   fiber A                    fiber B                      memory of a stack, from high to low addresses
//   runs
//   switch: push registers                                  | frames of the kernel    |
//           pointer_A = sp                                  | return address          |
//           sp = pointer_B                                  | saved registers         | <- pointer, while left
//                              pop registers                | ...                     |
//                              jump to where B was left     | free                    |
//                              runs                         | page without access     |    an overflow is a SIGSEGV
#include "emulator/block/fiber.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <new>

// Pushes the callee-saved registers, stores the stack pointer to *from, and continues where `to` was saved. It ends
// with an indirect jump, because the processor would predict a return to the wrong address.
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

// The first code of a new fiber: calls entry(this, argument), which the constructor has put into callee-saved
// registers.
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
  // The lowest page has no access rights, so a stack overflow stops the process instead of overwriting memory.
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
  // In the order in which emulator_switch pops: r15 r14 r13 r12 rbx rbp, then the address to jump to. After that the
  // stack pointer is a multiple of 16, which the ABI requires before the call in emulator_start.
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
