// The memory of an environment: the allocator over the device, with two options for tests. With `poison` a new buffer
// holds NaN; with `guard` it is between two guard bands (guard.h). Environment and Reader take memory here. Host memory
// is in staging.h, and the table of buffers in handles.h.
#pragma once

#include <node_api.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "device/device.h"
#include "memory/allocator.h"
#include "memory/guard.h"

namespace wengert {

class Memory final : private SegmentSource {
 public:
  Memory(napi_env env, Device& device);

  struct Piece {
    Block* block = nullptr;
    void* data = nullptr;
  };

  /// Throws DeviceFailure if there is no memory. `what` describes the memory in the message.
  Piece take(std::size_t bytes, const char* what);
  void give(Block* block) noexcept;
  void emptyCache() noexcept { allocator_.emptyCache(); }
  const Allocator::Usage& usage() const { return allocator_.usage(); }
  /// "1024 are in use here, 0 cached, 4096 free on the device", in bytes; for messages.
  std::string describe() const;

  bool poison = false;

  /// Switches guard bands on or off. Throws InvalidCall if memory is in use: all pieces have bands, or none.
  void useGuard(bool use);
  /// Null if guard bands are off.
  Guard* guard() { return guarded_ ? &guard_ : nullptr; }

 private:
  static constexpr std::int64_t leastReport = std::int64_t{64} << 20;

  void* allocateSegment(std::size_t bytes) noexcept override;
  void releaseSegment(void* data, std::size_t bytes) noexcept override;
  void finish() noexcept override;
  void account(std::int64_t bytes) noexcept;

  napi_env env_;
  Device& device_;
  Allocator allocator_;
  Guard guard_;
  bool guarded_ = false;
  std::int64_t reported_ = 0;    // bytes that were reported to V8
  std::int64_t unreported_ = 0;  // bytes allocated, or freed if negative, since the last report
};

}  // namespace wengert
