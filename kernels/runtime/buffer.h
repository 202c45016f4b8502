// What a launcher gets: buffers of device memory, and lists of 32-bit integers such as dimensions.
#pragma once

#include <cstddef>
#include <cstdint>

namespace wengert {

/// In the order of src/backends/native/addon.ts.
enum class DType : std::uint8_t { float32, float64, bfloat16, float16, int32, uint8, boolean };

constexpr int dtypeCount = 7;

constexpr const char* nameOf(DType dtype) {
  constexpr const char* names[dtypeCount] = {"float32", "float64", "bfloat16", "float16", "int32", "uint8", "bool"};
  const int index = static_cast<int>(dtype);
  return index < dtypeCount ? names[index] : "no dtype";
}

constexpr std::size_t bytesOf(DType dtype) {
  constexpr std::size_t bytes[dtypeCount] = {4, 8, 2, 2, 4, 1, 1};
  return bytes[static_cast<int>(dtype)];
}

/// Contiguous elements on the device. Launchers take `const Buffer&` for what they read, `Buffer&` for what they write,
/// and `const Buffer*` for an input that may be left out.
struct Buffer {
  void* data;
  std::int64_t length;  // elements
  DType dtype;
};

/// A list of integers, valid during the call: dimensions, axes, a stride for each axis of a window.
struct Dims {
  const std::int32_t* data;
  int count;

  std::int32_t operator[](int i) const { return data[i]; }
  const std::int32_t* begin() const { return data; }
  const std::int32_t* end() const { return data + count; }
};

/// Buffers of a rest input, or of all parameters of a group; valid during the call.
struct BufferList {
  const Buffer* data;
  int count;

  const Buffer& operator[](int i) const { return data[i]; }
  const Buffer* begin() const { return data; }
  const Buffer* end() const { return data + count; }
};

}  // namespace wengert
