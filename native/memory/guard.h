// Guard bands, used by Memory if the option `guard` is on: a pattern before and after each buffer, to find kernels that
// write outside of it. The pattern is NaN, so a kernel that reads outside of a buffer computes NaN. The emulator's
// check of every access is in kernels/emulator/races/memory.h.
//
//   | band, 512 bytes | data, `bytes` bytes | band, 512 bytes |
#pragma once

#include <cstddef>
#include <vector>

#include "device/device.h"
#include "runtime/buffer.h"

namespace wengert {

class Guard {
 public:
  /// Bytes of a band; a multiple of the alignment of buffers.
  static constexpr std::size_t band = 512;

  explicit Guard(Device& device) : device_(device) {}
  ~Guard();
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  /// Writes the bands around `bytes` bytes of data, in the order of the stream.
  void put(char* data, std::size_t bytes);
  /// The buffer has been freed; its bands are not checked any more.
  void remove(char* data) noexcept { device_.unwatch(data); }

  struct Broken {
    const Buffer* buffer;  // null if no band was changed
    const char* side;      // "before" or "after"
  };
  /// Waits for all work and checks the bands of these buffers, which must have bands. Returns the first that was
  /// changed.
  Broken find(const std::vector<Buffer>& buffers);

 private:
  const unsigned char* patternFor(const void* address);

  Device& device_;
  unsigned char* pattern_ = nullptr;  // pinned
  unsigned char* found_ = nullptr;    // pinned: (buffers, 2, band), the bands read back
  std::size_t foundBytes_ = 0;
};

}  // namespace wengert
