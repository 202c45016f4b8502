// Guard bands (guard.h): writing the pattern around a buffer, and comparing it later.
#include "memory/guard.h"

#include <cstdint>
#include <cstring>

namespace wengert {

namespace {

/// A pattern that is NaN as float64, float32, bfloat16 and float16, at every address that is a multiple of their size.
constexpr unsigned char unit[8] = {0xb5, 0xff, 0xb5, 0xff, 0xb5, 0xff, 0xf5, 0xff};

/// A band that can start at any of the 8 bytes of the pattern.
constexpr std::size_t patternBytes = Guard::band + sizeof(unit);

char* endOf(const Buffer& buffer) {
  return static_cast<char*>(buffer.data) + static_cast<std::size_t>(buffer.length) * bytesOf(buffer.dtype);
}

unsigned char* pinned(Device& device, std::size_t bytes) {
  void* const data = device.allocatePinned(bytes);
  if (data == nullptr) throw DeviceFailure("the host is out of pinned memory for guard bands", true);
  return static_cast<unsigned char*>(data);
}

}  // namespace

Guard::~Guard() {
  if (pattern_ != nullptr) device_.releasePinned(pattern_, patternBytes);
  if (found_ != nullptr) device_.releasePinned(found_, foundBytes_);
}

/// The pattern for a band at `address`: it starts at byte address % 8, so that the pattern depends on the address only.
const unsigned char* Guard::patternFor(const void* address) {
  if (pattern_ == nullptr) {
    pattern_ = pinned(device_, patternBytes);
    for (std::size_t i = 0; i < patternBytes; i++) pattern_[i] = unit[i % sizeof(unit)];
  }
  return pattern_ + reinterpret_cast<std::uintptr_t>(address) % sizeof(unit);
}

void Guard::put(char* data, std::size_t bytes) {
  device_.upload(data - band, patternFor(data - band), band);
  device_.upload(data + bytes, patternFor(data + bytes), band);
  device_.watch(data, bytes);
}

Guard::Broken Guard::find(const std::vector<Buffer>& buffers) {
  if (foundBytes_ < buffers.size() * 2 * band) {
    if (found_ != nullptr) device_.releasePinned(found_, foundBytes_);
    found_ = nullptr;
    foundBytes_ = 0;
    found_ = pinned(device_, buffers.size() * 4 * band);
    foundBytes_ = buffers.size() * 4 * band;
  }
  for (std::size_t i = 0; i < buffers.size(); i++) {
    device_.download(found_ + 2 * i * band, static_cast<char*>(buffers[i].data) - band, band);
    device_.download(found_ + (2 * i + 1) * band, endOf(buffers[i]), band);
  }
  device_.await(device_.mark());
  for (std::size_t i = 0; i < buffers.size(); i++) {
    const char* const before = static_cast<char*>(buffers[i].data) - band;
    if (std::memcmp(found_ + 2 * i * band, patternFor(before), band) != 0) return {&buffers[i], "before"};
    if (std::memcmp(found_ + (2 * i + 1) * band, patternFor(endOf(buffers[i])), band) != 0) return {&buffers[i], "after"};
  }
  return {nullptr, nullptr};
}

}  // namespace wengert
