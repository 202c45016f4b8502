// wgmma for one block: matrix instructions that the four warps of a warpgroup issue together, which run asynchronously
// and read shared memory through the async proxy. emulator/ptx.h forwards to this class. An instruction of a warpgroup
// is
//
//   issued by a thread -> issued by all 128 -> performed at a random moment -> retired by each thread's wait
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "emulator/block/block.h"
#include "emulator/types/half.h"

namespace emulator {

enum class Half { bfloat16, float16 };

/// d (64, n) = a (64, 16) b (16, n) + d, or without + d.
struct MatrixInstruction {
  Half type;
  int n;
  bool transposeA;      // rows are contiguous in shared memory, and not k
  bool transposeB;
  bool hasDescriptorA;  // otherwise a is in registers
  std::uint64_t a;      // descriptor
  std::uint64_t b;      // descriptor
  bool accumulate;      // + d

  bool operator==(const MatrixInstruction&) const = default;
};

class Warpgroups {
 public:
  explicit Warpgroups(Block& block)
      : block_(block), threads_(block.threads()), groups_((block.threads() + 127) / 128) {}

  /// wgmma.fence: later instructions see the thread's writes to its registers.
  void fence();
  /// `d` is the calling thread's part, n / 2 numbers, and `a` its four registers if a is in registers, else null.
  void issue(const MatrixInstruction& instruction, float* d, const std::uint32_t* a);
  void commit();
  void wait(int groupsLeft);

  bool performSomething();
  void endThread(const Thread& thread);

 private:
  /// The true accumulators while the registers are poison; successive instructions on the same registers share them.
  struct Accumulators {
    float* registers[128];      // (128 threads)
    std::vector<float> values;  // (64, n)
  };
  struct Operation {
    MatrixInstruction instruction;
    int group;                     // of commits
    int issued = 0;                // threads that have issued it
    int retired = 0;               // threads that have waited for it
    bool done = false;
    std::shared_ptr<Accumulators> d;
    std::vector<std::uint32_t> a;  // (128, 4), if a is in registers
    Knowledge known[4];            // by warp, for the race detector
  };
  /// A warpgroup.
  struct Group {
    std::deque<Operation> operations;
    std::uint64_t first = 0;      // the number of operations[0]
    std::uint64_t performed = 0;  // operations that were performed, which happens in order
    int engine = -1;              // in the race detector
    std::vector<Thread*> waiting;
  };
  /// A thread.
  struct State {
    std::uint64_t issued = 0;   // operations
    std::uint64_t retired = 0;  // operations
    int committed = 0;          // groups
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
