// wgmma on the emulator (warpgroup.h). From its issue to the wait, a thread's accumulators are poison in its registers,
// and their true values are in an Accumulators; so a kernel that reads or writes them too early computes NaN or faults.
#include "emulator/instructions/warpgroup.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "emulator/instructions/operand.h"

namespace emulator {

namespace {

constexpr std::uint32_t poison = 0xffffffffu;

/// The index in d (64, n) of element i of a thread's part.
int indexOf(int lane, int i, int n) {
  const int row = lane / 32 * 16 + lane % 32 / 4 + i / 2 % 2 * 8;
  return row * n + i / 4 * 8 + lane % 4 * 2 + i % 2;
}

}  // namespace

void Warpgroups::fence() { threads_[block_.thread().number].fenced = true; }

/// The operation that the thread issues: the next one of its warpgroup, made by the first of its threads that issues
/// it.
Warpgroups::Operation& Warpgroups::enter(Group& group, State& state, const MatrixInstruction& instruction) {
  const std::uint64_t at = state.issued++ - group.first;
  if (at == group.operations.size()) {
    group.operations.emplace_back();
    group.operations.back().instruction = instruction;
    group.operations.back().group = state.committed;
  }
  Operation& operation = group.operations[at];
  if (operation.instruction != instruction || operation.group != state.committed)
    block_.fault("wgmma: all threads of a warpgroup must issue the same instruction");
  return operation;
}

/// Moves the thread's accumulators from its registers to the operation, and poisons the registers. If an earlier
/// operation on the same registers is not retired, this one continues with its Accumulators.
void Warpgroups::attach(Group& group, Operation& operation, std::uint64_t number, float* d) {
  const int lane = block_.thread().number % 128;
  const int n = operation.instruction.n;
  State& state = threads_[block_.thread().number];
  // The last instruction on the same registers that the thread has not waited for.
  std::shared_ptr<Accumulators> previous;
  for (std::uint64_t i = state.retired; i < number; i++)
    if (const Operation& other = group.operations[i - group.first]; other.d->registers[lane] == d) previous = other.d;
  if (operation.d == nullptr) {
    operation.d = previous;
    if (previous == nullptr) {
      operation.d = std::make_shared<Accumulators>();
      operation.d->values.assign(std::size_t{64} * n, 0);
    }
  } else if (previous != nullptr && previous != operation.d) {
    block_.fault("wgmma: all threads of a warpgroup must accumulate in the registers of the same instruction");
  }
  if (previous != nullptr) {
    for (int i = 0; i < n / 2; i++)
      if (std::bit_cast<std::uint32_t>(d[i]) != poison)
        block_.fault("wgmma: its accumulators were written while an instruction that uses them was in progress");
    return;
  }
  if (!state.fenced) block_.fault("wgmma: no wgmma.fence since its registers were last written");
  operation.d->registers[lane] = d;
  for (int i = 0; i < n / 2; i++) {
    operation.d->values[indexOf(lane, i, n)] = d[i];
    d[i] = std::bit_cast<float>(poison);
  }
}

void Warpgroups::issue(const MatrixInstruction& instruction, float* d, const std::uint32_t* a) {
  Thread& self = block_.thread();
  const int lane = self.number % 128;
  if (self.number / 128 * 128 + 128 > block_.threads())
    block_.fault("wgmma: the thread is not in a warpgroup of 128 threads");
  Group& group = groups_[self.number / 128];
  State& state = threads_[self.number];
  Operation& operation = enter(group, state, instruction);
  attach(group, operation, state.issued - 1, d);
  if (a != nullptr) {
    operation.a.resize(std::size_t{128} * 4);
    std::copy_n(a, 4, operation.a.begin() + lane * 4);
  }
  if (Detector* detector = block_.detector()) detector->release(self.number, operation.known[lane / 32]);
  if (++operation.issued == 128) {
    check(group, operation);
    for (Thread* thread : group.waiting) block_.wake(*thread);
    group.waiting.clear();
  }
  block_.maybePreempt();
}

/// Called when all threads have issued the operation: tells the race detector of its reads of shared memory. A warp
/// multiplies its 16 rows of a by all of b, so every warp must know the writes of b.
void Warpgroups::check(Group& group, Operation& operation) {
  const MatrixInstruction& instruction = operation.instruction;
  const Operand b(instruction.b, instruction.transposeB);
  const Operand a(instruction.a, instruction.transposeA);
  if (!b.isInside(instruction.n, block_) || (instruction.hasDescriptorA && !a.isInside(64, block_)))
    block_.fault("wgmma: a descriptor points outside the shared memory of the block");
  Detector* const detector = block_.detector();
  if (detector == nullptr) return;
  if (group.engine < 0)
    group.engine =
        detector->addEngine("a matrix instruction of warpgroup " + std::to_string(block_.thread().number / 128));
  const std::uint32_t time = operation.group + 1;
  if (instruction.hasDescriptorA)
    for (int warp = 0; warp < 4; warp++)
      a.forEachRun(warp * 16, warp * 16 + 16, [&](std::size_t offset) {
        detector->accessAsync(group.engine, time, operation.known[warp], offset, 16, false, true);
      });
  Knowledge& all = operation.known[0];
  for (int warp = 1; warp < 4; warp++) {
    all.generic.meet(operation.known[warp].generic);
    all.async.meet(operation.known[warp].async);
  }
  b.forEachRun(0, instruction.n, [&](std::size_t offset) {
    detector->accessAsync(group.engine, time, all, offset, 16, false, true);
  });
}

/// Reads the operands from shared memory and registers, and multiplies: d (64, n) = a (64, 16) b (16, n) + d.
void Warpgroups::perform(Operation& operation) {
  const MatrixInstruction& instruction = operation.instruction;
  const int n = instruction.n;
  static thread_local float a[64][16], b[16][256];
  const auto toNumber = [&](std::uint16_t bits) {
    return instruction.type == Half::bfloat16 ? toFloat(bfloat16{bits}) : toFloat(float16{bits});
  };
  const unsigned char* const shared = block_.shared();
  const auto load = [&](std::size_t offset) {
    std::uint16_t bits;
    std::memcpy(&bits, shared + offset, 2);
    return toNumber(bits);
  };
  const Operand operandA(instruction.a, instruction.transposeA), operandB(instruction.b, instruction.transposeB);
  for (int k = 0; k < 16; k++) {
    for (int column = 0; column < n; column++) b[k][column] = load(operandB.offset(column, k));
    if (instruction.hasDescriptorA)
      for (int row = 0; row < 64; row++) a[row][k] = load(operandA.offset(row, k));
  }
  if (!instruction.hasDescriptorA)
    for (int lane = 0; lane < 128; lane++)
      // Element i is in register i / 2. Registers 0 and 1 are rows r and r + 8, registers 2 and 3 the same with k + 8.
      for (int i = 0; i < 8; i++) {
        const int row = lane / 32 * 16 + lane % 32 / 4 + i / 2 % 2 * 8;
        a[row][i / 4 * 8 + lane % 4 * 2 + i % 2] =
            toNumber(static_cast<std::uint16_t>(operation.a[lane * 4 + i / 2] >> i % 2 * 16));
      }
  for (int row = 0; row < 64; row++) {
    float* const d = operation.d->values.data() + std::size_t{static_cast<unsigned>(row)} * n;
    if (!instruction.accumulate) std::fill_n(d, n, 0.0f);
    for (int k = 0; k < 16; k++) {
      const float factor = a[row][k];
      for (int column = 0; column < n; column += 8)
        for (int c = 0; c < 8; c++) d[column + c] += factor * b[k][column + c];
    }
  }
  operation.done = true;
}

void Warpgroups::commit() {
  threads_[block_.thread().number].committed++;
  block_.maybePreempt();
}

void Warpgroups::wait(int groupsLeft) {
  Thread& self = block_.thread();
  Group& group = groups_[self.number / 128];
  State& state = threads_[self.number];
  const int through = state.committed - groupsLeft;  // groups below this one must be complete
  std::uint64_t end = state.retired;
  while (end < state.issued && group.operations[end - group.first].group < through) end++;
  while (end > group.performed) {
    Operation& next = group.operations[group.performed - group.first];
    if (next.issued < 128) {
      group.waiting.push_back(&self);
      block_.suspend();
    } else {
      perform(next);
      group.performed++;
    }
  }
  retire(group, state, self.number % 128, end);
  state.fenced = false;  // the thread may write the registers again
  if (Detector* detector = block_.detector(); detector && group.engine >= 0 && through > 0)
    detector->learn(self.number, group.engine, through);
  block_.maybePreempt();
}

/// The operations before `end` are complete for the thread: it gets back the accumulators that no later operation uses.
void Warpgroups::retire(Group& group, State& state, int lane, std::uint64_t end) {
  for (; state.retired < end; state.retired++) {
    Operation& operation = group.operations[state.retired - group.first];
    operation.retired++;
    bool isLast = true;
    for (std::uint64_t i = state.retired + 1; i < state.issued; i++)
      isLast &= group.operations[i - group.first].d != operation.d;
    if (!isLast) continue;
    const int n = operation.instruction.n;
    for (int i = 0; i < n / 2; i++) operation.d->registers[lane][i] = operation.d->values[indexOf(lane, i, n)];
  }
  while (!group.operations.empty() && group.operations.front().retired == 128) {
    group.operations.pop_front();
    group.first++;
  }
}

bool Warpgroups::performSomething() {
  for (Group& group : groups_) {
    if (group.performed - group.first == group.operations.size()) continue;
    Operation& next = group.operations[group.performed - group.first];
    if (next.issued < 128) continue;
    perform(next);
    group.performed++;
    return true;
  }
  return false;
}

void Warpgroups::endThread(const Thread& thread) {
  const State& state = threads_[thread.number];
  if (state.retired < state.issued) block_.fault("the thread ended without waiting for its matrix instructions");
}

}  // namespace emulator
