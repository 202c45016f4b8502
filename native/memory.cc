#include "memory.h"

#include <string>

#include "check.h"

namespace wengert {

Memory::Piece Memory::take(std::size_t bytes, const char* what) {
  const std::size_t margin = guarded_ ? Guard::band : 0;
  Block* const block = allocator_.take(bytes + 2 * margin);
  if (block == nullptr) {
    const Allocator::Usage& used = usage();
    throw DeviceFailure(std::string(Device::kind) + ": no memory for " + std::to_string(bytes) + " bytes (" + what +
                            "): " + std::to_string(used.live) + " are in use here, " + std::to_string(used.cached) +
                            " cached, " + std::to_string(device_.freeMemory()) + " free on the device",
                        true);
  }
  account(static_cast<std::int64_t>(block->bytes));
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
  account(-static_cast<std::int64_t>(block->bytes));
  allocator_.give(block);
}

void Memory::useGuard(bool use) {
  if (use == guarded_) return;
  if (usage().live > 0) throw InvalidCall("setOptions: guard can be changed only while no buffer is allocated");
  guarded_ = use;
}

void Memory::finish() noexcept {
  try {
    device_.await(device_.mark());
  } catch (const DeviceFailure&) {
    // A device that failed does no more work.
  }
}

/// Tells V8 of device memory, so that its collector knows what a forgotten tensor holds. Not of every buffer: that
/// would cost more than the buffer.
void Memory::account(std::int64_t bytes) noexcept {
  unreported_ += bytes;
  if (unreported_ < reportAt && unreported_ > -reportAt) return;
  std::int64_t total;
  napi_adjust_external_memory(env_, unreported_, &total);
  unreported_ = 0;
}

}  // namespace wengert
