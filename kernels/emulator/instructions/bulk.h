// mbarriers, and the bulk tensor copies (TMA) that complete at them, for one block. emulator/ptx.h forwards tensorLoad,
// mbarrierWait and similar functions to this class. cp.async is in block/copy.cpp.
//
//   thread                 mbarrier: pending arrivals, bytes            copies_
//   arriveExpect(bytes)    pending - 1, bytes + n
//   tensorLoad                                                          the copy waits here
//                          bytes - n                                <-  at a random moment the copy is performed
//   wait(parity)       <-  pending = 0 and bytes = 0: the phase is complete
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "emulator/block/block.h"
#include "emulator/instructions/tensor-map.h"

namespace emulator {

class Bulk {
 public:
  explicit Bulk(Block& block) : block_(block) {}

  void initialise(std::uint64_t* barrier, std::uint32_t count);
  /// fence.mbarrier_init: bulk copies may use the barriers that this thread has initialised.
  void fenceInitialised();
  void arrive(std::uint64_t* barrier, std::uint32_t expectedBytes);
  void wait(std::uint64_t* barrier, std::uint32_t parity);

  /// Copies the box at `at` from global to shared memory, with zeros outside the tensor. Completes at the barrier.
  void load(void* target, const TensorMap& map, std::uint64_t* barrier, const int* at);
  /// Copies from shared memory to the box at `at`, except outside the tensor. Belongs to the thread's current group.
  void store(const TensorMap& map, const void* source, const int* at);
  void commit();
  void wait(int groupsLeft);

  bool performSomething();
  bool isUnderWay() const { return !copies_.empty(); }
  void endThread(const Thread& thread);

 private:
  struct Mbarrier {
    std::size_t offset;         // in shared memory
    std::uint32_t count;        // arrivals of a phase
    std::uint32_t pending;      // arrivals that are still missing in this phase
    std::int64_t bytes;         // expected and not yet copied
    std::uint32_t phase;        // the current one, from 0
    int underWay;               // copies to this mbarrier that were issued and not performed
    int initialiser;            // thread
    bool isFenced;
    int engine;                 // in the race detector
    Knowledge arrivals;         // the knowledge of all threads that have arrived so far
    Knowledge completed;        // the same when the last phase was completed
    std::vector<Thread*> waiting;
  };
  /// A copy that was issued and not performed.
  struct Copy {
    bool isLoad;
    TensorMap map;
    int at[5];           // coordinates of the box, innermost first
    std::size_t offset;  // in shared memory
    Mbarrier* barrier;   // of a load
    Thread* issuer;
    int group;           // of a store, among the issuer's
  };
  /// A thread's groups of stores.
  struct Groups {
    int committed = 0;  // groups so far
    int stored = 0;     // the number of groups up to the last one with a store, which may not be committed
    int waited = 0;     // groups that the thread has waited for
    int engine = -1;    // in the race detector
    Thread* waiter = nullptr;
    int waitsFor = 0;   // the waiter continues when groups below this are done
  };

  Mbarrier& find(const std::uint64_t* barrier, const char* operation);
  Groups& groupsOf(const Thread& thread);
  void completeIfDone(Mbarrier& barrier, const Thread& by);
  void perform(std::size_t copy);
  void move(const Copy& copy);
  bool isDone(const Thread& thread, int group) const;

  Block& block_;
  std::vector<std::unique_ptr<Mbarrier>> barriers_;
  std::vector<Copy> copies_;
  std::vector<Groups> groups_;  // by thread
};

}  // namespace emulator
