// A race detector for the shared memory of one block: vector clocks (FastTrack; Flanagan and Freund, PLDI 2009).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace emulator {

/// What each agent is known to have done. Agents are the block's threads and, after them, asynchronous copies and
/// matrix instructions, which read and write on their own.
using Clock = std::vector<std::uint32_t>;

/// The clock that travels through a barrier: what everyone who arrived had done.
struct Sync {
  Clock generic;
  Clock async;
};

/**
 * Knows for each byte of shared memory who wrote it last and who has read it since. Two accesses of one byte, one of
 * them a write, are a race unless synchronisation orders them.
 *
 * Asynchronous agents see memory through the async proxy: an ordinary write is visible to them only after the writer's
 * `fence.proxy.async`. Each thread therefore has two clocks: `generic`, and `async`, which only the fence advances.
 */
class Detector {
 public:
  Detector(int threads, std::size_t sharedBytes);

  /// A thread's ordinary access.
  void access(int thread, std::size_t offset, std::size_t bytes, bool isWrite);

  /// An asynchronous agent's access.
  void accessAsync(int agent, std::size_t offset, std::size_t bytes, bool isWrite);

  /// The thread publishes what it has done (an arrival), and learns what others published (the end of a wait).
  void release(int thread, Sync& sync);
  void acquire(int thread, const Sync& sync);

  /// fence.proxy.async: what the thread knows of ordinary writes, async agents may know too.
  void fenceAsync(int thread);

  /// An asynchronous operation starts: an agent that knows what its thread knows. `throughProxy` for TMA and wgmma,
  /// which use the async proxy; cp.async does not.
  int start(int thread, bool throughProxy);

  /// A further thread takes part in the operation (the other lanes of a wgmma).
  void join(int agent, int thread);

  /// The thread waited for the operation: it knows what the operation did.
  void finish(int thread, int agent);

  /// The operation itself publishes, through an mbarrier.
  void releaseAgent(int agent, Sync& sync);

  /// One line a race, at most `maximum` of them.
  const std::vector<std::string>& races() const { return races_; }
  static constexpr std::size_t maximum = 16;

 private:
  struct Byte {
    std::uint32_t writeTime = 0;
    std::uint32_t readTime = 0;
    std::int32_t writer = -1;
    std::int32_t reader = -1;  // the only reader since, or -1: none, or many (then in readers_)
    bool initialised = false;
    bool writtenAsync = false;
    bool manyReaders = false;
    bool reported = false;
  };
  struct Agent {
    Clock generic;  // orders this agent after what it knows
    Clock async;    // of ordinary writes, those that the async proxy sees
    bool throughProxy = false;
  };

  std::uint32_t& component(Clock& clock, int agent);
  static std::uint32_t componentOf(const Clock& clock, int agent);
  static void joinClock(Clock& into, const Clock& from);
  void touch(int agent, std::size_t offset, std::size_t bytes, bool isWrite);
  void report(const char* kind, std::size_t offset, int first, int second);
  std::string nameOf(int agent) const;

  int threads_;
  std::vector<Agent> agents_;
  std::vector<Byte> bytes_;
  std::vector<std::unique_ptr<Clock>> readers_;  // by byte, where many have read
  std::vector<std::string> races_;
};

}  // namespace emulator
