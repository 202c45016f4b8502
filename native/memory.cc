#include "memory.h"

#include <algorithm>
#include <cstring>

namespace wengert {

namespace {

/// Reads as NaN in every float, at any offset that is a multiple of its size.
constexpr unsigned char patternBytes[8] = {0xb5, 0xff, 0xb5, 0xff, 0xb5, 0xff, 0xf5, 0xff};

std::size_t phaseOf(const void* address) { return reinterpret_cast<std::uintptr_t>(address) % sizeof(patternBytes); }

}  // namespace

Memory::~Memory() {
  if (pattern_ != nullptr) device_.releasePinned(pattern_);
}

Memory::Piece Memory::take(std::size_t bytes, const char* what) {
  const std::size_t margin = guard ? band : 0;
  Block* const block = allocator_.take(bytes + 2 * margin);
  if (block == nullptr) {
    const Allocator::Usage& used = usage();
    throw DeviceFailure(std::string(Device::kind) + ": no memory for " + std::to_string(bytes) + " bytes (" + what +
                            "): " + std::to_string(used.live) + " are in use here, " + std::to_string(used.cached) +
                            " cached, " + std::to_string(device_.freeMemory()) + " free on the device",
                        true);
  }
  account(static_cast<std::int64_t>(block->bytes));
  const Piece piece{block, block->data + margin};
  if (guard || poison) [[unlikely]] {
    try {
      if (poison) device_.fill(piece.data, 0xff, bytes);
      if (guard) putBands(piece, bytes);
    } catch (...) {
      give(piece);
      throw;
    }
  }
  return piece;
}

void Memory::give(const Piece& piece) noexcept {
  account(-static_cast<std::int64_t>(piece.block->bytes));
  allocator_.give(piece.block);
}

void Memory::finish() noexcept {
  try {
    device_.await(device_.mark());
  } catch (const DeviceFailure&) {
    // A device that failed does no more work.
  }
}

/// Pinned: eight bytes of phase and a band of the pattern, then room for what is read back.
void Memory::makePattern() {
  if (pattern_ != nullptr) return;
  pattern_ = static_cast<unsigned char*>(device_.allocatePinned(2 * band + 2 * sizeof(patternBytes)));
  if (pattern_ == nullptr) throw DeviceFailure("the host has no memory for guard bands", true);
  for (std::size_t i = 0; i < band + sizeof(patternBytes); i++) pattern_[i] = patternBytes[i % sizeof(patternBytes)];
}

void Memory::putBands(const Piece& piece, std::size_t bytes) {
  makePattern();
  device_.upload(piece.block->data, pattern_ + phaseOf(piece.block->data), band);
  char* const end = static_cast<char*>(piece.data) + bytes;
  device_.upload(end, pattern_ + phaseOf(end), band);
}

const char* Memory::brokenSide(const Piece& piece, std::size_t bytes) {
  if (piece.block == nullptr || piece.data == piece.block->data) return nullptr;
  makePattern();
  unsigned char* const found = pattern_ + band + 2 * sizeof(patternBytes);
  char* const end = static_cast<char*>(piece.data) + bytes;
  const auto isWhole = [&](const char* place) {
    device_.download(found, place, band);
    device_.await(device_.mark());
    return std::memcmp(found, pattern_ + phaseOf(place), band) == 0;
  };
  if (!isWhole(piece.block->data)) return "before";
  return isWhole(end) ? nullptr : "after";
}

/// Tells V8 of device memory, so that its collector knows what a forgotten tensor holds. Not of every buffer: that
/// would cost more than the buffer.
void Memory::account(std::int64_t bytes) noexcept {
  unreported_ += bytes;
  if (unreported_ < static_cast<std::int64_t>(reportAt) && unreported_ > -static_cast<std::int64_t>(reportAt)) return;
  std::int64_t total;
  napi_adjust_external_memory(env_, unreported_, &total);
  unreported_ = 0;
}

}  // namespace wengert
