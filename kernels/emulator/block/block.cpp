// The scheduler of a block (block.h): which thread runs next, starting threads on fibers, preemption, and faults. The
// rest of Block is in barrier.cpp and copy.cpp.
#include "emulator/block/block.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "emulator/instructions/bulk.h"
#include "emulator/instructions/warpgroup.h"

namespace emulator {

thread_local Block* Block::current = nullptr;

namespace {
constexpr unsigned char poison = 0xff;  // every float and 16-bit float of it is a NaN
constexpr int preemptEvery = 8;
}  // namespace

Block::Block() = default;
Block::~Block() = default;

void Block::run(const Launch& launch, std::uint64_t number) {
  kernel_ = launch.kernel;
  grid_ = launch.grid;
  dim_ = launch.block;
  index_ = Dim3(static_cast<unsigned>(number % grid_.x), static_cast<unsigned>(number / grid_.x % grid_.y),
                static_cast<unsigned>(number / (std::uint64_t{grid_.x} * grid_.y)));
  threadCount_ = live_ = static_cast<int>(dim_.count());
  shuffle_ = launch.options.shuffle;
  detecting_ = launch.options.detectRaces;
  random_.seed(launch.options.seed * 0x9e3779b97f4a7c15ull + number);
  memory_.use(launch.memory);
  sharedBytes_ = launch.sharedBytes;
  if (sharedStorage_.size() < sharedBytes_ + 1024) sharedStorage_.resize(sharedBytes_ + 1024);
  // Dynamic shared memory is aligned to 1,024 bytes as on the hardware; bulk copies and swizzles need it.
  shared_ = sharedStorage_.data() + (1024 - reinterpret_cast<std::uintptr_t>(sharedStorage_.data()) % 1024) % 1024;
  std::memset(shared_, poison, sharedBytes_);
  if (detecting_) detector_.begin(threadCount_, sharedBytes_);
  const std::size_t warps = (threadCount_ + 31) / 32;
  if (warps_.size() < warps) warps_.resize(warps);
  if (all_.size() < static_cast<std::size_t>(threadCount_)) all_.resize(threadCount_);
  for (int t = 0; t < threadCount_; t++) all_[t].started = all_[t].done = false;
  if (shuffle_) {
    unstarted_.resize(threadCount_);
    for (int t = 0; t < threadCount_; t++) unstarted_[t] = t;
  }
  started_ = 0;
  bulk_ = nullptr;
  warpgroups_ = nullptr;
  Block* const outer = std::exchange(current, this);
  if (Fiber* const first = next()) switchStacks(host_, first->pointer);
  current = outer;
  if (fault_.empty() && live_ > 0)
    fault_ = "deadlock: " + std::to_string(live_) + " threads are waiting forever, including " + describeWaiting();
  if (fault_.empty() && bulk_ && bulk_->isUnderWay()) fault_ = "the block ended while bulk copies were in progress";
  if (fault_.empty()) {
    for (const Barrier& barrier : barriers_)
      if (!barrier.arrived.empty())
        fault_ = "the block ended before all expected threads arrived at a barrier";
  }
  if (!fault_.empty()) throw Fault(fault_);
}

/// The loop of a fiber: run a thread to its end, then continue with the thread that runs next. If that thread has
/// another fiber, switch to it; this fiber is idle until it is given a new thread.
void Block::fiberMain(Fiber* self, void* block) {
  Block& b = *static_cast<Block*>(block);
  for (;;) {
    b.runThread();
    b.idle_.push_back(self);
    Fiber* const to = b.next();
    if (to != self) switchStacks(self->pointer, to != nullptr ? to->pointer : b.host_);
  }
}

void Block::runThread() {
  Thread& self = *running_;
  try {
    (*kernel_)();
  } catch (const std::exception& error) {
    fault(std::string("the kernel threw: ") + error.what());
  }
  waitCopies(0);
  if (bulk_) bulk_->endThread(self);
  if (warpgroups_) warpgroups_->endThread(self);
  self.done = true;
  live_--;
}

/// The thread that runs next: the one that became ready last, else the next one that has not started; with `shuffle`
/// any of them at random. Null if no thread can run.
Thread* Block::choose() {
  const std::size_t ready = ready_.size();
  const std::size_t fresh = static_cast<std::size_t>(threadCount_ - started_);
  if (ready + fresh == 0) return nullptr;
  const std::size_t pick = shuffle_ ? random_.below(ready + fresh) : 0;
  if (pick < ready) {
    if (shuffle_) std::swap(ready_[pick], ready_.back());
    Thread* const thread = ready_.back();
    ready_.pop_back();
    return thread;
  }
  int number = started_;
  if (shuffle_) {
    std::swap(unstarted_[started_], unstarted_[started_ + pick - ready]);
    number = unstarted_[started_];
  }
  started_++;
  Thread& thread = all_[number];
  thread.number = number;
  const unsigned n = static_cast<unsigned>(number);
  thread.index =
      dim_.y == 1 && dim_.z == 1 ? Dim3(n, 0, 0) : Dim3(n % dim_.x, n / dim_.x % dim_.y, n / (dim_.x * dim_.y));
  thread.copies.clear();
  thread.copyGroup = 0;
  thread.copyEngine = -1;
  return &thread;
}

/// The fiber of the thread that runs next. If no thread can run, pending copies and instructions are completed, which
/// may wake one. Null if all threads have ended or wait forever.
Fiber* Block::next() {
  Thread* thread = choose();
  while (thread == nullptr && performSomething()) thread = choose();
  if (thread == nullptr) return nullptr;
  running_ = thread;
  if (!thread->started) {
    thread->started = true;
    if (idle_.empty()) {
      fibers_.push_back(std::make_unique<Fiber>(fiberMain, this));
      idle_.push_back(fibers_.back().get());
    }
    thread->fiber = idle_.back();
    idle_.pop_back();
  }
  return thread->fiber;
}

void Block::suspend() {
  Fiber* const from = running_->fiber;
  if (!shuffle_ && !ready_.empty()) {  // the common case, without next()
    running_ = ready_.back();
    ready_.pop_back();
    if (running_->fiber != from) switchStacks(from->pointer, running_->fiber->pointer);
    return;
  }
  Fiber* const to = next();
  if (to != from) switchStacks(from->pointer, to != nullptr ? to->pointer : host_);
}

void Block::preempt() {
  if (random_() % preemptEvery != 0) return;
  if (random_() % 2 == 0 && performSomething()) return;
  ready_.push_back(running_);
  suspend();
}

/// Completes a pending bulk copy or matrix instruction, which may happen at any time. False if there is none.
bool Block::performSomething() {
  if (shuffle_ && warpgroups_ && random_() % 2 == 0 && warpgroups_->performSomething()) return true;
  return bulk_ && bulk_->performSomething();
}

void Block::fault(const Thread& by, const std::string& message) {
  if (fault_.empty()) fault_ = describe(by) + ": " + message;
  void* nowhere;
  switchStacks(nowhere, host_);  // nothing switches back
  std::abort();
}

std::string Block::describe(const Thread& thread) const {
  const auto show = [](Dim3 d) {
    return "(" + std::to_string(d.x) + ", " + std::to_string(d.y) + ", " + std::to_string(d.z) + ")";
  };
  return "thread " + show(thread.index) + " of block " + show(index_);
}

std::string Block::describeWaiting() const {
  std::string waiting;
  for (int t = 0, named = 0; t < threadCount_ && named < 4; t++)
    if (!all_[t].done) waiting += (named++ ? ", " : "") + describe(all_[t]);
  return waiting;
}

std::size_t Block::sharedOffset(const void* p, std::size_t bytes, std::size_t alignment, const char* operation) {
  if (!isShared(p)) fault(std::string(operation) + ": the address is not in shared memory");
  const std::size_t offset = static_cast<const unsigned char*>(p) - shared_;
  if (offset % alignment != 0)
    fault(std::string(operation) + ": the address, shared byte " + std::to_string(offset) + ", is not a multiple of " +
          std::to_string(alignment));
  if (offset + bytes > sharedBytes_)
    fault(std::string(operation) + ": " + std::to_string(bytes) + " bytes at shared byte " + std::to_string(offset) +
          " end outside the " + std::to_string(sharedBytes_) + " bytes of the block");
  return offset;
}

Bulk& Block::bulk() {
  if (!bulk_) bulk_ = std::make_unique<Bulk>(*this);
  return *bulk_;
}

Warpgroups& Block::warpgroups() {
  if (!warpgroups_) warpgroups_ = std::make_unique<Warpgroups>(*this);
  return *warpgroups_;
}

}  // namespace emulator
