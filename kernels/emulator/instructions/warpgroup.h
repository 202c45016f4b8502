// wgmma: matrix instructions that four warps issue together, which run on their own and read shared memory through
// the async proxy.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "emulator/block/block.h"
#include "emulator/types/half.h"

namespace emulator {

enum class Half { bfloat16, float16 };

/// d (64 x n) = a (64 x 16) b (16 x n) + d, or without the last.
struct MatrixInstruction {
  Half type;
  int n;
  bool transposeA;  // the operand lies with its rows, not its k, contiguous
  bool transposeB;
  bool hasDescriptorA;  // otherwise a lies in registers
  std::uint64_t a;
  std::uint64_t b;
  bool accumulate;

  bool operator==(const MatrixInstruction&) const = default;
};

class Warpgroups {
 public:
  explicit Warpgroups(Block& block)
      : block_(block), threads_(block.threads()), groups_((block.threads() + 127) / 128) {}

  /// wgmma.fence: the instructions that follow see what the thread has written to its registers.
  void fence();
  /// `d` is the calling thread's part, n / 2 numbers, and `a` its four registers, where a lies in registers.
  void issue(const MatrixInstruction& instruction, float* d, const std::uint32_t* a);
  void commit();
  void wait(int groupsLeft);

  bool performSomething();
  void endThread(const Thread& thread);

 private:
  /// The true accumulators while the registers are poison; instructions in a row on the same registers share them.
  struct Accumulators {
    float* registers[128];
    std::vector<float> values;  // (64, n)
  };
  struct Operation {
    MatrixInstruction instruction;
    int group;
    int issued = 0;   // threads
    int retired = 0;  // threads that have waited for it
    bool done = false;
    std::shared_ptr<Accumulators> d;
    std::vector<std::uint32_t> a;  // (128, 4), where a lies in registers
    Knowledge known[4];  // by warp, in the race detector
  };
  struct Group {
    std::deque<Operation> operations;
    std::uint64_t first = 0;  // the number of operations[0]
    std::uint64_t performed = 0;
    int engine = -1;
    std::vector<Thread*> waiting;
  };
  struct State {
    std::uint64_t issued = 0;
    std::uint64_t retired = 0;
    int committed = 0;
    bool fenced = false;
  };

  Operation& enter(Group& group, State& state, const MatrixInstruction& instruction);
  void attach(Group& group, Operation& operation, std::uint64_t number, float* d);
  void check(Group& group, Operation& operation);
  void perform(Operation& operation);
  void retire(Group& group, State& state, int lane, std::uint64_t end);

  Block& block_;
  std::vector<State> threads_;
  std::vector<Group> groups_;
};

}  // namespace emulator
