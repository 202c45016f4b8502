// Divides the blocks of a launch among threads (workers.h). Each thread takes the next number from a shared counter, so
// a thread with short blocks takes more of them.
#include "emulator/launch/workers.h"

#include <algorithm>
#include <chrono>

namespace emulator {

namespace {
// Waking a helper and waiting for it takes about this long.
constexpr std::chrono::microseconds patience{50};
}  // namespace

void Workers::run(std::uint64_t count, const Task& task) {
  count_ = count;
  next_ = 0;
  const auto start = std::chrono::steady_clock::now();
  for (std::uint64_t i = next_++; i < count; i = next_++) {
    if (!task(callersBlock_, i)) return;
    if (next_ < count && std::chrono::steady_clock::now() - start > patience) break;
  }
  if (next_ >= count) return;
  this->start();
  {
    const std::lock_guard lock(mutex_);
    task_ = &task;
    launches_++;
  }
  changed_.notify_all();
  for (std::uint64_t i = next_++; i < count; i = next_++)
    if (!task(callersBlock_, i)) next_ = count;
  std::unique_lock lock(mutex_);
  task_ = nullptr;  // a helper that has not woken yet does not begin
  changed_.wait(lock, [&] { return helping_ == 0; });
}

void Workers::start() {
  if (!threads_.empty()) return;
  stopping_ = false;
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  for (unsigned i = 1; i < cores; i++) threads_.emplace_back([this] { help(); });
}

void Workers::help() {
  std::unique_ptr<Block> kept;
  std::uint64_t seen = 0;
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return stopping_ || (task_ != nullptr && launches_ != seen); });
    if (stopping_) return;
    seen = launches_;
    const Task& task = *task_;
    helping_++;
    lock.unlock();
    for (std::uint64_t i = next_++; i < count_; i = next_++)
      if (!task(kept, i)) next_ = count_;
    lock.lock();
    if (--helping_ == 0) changed_.notify_all();
  }
}

void Workers::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace emulator
