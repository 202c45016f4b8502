// The memory of an environment (memory.h): allocation with guard bands and poison, and the report of device memory to
// V8.
#include "memory/memory.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "runtime/check.h"

namespace wengert {

namespace {

/// Whether an environment variable is 1.
bool isSet(const char* variable) {
  const char* const value = std::getenv(variable);
  return value != nullptr && std::string(value) == "1";
}

}  // namespace

Memory::Memory(napi_env env, Device& device)
    : env_(env), device_(device), allocator_(*this, !isSet("WENGERT_NO_CACHE")), guard_(device) {}

Memory::Piece Memory::take(std::size_t bytes, const char* what) {
  const std::size_t margin = guarded_ ? Guard::band : 0;
  Block* const block = allocator_.take(bytes + 2 * margin);
  if (block == nullptr) {
    if (const std::string failure = device_.failure(); !failure.empty()) throw DeviceFailure(failure);
    throw DeviceFailure(std::string(Device::kind) + ": out of memory: " + std::to_string(bytes) + " bytes (" + what +
                            ") could not be allocated: " + describe(),
                        true);
  }
  char* const data = block->data + margin;
  if (guarded_ || poison) [[unlikely]] {
    try {
      if (poison) device_.fill(data, 0xff, bytes);
      if (guarded_) guard_.put(data, bytes);
    } catch (...) {
      give(block);
      throw;
    }
  }
  return {block, data};
}

void Memory::give(Block* block) noexcept {
  if (guarded_) [[unlikely]]
    guard_.remove(block->data + Guard::band);
  allocator_.give(block);
}

std::string Memory::describe() const {
  return std::to_string(usage().live) + " bytes are in use by this thread, " + std::to_string(usage().cached) +
         " are cached, and " + std::to_string(device_.freeMemory()) + " are free on the device";
}

void Memory::useGuard(bool use) {
  if (use == guarded_) return;
  if (usage().live > 0)
    throw InvalidCall(
        "setOptions: guard cannot be changed while buffers are allocated; set it before the first tensor is created");
  guarded_ = use;
}

void Memory::finish() noexcept {
  try {
    device_.await(device_.mark());
  } catch (const DeviceFailure&) {
    // A device that failed does no more work, so there is nothing to wait for.
  }
}

void* Memory::allocateSegment(std::size_t bytes) noexcept {
  void* const data = device_.allocate(bytes);
  if (data != nullptr) account(static_cast<std::int64_t>(bytes));
  return data;
}

void Memory::releaseSegment(void* data, std::size_t bytes) noexcept {
  device_.release(data);
  account(-static_cast<std::int64_t>(bytes));
}

/// Reports device memory to V8, so that the garbage collector runs if unreachable tensors may hold much of it. It
/// reports segments and not blocks, in steps of an eighth of the total and of at least 64 MiB: V8 starts a collection
/// for every 64 MiB that is reported, and a training step may allocate and free that much many times.
void Memory::account(std::int64_t bytes) noexcept {
  unreported_ += bytes;
  const std::int64_t least = std::max(leastReport, reported_ / 8);
  if (unreported_ < least && unreported_ > -least) return;
  std::int64_t total;
  napi_adjust_external_memory(env_, unreported_, &total);
  reported_ += unreported_;
  unreported_ = 0;
}

}  // namespace wengert
