// Pinned host memory through which data goes to and from the device, kept for reuse.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <vector>

#include "device.h"

namespace wengert {

class Staging {
 public:
  struct Piece {
    unsigned char* data = nullptr;
    std::size_t bytes = 0;
  };

  explicit Staging(Device& device) : device_(device) {}
  ~Staging() {
    for (const Kept& kept : kept_) device_.releasePinned(kept.piece.data);
  }
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  /// Throws DeviceFailure where the host has no memory.
  Piece take(std::size_t bytes) {
    for (std::size_t i = 0; i < kept_.size(); i++) {
      if (kept_[i].piece.bytes < bytes || kept_[i].piece.bytes / 4 > std::max(bytes, least)) continue;
      if (!device_.isDone(kept_[i].inUseUntil)) continue;
      const Piece piece = kept_[i].piece;
      kept_.erase(kept_.begin() + static_cast<std::ptrdiff_t>(i));
      keptBytes_ -= piece.bytes;
      return piece;
    }
    Piece piece;
    piece.bytes = std::bit_ceil(std::max(bytes, least));
    piece.data = static_cast<unsigned char*>(device_.allocatePinned(piece.bytes));
    if (piece.data == nullptr)
      throw DeviceFailure("the host has no pinned memory for " + std::to_string(piece.bytes) + " bytes", true);
    return piece;
  }

  /// The device may still use the piece, until `ticket`.
  void give(const Piece& piece, Ticket ticket) {
    kept_.push_back({piece, ticket});
    keptBytes_ += piece.bytes;
    while (keptBytes_ > mostKept && dropOldest()) {
    }
  }

 private:
  struct Kept {
    Piece piece;
    Ticket inUseUntil;
  };
  static constexpr std::size_t least = 4096;
  static constexpr std::size_t mostKept = std::size_t{64} << 20;

  bool dropOldest() {
    if (kept_.size() < 2) return false;
    const Kept oldest = kept_.front();
    device_.await(oldest.inUseUntil);
    device_.releasePinned(oldest.piece.data);
    kept_.erase(kept_.begin());
    keptBytes_ -= oldest.piece.bytes;
    return true;
  }

  Device& device_;
  std::vector<Kept> kept_;
  std::size_t keptBytes_ = 0;
};

}  // namespace wengert
