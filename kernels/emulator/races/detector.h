// A race detector for the shared memory of one block: vector clocks (FastTrack; Flanagan and Freund, PLDI 2009). Block
// has one; hooks.cpp tells it of ordinary accesses, and barriers, collectives, copies and instructions of
// synchronisation. Guard bands around global memory are in memory.h.
//
// Each thread has its own time, which ticks when it releases, and a clock: the time of every other thread up to which
// it knows that thread's work. An access is stored with the accessor's time. A later access of the same byte by
// another thread is ordered after it if its clock has reached that time; otherwise the two are a race, regardless
// of the order in which they ran.
//
//                  clock of thread 0    clock of thread 1
//                       (1, 0)               (0, 1)
//   thread 0 writes s[0] at time 1: the byte stores (thread 0, time 1)
//   a barrier           (2, 1)               (1, 2)         both release, then both acquire
//   thread 1 reads s[0]: its clock has 1 >= 1 for thread 0, so the read is ordered
//   thread 0 writes s[0] at time 2: the reader, thread 1 at time 2, is later than the 1 that thread 0 knows -> a race
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace emulator {

/// A vector clock: for each agent, the time up to which its work is known. Agents are the block's threads and, after
/// them, engines: hardware that reads and writes asynchronously. A component that is not stored is 0.
class Clock {
 public:
  std::uint32_t of(int agent) const { return static_cast<std::size_t>(agent) < times_.size() ? times_[agent] : 0; }
  void raise(int agent, std::uint32_t time);
  void join(const Clock& other);  // the maximum of each component
  void meet(const Clock& other);  // the minimum of each component
  void clear() { times_.clear(); }
  void reset(int agents);

 private:
  std::vector<std::uint32_t> times_;  // padded to whole vectors
};

/// Everything that an agent knows. `async` has the ordinary writes that the async proxy sees too, because a fence came
/// after them (fence.proxy.async).
struct Knowledge {
  Clock generic;
  Clock async;
};

/**
 * Stores for each byte of shared memory who wrote it last and who has read it since. Two accesses of one byte, one of
 * them a write, are a race unless synchronisation orders them, in any order.
 *
 * An asynchronous operation is checked when it is issued, with the knowledge of its threads at that moment. Its time is
 * that of its engine (the phase of an mbarrier, a group of copies), and a thread that waits for it learns that time.
 */
class Detector {
 public:
  /// Forgets everything, for a block of `threads`.
  void begin(int threads, std::size_t sharedBytes);

  /// A thread's ordinary access, and its atomic one: atomics race with ordinary accesses, not with each other.
  void access(int thread, std::size_t offset, std::size_t bytes, bool isWrite);
  void accessAtomic(int thread, std::size_t offset, std::size_t bytes);

  /// A new engine; the name is for messages.
  int addEngine(const std::string& name);

  /// An engine's access. `throughProxy` for bulk copies and wgmma, which use the async proxy; cp.async does not.
  void accessAsync(int engine, std::uint32_t time, const Knowledge& issuer, std::size_t offset, std::size_t bytes,
                   bool isWrite, bool throughProxy);

  const Knowledge& knowledge(int thread) const { return threads_[thread]; }

  /// release: the thread adds its knowledge to `sync` (an arrival) and its time ticks. acquire: it learns the knowledge
  /// in `sync` (the end of a wait).
  void release(int thread, Knowledge& sync);
  void acquire(int thread, const Knowledge& sync);

  /// All these threads learn the knowledge of each of them.
  void synchronise(const int* threads, int count);

  /// fence.proxy.async: from now on the async proxy sees the ordinary writes that the thread knows of.
  void fenceAsync(int thread);

  /// The thread has waited for the engine's operations up to `time`.
  void learn(int thread, int engine, std::uint32_t time) { threads_[thread].generic.raise(engine, time); }

  /// One line a race, at most `maximum` of them.
  const std::vector<std::string>& races() const { return races_; }
  static constexpr std::size_t maximum = 16;

 private:
  static constexpr std::uint16_t nobody = 0xffff;
  enum Flag : std::uint8_t { writtenAsync = 1, initialised = 2, reported = 4, atomics = 8 };

  /// The history of a byte.
  struct Cell {
    std::uint32_t writeTime = 0;
    std::uint32_t readers = 0;      // since the last write: an index into sets_
    std::uint16_t writer = nobody;  // an agent
    std::uint16_t generation = 0;   // if it is not the detector's, the cell counts as empty
    std::uint8_t flags = 0;
    std::uint8_t padding[3] = {};
  };

  /// A set of accesses: those of `parent` and one more. Sets are never changed, so bytes with the same history share a
  /// set.
  struct Set {
    std::uint32_t parent;
    std::uint32_t time;
    std::uint64_t agents;  // a bit for each agent modulo 64
    std::uint32_t child;   // the set last made from this one
    std::uint16_t agent;
  };

  /// Who makes an access, and what it knows.
  struct Accessor {
    int agent;
    std::uint32_t time;
    const Knowledge* known;
    bool throughProxy;
  };

  void touch(const Accessor& by, std::size_t offset, std::size_t bytes, bool isWrite);
  void touchCell(const Accessor& by, std::size_t at, Cell& cell, bool isWrite);
  void checkWriter(const Accessor& by, std::size_t at, const Cell& cell, const char* kind);
  void checkSet(const Accessor& by, std::size_t at, std::uint32_t set, const char* kind);
  std::uint32_t with(std::uint32_t set, const Accessor& by);
  std::uint32_t makeSet(std::uint32_t parent, const Accessor& by);
  void report(const char* kind, std::size_t offset, int first, int second);
  std::string nameOf(int agent) const;
  void tick(int thread) { threads_[thread].generic.raise(thread, threads_[thread].generic.of(thread) + 1); }

  std::vector<Knowledge> threads_;
  int threadCount_ = 0;
  std::vector<std::string> engines_;
  std::vector<Cell> cells_;
  std::uint16_t generation_ = 0;
  std::size_t bytes_ = 0;
  std::vector<Set> sets_;
  std::vector<std::uint32_t> alone_;     // by agent: the set of only its last access
  std::vector<std::uint32_t> verified_;  // by thread: a set of which it knows all accesses
  std::unordered_map<std::size_t, std::uint32_t> atomics_;  // by byte: who accessed it atomically
  bool asyncUsed_ = false;
  Knowledge joined_;
  std::vector<std::string> races_;
};

}  // namespace emulator
