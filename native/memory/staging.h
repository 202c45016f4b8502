// Pinned host memory through which data goes to and from the device, kept for reuse.
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
  /// Releases every piece, also those that were taken and never given back. The device may use none any more.
  ~Staging();
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  /// Throws DeviceFailure where the host has no memory.
  Piece take(std::size_t bytes);

  /// The device may still use the piece, until `ticket`.
  void give(const Piece& piece, Ticket ticket);

 private:
  struct Kept {
    Piece piece;
    Ticket inUseUntil;
  };
  static constexpr std::size_t least = 4096;
  /// Pieces up to this are powers of two, larger ones its multiples.
  static constexpr std::size_t coarse = std::size_t{1} << 20;
  static constexpr std::size_t mostKept = std::size_t{64} << 20;
  /// Of pieces that the device is done with.
  static constexpr std::size_t mostPieces = 32;

  void dropOldest() noexcept;

  Device& device_;
  std::vector<Kept> kept_;  // the oldest first
  std::size_t keptBytes_ = 0;
  std::unordered_map<unsigned char*, std::size_t> made_;  // the bytes of all that were not released
};

}  // namespace wengert
