// One thread block: its threads as fibers, its shared memory, its barriers. Runs on one core of the host.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "detector.h"
#include "fiber.h"

namespace emulator {

struct Dim3 {
  unsigned x = 1, y = 1, z = 1;
  constexpr Dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
  constexpr std::uint64_t count() const { return std::uint64_t{x} * y * z; }
};

/// What the kernel did that no GPU would forgive: a deadlock, a barrier with the wrong count, an address outside.
struct Fault : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Block;

/// A copy from global to shared memory that was started and need not have happened yet (cp.async).
struct PendingCopy {
  void* target;
  const void* source;
  std::uint32_t bytes;      // written
  std::uint32_t readBytes;  // read; the rest of the target becomes zeros
  int group;                // counts this thread's commits
  int agent;                // its clock in the race detector
};

/// One CUDA thread.
struct Thread {
  Fiber fiber;
  Block* block = nullptr;
  Dim3 index{0, 0, 0};
  int number = 0;  // in the block, x fastest
  bool done = false;
  bool waiting = false;
  std::vector<PendingCopy> copies;
  int copyGroup = 0;
};

/// What the lanes of a warp hand in at a collective operation and get back.
struct Lanes {
  std::uint64_t in[32][8];
  std::uint64_t out[32][8];
};

/// How a launch is run.
struct LaunchOptions {
  std::uint64_t seed = 0;      // of the schedule, with `shuffle`
  bool shuffle = false;        // threads and copies in random order, preempted at random; otherwise in order
  bool detectRaces = false;    // needs kernels compiled with the compiler's access hooks
};

class Block {
 public:
  explicit Block(const LaunchOptions& options) : options_(options), random_(options.seed) {}

  /// Runs every thread of one block to its end. Throws Fault.
  void run(const std::function<void()>& kernel, Dim3 grid, Dim3 blockDim, Dim3 blockIndex, std::size_t sharedBytes,
           std::uint64_t blockNumber);

  /// The block and thread that this core is running; null outside a launch.
  static thread_local Block* current;
  Thread& thread() { return *running_; }
  Dim3 grid() const { return grid_; }
  Dim3 dim() const { return dim_; }
  Dim3 index() const { return index_; }

  /// Dynamic shared memory. Filled with a NaN pattern before the block starts.
  unsigned char* shared() { return shared_; }
  std::size_t sharedBytes() const { return sharedBytes_; }
  bool isShared(const void* p) const { return p >= shared_ && p < shared_ + sharedBytes_; }

  /// bar.sync: waits until `count` threads have arrived at barrier `id`.
  void barrier(int id, int count);

  /// A collective of the lanes in `mask`: the last to arrive calls `combine` on what all handed in.
  /// `operation` names it; lanes that meet in different operations are a fault.
  const std::uint64_t* collective(std::uint32_t mask, const char* operation, const std::uint64_t* in, int words,
                                  void (*combine)(Lanes& lanes, std::uint32_t mask, const void* argument),
                                  const void* argument = nullptr);

  /// cp.async and its groups.
  void copyAsync(void* target, const void* source, std::uint32_t bytes, std::uint32_t readBytes);
  void commitCopies();
  void waitCopies(int groupsLeft);

  /// With `shuffle`, sometimes lets another thread run. Called at every synchronising operation.
  void maybePreempt();

  [[noreturn]] void fault(const std::string& message);

  Detector* detector() { return detector_.get(); }
  std::mt19937_64& random() { return random_; }

 private:
  struct Barrier {
    std::vector<Thread*> waiting;
    int count = 0;
  };
  struct Warp {
    std::uint32_t arrived = 0;
    std::uint32_t mask = 0;
    const char* operation = nullptr;
    std::vector<Thread*> waiting;
    Lanes lanes;
  };

  static void threadMain(void* thread);
  void schedule();
  void wait();
  void wake(Thread& thread);
  void perform(Thread& thread, std::size_t copy);
  std::string describe(const Thread& thread) const;

  LaunchOptions options_;
  std::mt19937_64 random_;
  std::vector<std::unique_ptr<Thread>> pool_;
  std::vector<Thread*> ready_;
  Thread* running_ = nullptr;
  const std::function<void()>* kernel_ = nullptr;
  Dim3 grid_, dim_, index_;
  std::vector<unsigned char> sharedStorage_;
  unsigned char* shared_ = nullptr;
  std::size_t sharedBytes_ = 0;
  int threads_ = 0;
  int live_ = 0;
  Barrier barriers_[16];
  std::vector<Warp> warps_;
  std::string fault_;
  std::unique_ptr<Detector> detector_;
};

}  // namespace emulator
