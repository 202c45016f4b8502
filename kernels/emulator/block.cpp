#include "block.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace emulator {

thread_local Block* Block::current = nullptr;

namespace {
constexpr unsigned char poison = 0xff;  // every float and bfloat16 of it is a NaN
constexpr int preemptEvery = 8;
}  // namespace

void Block::run(const std::function<void()>& kernel, Dim3 grid, Dim3 blockDim, Dim3 blockIndex, std::size_t sharedBytes,
                std::uint64_t blockNumber) {
  kernel_ = &kernel;
  grid_ = grid;
  dim_ = blockDim;
  index_ = blockIndex;
  threads_ = static_cast<int>(blockDim.count());
  random_.seed(options_.seed * 0x9e3779b97f4a7c15ull + blockNumber);
  sharedBytes_ = sharedBytes;
  sharedStorage_.assign(sharedBytes + 1024, poison);
  // As on the hardware, dynamic shared memory is aligned generously; TMA and swizzles count on 1,024 bytes.
  shared_ = sharedStorage_.data() + (1024 - reinterpret_cast<std::uintptr_t>(sharedStorage_.data()) % 1024) % 1024;
  detector_ = options_.detectRaces ? std::make_unique<Detector>(threads_, sharedBytes) : nullptr;
  for (Barrier& barrier : barriers_) barrier = Barrier();
  warps_.assign((threads_ + 31) / 32, Warp());
  fault_.clear();
  while (static_cast<int>(pool_.size()) < threads_) pool_.push_back(std::make_unique<Thread>());
  ready_.clear();
  for (int t = threads_ - 1; t >= 0; t--) {
    Thread& thread = *pool_[t];
    thread.block = this;
    thread.number = t;
    thread.index = Dim3(t % blockDim.x, t / blockDim.x % blockDim.y, t / (blockDim.x * blockDim.y));
    thread.done = thread.waiting = false;
    thread.copies.clear();
    thread.copyGroup = 0;
    thread.fiber.prepare(threadMain, &thread);
    ready_.push_back(&thread);
  }
  live_ = threads_;
  Block* const outer = std::exchange(current, this);
  schedule();
  current = outer;
  if (!fault_.empty()) throw Fault(fault_);
}

void Block::threadMain(void* argument) {
  auto* thread = static_cast<Thread*>(argument);
  (*thread->block->kernel_)();
  thread->block->waitCopies(0);
  thread->done = true;
  thread->fiber.suspend();
}

/// Runs ready threads until all are done: the last made ready first, or with `shuffle` any.
void Block::schedule() {
  while (live_ > 0 && fault_.empty()) {
    if (ready_.empty()) {
      std::string waiting;
      for (int t = 0, named = 0; t < threads_ && named < 4; t++)
        if (!pool_[t]->done) waiting += (named++ ? ", " : "") + describe(*pool_[t]);
      fault_ = "deadlock: " + std::to_string(live_) + " threads wait for ever, among them " + waiting;
      return;
    }
    if (options_.shuffle) std::swap(ready_[random_() % ready_.size()], ready_.back());
    running_ = ready_.back();
    ready_.pop_back();
    running_->fiber.resume();
    if (running_->done) live_--;
  }
}

void Block::wait() {
  running_->waiting = true;
  running_->fiber.suspend();
}

void Block::wake(Thread& thread) {
  thread.waiting = false;
  ready_.push_back(&thread);
}

void Block::maybePreempt() {
  if (!options_.shuffle || random_() % preemptEvery != 0) return;
  ready_.push_back(running_);
  running_->fiber.suspend();
}

void Block::fault(const std::string& message) {
  if (fault_.empty()) fault_ = describe(*running_) + ": " + message;
  running_->fiber.suspend();  // for good: the scheduler stops
  std::abort();
}

std::string Block::describe(const Thread& thread) const {
  const auto show = [](Dim3 d) { return "(" + std::to_string(d.x) + ", " + std::to_string(d.y) + ", " + std::to_string(d.z) + ")"; };
  return "thread " + show(thread.index) + " of block " + show(index_);
}

