// The memory of an environment: the allocator over the device, with what tests add to it. Under `poison` a new buffer
// holds NaN; under `guard` it lies between two bands of a pattern that nobody may write.
#pragma once

#include <node_api.h>

#include <cstddef>
#include <string>
#include <vector>

#include "allocator.h"
#include "device.h"

namespace wengert {

class Memory final : private SegmentSource {
 public:
  Memory(napi_env env, Device& device) : env_(env), device_(device), allocator_(*this) {}
  ~Memory() override;

  struct Piece {
    Block* block;
    void* data;
  };

  /// Throws DeviceFailure where there is no memory. `what` says for what it is, in the message.
  Piece take(std::size_t bytes, const char* what);
  void give(const Piece& piece) noexcept;
  void emptyCache() noexcept { allocator_.emptyCache(); }
  const Allocator::Usage& usage() const { return allocator_.usage(); }

  /// Says on which side of a buffer the band was written, or null. Waits for all work.
  const char* brokenSide(const Piece& piece, std::size_t bytes);

  bool poison = false;
  bool guard = false;

 private:
  static constexpr std::size_t band = 512;
  static constexpr std::size_t reportAt = std::size_t{1} << 20;

  void* allocateSegment(std::size_t bytes) noexcept override { return device_.allocate(bytes); }
  void releaseSegment(void* data) noexcept override { device_.release(data); }
  void finish() noexcept override;

  void putBands(const Piece& piece, std::size_t bytes);
  void makePattern();
  void account(std::int64_t bytes) noexcept;

  napi_env env_;
  Device& device_;
  Allocator allocator_;
  std::int64_t unreported_ = 0;       // bytes that V8 does not know of yet
  unsigned char* pattern_ = nullptr;  // pinned: the pattern, and room to read a band
};

}  // namespace wengert
