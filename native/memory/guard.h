// Bands of a pattern before and after each buffer, to find kernels that write beside one. The pattern reads as NaN, so
// that a kernel that reads beside a buffer shows in its results.
#pragma once

#include <cstddef>
#include <vector>

#include "device/device.h"
#include "runtime/buffer.h"

namespace wengert {

class Guard {
 public:
  /// Bytes of a band; a multiple of what buffers are aligned to.
  static constexpr std::size_t band = 512;

  explicit Guard(Device& device) : device_(device) {}
  ~Guard();
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  /// Writes the bands around `bytes` bytes of data, in the order of the stream.
  void put(char* data, std::size_t bytes);
  /// The bands are no more, or what is between them.
  void remove(char* data) noexcept { device_.unwatch(data); }

  struct Broken {
    const Buffer* buffer;  // null where all bands are whole
    const char* side;
  };
  /// Waits for all work and looks at the bands of buffers that have some.
  Broken find(const std::vector<Buffer>& buffers);

 private:
  const unsigned char* patternFor(const void* address);

  Device& device_;
  unsigned char* pattern_ = nullptr;  // pinned
  unsigned char* found_ = nullptr;    // pinned: bands read back
  std::size_t foundBytes_ = 0;
};

}  // namespace wengert