void Block::barrier(int id, int count) {
  if (id < 0 || id >= 16) fault("barrier " + std::to_string(id) + ": there are 16, numbered from 0");
  if (count <= 0 || (count % 32 != 0 && count != threads_))
    fault("barrier " + std::to_string(id) + ": a count of " + std::to_string(count) + " is no multiple of 32");
  Barrier& barrier = barriers_[id];
  if (barrier.waiting.empty()) barrier.count = count;
  if (barrier.count != count)
    fault("barrier " + std::to_string(id) + ": counts " + std::to_string(barrier.count) + " and " + std::to_string(count) + " meet");
  Thread& self = *running_;
  barrier.waiting.push_back(&self);
  if (static_cast<int>(barrier.waiting.size()) < count) {
    wait();
    maybePreempt();
    return;
  }
  // The last to arrive: everybody learns what everybody had done.
  std::vector<Thread*> all = std::exchange(barrier.waiting, {});
  if (detector_) {
    Sync sync;
    for (Thread* thread : all) detector_->release(thread->number, sync);
    for (Thread* thread : all) detector_->acquire(thread->number, sync);
  }
  for (Thread* thread : all)
    if (thread != &self) wake(*thread);
  maybePreempt();
}

const std::uint64_t* Block::collective(std::uint32_t mask, const char* operation, const std::uint64_t* in, int words,
                                       void (*combine)(Lanes&, std::uint32_t, const void*), const void* argument) {
  Thread& self = *running_;
  Warp& warp = warps_[self.number / 32];
  const int lane = self.number % 32;
  if (!(mask >> lane & 1)) fault(std::string(operation) + ": the calling lane is not in its mask");
  if (warp.arrived == 0) {
    warp.mask = mask;
    warp.operation = operation;
  } else if (warp.mask != mask || std::strcmp(warp.operation, operation) != 0) {
    fault(std::string(operation) + " meets " + warp.operation + " of other lanes, or another mask");
  }
  std::memcpy(warp.lanes.in[lane], in, words * sizeof(std::uint64_t));
  warp.arrived |= 1u << lane;
  if (warp.arrived != mask) {
    warp.waiting.push_back(&self);
    wait();
  } else {
    combine(warp.lanes, mask, argument);
    std::vector<Thread*> others = std::exchange(warp.waiting, {});
    warp.arrived = 0;
    // Collectives order the memory accesses of the lanes that take part (`__syncwarp`, and so the shuffles).
    if (detector_) {
      Sync sync;
      others.push_back(&self);
      for (Thread* thread : others) detector_->release(thread->number, sync);
      for (Thread* thread : others) detector_->acquire(thread->number, sync);
      others.pop_back();
    }
    for (Thread* thread : others) wake(*thread);
  }
  return warp.lanes.out[lane];
}

void Block::copyAsync(void* target, const void* source, std::uint32_t bytes, std::uint32_t readBytes) {
  Thread& self = *running_;
  if (!isShared(target)) fault("cp.async: the target is not in shared memory");
  if (reinterpret_cast<std::uintptr_t>(target) % bytes != 0 || reinterpret_cast<std::uintptr_t>(source) % bytes != 0)
    fault("cp.async: " + std::to_string(bytes) + " bytes from or to an address that is not a multiple of that");
  const int agent = detector_ ? detector_->start(self.number, false) : 0;
  self.copies.push_back({target, source, bytes, readBytes, self.copyGroup, agent});
  // It may happen at once, or any time until its wait.
  if (options_.shuffle && random_() % 4 == 0) perform(self, random_() % self.copies.size());
  maybePreempt();
}

/// Does one copy. Its clock stays in the list, since the thread learns of it only at the wait.
void Block::perform(Thread& thread, std::size_t at) {
  PendingCopy& copy = thread.copies[at];
  if (copy.target == nullptr) return;
  auto* target = static_cast<unsigned char*>(copy.target);
  std::memcpy(target, copy.source, copy.readBytes);
  std::memset(target + copy.readBytes, 0, copy.bytes - copy.readBytes);
  if (detector_) detector_->accessAsync(copy.agent, target - shared_, copy.bytes, true);
  copy.target = nullptr;
}

void Block::commitCopies() { running_->copyGroup++; }

void Block::waitCopies(int groupsLeft) {
  Thread& self = *running_;
  const int through = self.copyGroup - groupsLeft;  // groups below this one are complete
  auto isLater = [through](const PendingCopy& copy) { return copy.group >= through; };
  for (std::size_t i = 0; i < self.copies.size(); i++) {
    if (isLater(self.copies[i])) continue;
    perform(self, i);
    if (detector_) detector_->finish(self.number, self.copies[i].agent);
  }
  std::erase_if(self.copies, [&](const PendingCopy& copy) { return !isLater(copy); });
  maybePreempt();
}

}  // namespace emulator
