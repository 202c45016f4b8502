// Pinned pieces (staging.h): a kept piece is reused if it is large enough, not far too large, and the device is done
// with it.
#include "memory/staging.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <string>

namespace wengert {

Staging::~Staging() {
  for (const auto& [data, bytes] : made_) device_.releasePinned(data, bytes);
}

Staging::Piece Staging::take(std::size_t bytes) {
  // Tickets are reached in order, so a ticket before a reached one is reached, and one after a ticket that is not
  // reached is not: few pieces need a question to the device.
  Ticket reached = 0;
  Ticket ahead = std::numeric_limits<Ticket>::max();
  const auto isDone = [&](Ticket ticket) {
    if (ticket <= reached) return true;
    if (ticket >= ahead) return false;
    const bool done = device_.isDone(ticket);
    (done ? reached : ahead) = ticket;
    return done;
  };
  for (std::size_t i = 0; i < kept_.size(); i++) {
    const auto [piece, inUseUntil] = kept_[i];
    if (piece.bytes < bytes || piece.bytes / 4 > std::max(bytes, least) || !isDone(inUseUntil)) continue;
    kept_.erase(kept_.begin() + static_cast<std::ptrdiff_t>(i));
    keptBytes_ -= piece.bytes;
    return piece;
  }
  Piece piece;
  piece.bytes = bytes <= coarse ? std::bit_ceil(std::max(bytes, least)) : (bytes + coarse - 1) / coarse * coarse;
  piece.data = static_cast<unsigned char*>(device_.allocatePinned(piece.bytes));
  if (piece.data == nullptr)
    throw DeviceFailure("the host is out of pinned memory: " + std::to_string(piece.bytes) +
                        " bytes could not be allocated", true);
  made_[piece.data] = piece.bytes;
  return piece;
}

void Staging::give(const Piece& piece, Ticket ticket) {
  kept_.push_back({piece, ticket});
  keptBytes_ += piece.bytes;
  while (keptBytes_ > mostKept) dropOldest();
  // Many small pieces are released only if that needs no waiting.
  while (kept_.size() > mostPieces && device_.isDone(kept_.front().inUseUntil)) dropOldest();
}

void Staging::dropOldest() noexcept {
  const auto [piece, inUseUntil] = kept_.front();
  try {
    device_.await(inUseUntil);
  } catch (const DeviceFailure&) {
    // A device that failed does not use the piece any more.
  }
  device_.releasePinned(piece.data, piece.bytes);
  made_.erase(piece.data);
  kept_.erase(kept_.begin());
  keptBytes_ -= piece.bytes;
}

}  // namespace wengert
