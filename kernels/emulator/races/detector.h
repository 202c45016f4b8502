// A race detector for the shared memory of one block: vector clocks (FastTrack; Flanagan and Freund, PLDI 2009).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace emulator {

/// What is known of each agent: it has done everything up to this time of its own. Agents are the block's threads and,
/// after them, engines: what reads and writes on its own. A component that is not there is 0.
class Clock {
 public:
  std::uint32_t of(int agent) const { return static_cast<std::size_t>(agent) < times_.size() ? times_[agent] : 0; }
  void raise(int agent, std::uint32_t time);
  void join(const Clock& other);
  void meet(const Clock& other);
  void clear() { times_.clear(); }
  void reset(int agents);

 private:
  std::vector<std::uint32_t> times_;  // padded to whole vectors
};

/// What an agent knows. `async` is the part of the ordinary writes that the async proxy sees: what was fenced.
struct Knowledge {
  Clock generic;
  Clock async;
};

/**
 * Knows for each byte of shared memory who wrote it last and who has read it since. Two accesses of one byte, one of
 * them a write, are a race unless synchronisation orders them, whatever order they happened to come in.
 *
 * An asynchronous operation is judged when it is issued, with what its threads know then. It bears the time of its
 * engine (an mbarrier's phase, a group of copies), and whoever waits learns that time.
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

  /// The thread publishes what it has done (an arrival), and learns what was published (the end of a wait).
  void release(int thread, Knowledge& sync);
  void acquire(int thread, const Knowledge& sync);

  /// These threads all learn what each of them has done.
  void synchronise(const int* threads, int count);

  /// fence.proxy.async: what the thread knows of ordinary writes, the async proxy sees from now on.
  void fenceAsync(int thread);

  /// The thread waited for the engine's operations up to `time`.
  void learn(int thread, int engine, std::uint32_t time) { threads_[thread].generic.raise(engine, time); }

  /// One line a race, at most `maximum` of them.
  const std::vector<std::string>& races() const { return races_; }
  static constexpr std::size_t maximum = 16;

 private:
  static constexpr std::uint16_t nobody = 0xffff;
  enum Flag : std::uint8_t { writtenAsync = 1, initialised = 2, reported = 4, atomics = 8 };

  struct Cell {
    std::uint32_t writeTime = 0;
    std::uint32_t readers = 0;  // a set in sets_
    std::uint16_t writer = nobody;
    std::uint16_t generation = 0;  // of another than the current block: nothing was done yet
    std::uint8_t flags = 0;
    std::uint8_t padding[3] = {};
  };

  /// A set of accesses: one more than `parent` has. Sets never change, so that bytes with one history share one.
  struct Set {
    std::uint32_t parent;
    std::uint32_t time;
    std::uint64_t agents;  // a bit for each agent modulo 64
    std::uint32_t child;   // the set last made from this one
    std::uint16_t agent;
  };

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
  std::vector<std::uint32_t> alone_;     // by agent: the set of its last access alone
  std::vector<std::uint32_t> verified_;  // by thread: a set that it knows all of
  std::unordered_map<std::size_t, std::uint32_t> atomics_;  // by byte: who accessed it atomically
  bool asyncUsed_ = false;
  Knowledge joined_;
  std::vector<std::string> races_;
};

}  // namespace emulator
