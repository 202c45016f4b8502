// The stream's queue (runtime.h): one thread takes work from the front, does it, and counts it as done.
#include "emulator/launch/runtime.h"

#include <utility>

namespace emulator {

Queue::Queue() : thread_([this] { work(); }) {}

Queue::~Queue() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Queue::submit(std::function<void()> work) {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return submitted_ - done_ < mostPending; });
    pending_.push_back(std::move(work));
    submitted_++;
  }
  changed_.notify_all();
}

void Queue::launch(const char* name, Dim3 grid, Dim3 block, std::size_t sharedBytes, std::unique_ptr<const Call> call) {
  submit([=, call = std::shared_ptr<const Call>(std::move(call))] {
    launchGrid(name, grid, block, sharedBytes, [&call] { (*call)(); });
  });
}

std::uint64_t Queue::position() {
  const std::lock_guard lock(mutex_);
  return submitted_;
}

bool Queue::isDone(std::uint64_t position) {
  const std::lock_guard lock(mutex_);
  return done_ >= position;
}

void Queue::wait(std::uint64_t position) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return done_ >= position; });
}

void Queue::drop() {
  const std::lock_guard lock(mutex_);
  // The work items stay in the queue, without work, so that positions stay valid and waiting for one still ends.
  for (std::function<void()>& work : pending_) work = [] {};
}

std::string Queue::takeFault() {
  const std::lock_guard lock(mutex_);
  return std::exchange(fault_, {});
}

void Queue::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return closing_ || !pending_.empty(); });
    if (pending_.empty()) return;
    const std::function<void()> next = std::move(pending_.front());
    pending_.pop_front();
    lock.unlock();
    std::string fault;
    try {
      next();
    } catch (const std::exception& error) {
      fault = error.what();
    }
    lock.lock();
    if (fault_.empty()) fault_ = std::move(fault);
    done_++;
    changed_.notify_all();
  }
}

}  // namespace emulator
