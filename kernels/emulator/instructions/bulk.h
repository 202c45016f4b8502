// mbarriers, and the bulk tensor copies (TMA) that complete at them.
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

  /// From global to shared memory; what lies outside the tensor becomes zeros. Completes at the barrier.
  void load(void* target, const TensorMap& map, std::uint64_t* barrier, const int* at);
  /// From shared to global memory, without what lies outside. Belongs to the thread's current group.
  void store(const TensorMap& map, const void* source, const int* at);
  void commit();
  void wait(int groupsLeft);

  bool performSomething();
  bool isUnderWay() const { return !copies_.empty(); }
  void endThread(const Thread& thread);

 private:
  struct Mbarrier {
    std::size_t offset;
    std::uint32_t count;
    std::uint32_t pending;      // arrivals
    std::int64_t bytes;         // still to come
    std::uint32_t phase;
    int underWay;               // copies
    int initialiser;
    bool isFenced;
    int engine;                 // in the race detector
    Knowledge arrivals;         // what those who have arrived so far had done
    Knowledge completed;        // the same, when the last phase was completed
    std::vector<Thread*> waiting;
  };
  struct Copy {
    bool isLoad;
    TensorMap map;
    int at[5];
    std::size_t offset;
    Mbarrier* barrier;
    Thread* issuer;
    int group;
  };
  /// A thread's groups of stores.
  struct Groups {
    int committed = 0;
    int stored = 0;  // groups with a store in them, the open one included
    int waited = 0;
    int engine = -1;
    Thread* waiter = nullptr;
    int waitsFor = 0;
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
