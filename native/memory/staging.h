// Pinned host memory through which data goes to and from the device, kept for reuse. Used by writes (transfer.cc),
// reads (reader.cc) and the records of kernels' errors (faults.cc). A piece is in use until its ticket is reached:
//
//   take -> the caller fills it -> upload is submitted -> give(piece, ticket) -> kept until the ticket is reached
#pragma once

#include <cstddef>
#include <unordered_map>
#include <vector>

#include "device/device.h"

namespace wengert {

class Staging {
 public:
  struct Piece {
    unsigned char* data = nullptr;
    std::size_t bytes = 0;
  };

  explicit Staging(Device& device) : device_(device) {}
  /// Releases every piece, including pieces that were taken and not given back. The device must not use them any more.
  ~Staging();
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  /// A piece of at least `bytes` bytes. Throws DeviceFailure if the host has no memory.
  Piece take(std::size_t bytes);

  /// Gives a piece back. The device may use it until it reaches `ticket`.
  void give(const Piece& piece, Ticket ticket);

 private:
  struct Kept {
    Piece piece;
    Ticket inUseUntil;
  };
  static constexpr std::size_t least = 4096;
  /// Sizes up to this are powers of two, larger ones multiples of it.
  static constexpr std::size_t coarse = std::size_t{1} << 20;
  static constexpr std::size_t mostKept = std::size_t{64} << 20;  // bytes of kept pieces
  /// Number of kept pieces above which pieces that the device is done with are released.
  static constexpr std::size_t mostPieces = 32;

  void dropOldest() noexcept;

  Device& device_;
  std::vector<Kept> kept_;  // the oldest first
  std::size_t keptBytes_ = 0;
  std::unordered_map<unsigned char*, std::size_t> made_;  // the bytes of every piece that was not released
};

}  // namespace wengert
