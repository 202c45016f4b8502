// One thread block: its threads on fibers, its shared memory, its barriers. It runs on one thread of the host; launch/
// runs the blocks of a grid on several. block.cpp has the scheduler, barrier.cpp barriers and collectives, copy.cpp
// cp.async; instructions/ has the rest of the hardware.
//
// A CUDA thread runs until it has to wait (suspend), is preempted, or ends; then the scheduler switches to a thread
// that can run. In order, or with `shuffle` at random:
//
//   thread 0   runs --- __syncthreads: suspend .................... wake --- runs
//   thread 1             started, runs --- __syncthreads: suspend . wake
//   thread 2                                started, runs --- __syncthreads: the last one wakes all
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "emulator/block/fiber.h"
#include "emulator/block/random.h"
#include "emulator/races/detector.h"
#include "emulator/races/memory.h"

namespace emulator {

struct Dim3 {
  unsigned x = 1, y = 1, z = 1;
  constexpr Dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
  constexpr std::uint64_t count() const { return std::uint64_t{x} * y * z; }
};

/// An error of a kernel that stops it: a deadlock, a barrier with a wrong count, an address outside its memory.
struct Fault : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Block;
class Bulk;
class Warpgroups;

/// A copy from global to shared memory (cp.async) that was started and may not have happened yet.
struct PendingCopy {
  void* target;             // null once the copy has happened
  const void* source;
  std::uint32_t bytes;      // written
  std::uint32_t readBytes;  // read; the rest of the target becomes zeros
  int group;                // counts this thread's commits
};

/// One CUDA thread.
struct Thread {
  Fiber* fiber = nullptr;
  Dim3 index{0, 0, 0};
  int number = 0;  // in the block, x fastest
  bool started = false;
  bool done = false;
  std::vector<PendingCopy> copies;
  int copyGroup = 0;
  int copyEngine = -1;  // in the race detector
};

/// How a launch is run.
struct LaunchOptions {
  std::uint64_t seed = 0;    // of the schedule, with `shuffle`
  bool shuffle = false;      // threads and copies in random order, preempted at random; otherwise in order
  bool detectRaces = false;  // needs kernels compiled with the compiler's access hooks
};

/// The parts of a launch that its blocks need.
struct Launch {
  const std::function<void()>* kernel;
  Dim3 grid;
  Dim3 block;
  std::size_t sharedBytes;
  LaunchOptions options;
  std::shared_ptr<const Regions> memory;
};

class Block {
 public:
  Block();
  ~Block();

  /// Runs every thread of one block to its end. Throws Fault; the object cannot be used again then.
  void run(const Launch& launch, std::uint64_t number);

  /// The block that this core is running; null outside a launch.
  static thread_local Block* current;
  Thread& thread() { return *running_; }
  Dim3 grid() const { return grid_; }
  Dim3 dim() const { return dim_; }
  Dim3 index() const { return index_; }
  int threads() const { return threadCount_; }

  /// Dynamic shared memory. Filled with a NaN pattern before the block starts.
  unsigned char* shared() { return shared_; }
  bool isShared(const void* p) const { return p >= shared_ && p < shared_ + sharedBytes_; }

  /// The offset of an address in shared memory. Faults unless `bytes` bytes there are inside the block's memory and
  /// aligned.
  std::size_t sharedOffset(const void* p, std::size_t bytes, std::size_t alignment, const char* operation);

  /// bar.sync: waits until `count` threads have arrived at barrier `id`; bar.arrive: arrives and goes on.
  void barrier(int id, int count, bool waits = true);

  /// A collective of the lanes in `mask`, each with a `slot`: the last lane to arrive calls `combine` with the slots of
  /// all, by lane. `operation` is its name; lanes that meet in different operations are a fault.
  using Combine = void (*)(void* const* slots, std::uint32_t mask, const void* argument);
  void collective(std::uint32_t mask, const char* operation, void* slot, Combine combine,
                  const void* argument = nullptr);

  /// __syncwarp: the one collective that orders memory accesses.
  void syncWarp(std::uint32_t mask);

  /// cp.async and its groups.
  void copyAsync(void* target, const void* source, std::uint32_t bytes, std::uint32_t readBytes);
  void commitCopies() { running_->copyGroup++; }
  void waitCopies(int groupsLeft);

  /// mbarriers and bulk copies; matrix instructions of warpgroups.
  Bulk& bulk();
  Warpgroups& warpgroups();

  /// The running thread waits until `wake` is called for it.
  void suspend();
  void wake(Thread& thread) { ready_.push_back(&thread); }
  Thread& threadAt(int number) { return all_[number]; }

  /// With `shuffle`, sometimes switches to another thread or completes a pending operation. Called by every operation
  /// that synchronises.
  void maybePreempt() {
    if (shuffle_) preempt();
  }

  [[noreturn]] void fault(const std::string& message) { fault(*running_, message); }
  [[noreturn]] void fault(const Thread& by, const std::string& message);

  /// Faults if an access of global memory touches a guard band.
  void checkGlobal(const void* address, std::size_t bytes) {
    if (!memory_.isFine(address, bytes)) fault(memory_.describe(address, bytes));
  }

  Detector* detector() { return detecting_ ? &detector_ : nullptr; }
  bool shuffle() const { return shuffle_; }
  Random& random() { return random_; }

 private:
  struct Barrier {
    int count = 0;                 // threads that it waits for
    std::vector<int> arrived;      // thread numbers
    std::vector<Thread*> waiting;  // those of them that wait
    Knowledge arrivals;            // for the race detector
  };
  /// Lanes that wait for the rest of their mask to arrive at a collective. A warp may have several at a time.
  struct Gathering {
    std::uint32_t mask;     // lanes that take part
    std::uint32_t arrived;  // those that are here
    const char* operation;
  };
  struct Warp {
    int gatherings = 0;
    Gathering at[32];
    void* slots[32];
  };

  static void fiberMain(Fiber* self, void* block);
  void runThread();
  void completeBarrier(Barrier& barrier, bool lastWaits);
  void gather(std::uint32_t mask, const char* operation, void* slot, Combine combine, const void* argument,
              bool orders);
  Thread* choose();
  Fiber* next();
  void preempt();
  bool performSomething();
  void perform(Thread& thread, std::size_t copy);
  std::string describe(const Thread& thread) const;
  std::string describeWaiting() const;

  Random random_;
  std::vector<Thread> all_;                     // by number
  std::vector<std::unique_ptr<Fiber>> fibers_;  // as many as threads that were alive at once
  std::vector<Fiber*> idle_;                    // fibers without a thread
  std::vector<Thread*> ready_;    // started threads that can go on
  std::vector<int> unstarted_;    // a permutation of thread numbers, with shuffle
  int started_ = 0;
  Thread* running_ = nullptr;
  void* host_ = nullptr;          // the stack that called run
  const std::function<void()>* kernel_ = nullptr;
  Dim3 grid_, dim_, index_;
  std::vector<unsigned char> sharedStorage_;
  unsigned char* shared_ = nullptr;
  std::size_t sharedBytes_ = 0;
  int threadCount_ = 0;
  int live_ = 0;
  bool shuffle_ = false;
  bool detecting_ = false;
  bool broken_ = false;
  Barrier barriers_[16];
  std::vector<Warp> warps_;
  std::string fault_;
  Detector detector_;
  MemoryCheck memory_;
  std::unique_ptr<Bulk> bulk_;
  std::unique_ptr<Warpgroups> warpgroups_;
};

}  // namespace emulator
