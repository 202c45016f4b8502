#include "emulator/launch/workers.h"

#include <algorithm>
#include <chrono>

namespace emulator {

namespace {
// To wake a helper and wait for it costs about this much.
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
  task_ = nullptr;  // who has not woken yet need not begin
  changed_.wait(lock, [&] { return helping_ == 0; });
}

void Workers::start() {
  if (!threads_.empty()) return;
  stopping_ = false;
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  for (unsigned i = 1; i < cores; i++) threads_.emplace_back([this] { help(); });
}

void Workers::help() {
  std::unique_ptr<Block> own;
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
      if (!task(own, i)) next_ = count_;
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
