// The arguments of launchers: buffers of device memory, and lists of 32-bit integers such as dimensions. native/ makes
// them from the operands that JavaScript passes; launchers only read them. No code that needs CUDA belongs here.
#pragma once

#include <cstddef>
#include <cstdint>

namespace wengert {

/// In the order of src/backends/native/addon.ts: dtypes cross from JavaScript as numbers.
enum class DType : std::uint8_t { float32, float64, bfloat16, float16, int32, uint8, boolean };

constexpr int dtypeCount = 7;

constexpr const char* nameOf(DType dtype) {
  constexpr const char* names[dtypeCount] = {"float32", "float64", "bfloat16", "float16", "int32", "uint8", "bool"};
  const int index = static_cast<int>(dtype);
  return index < dtypeCount ? names[index] : "an unknown dtype";
}

constexpr std::size_t bytesOf(DType dtype) {
  constexpr std::size_t bytes[dtypeCount] = {4, 8, 2, 2, 4, 1, 1};
  return bytes[static_cast<int>(dtype)];
}

/// Contiguous elements on the device. Launchers take `const Buffer&` for inputs, `Buffer&` for outputs, and `const
/// Buffer*` for an input that may be left out.
struct Buffer {
  void* data;           // device memory; null if empty
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

/// A list of buffers, such as the tensors of concat or the parameters of an optimizer; valid during the call.
struct BufferList {
  const Buffer* data;
  int count;

  const Buffer& operator[](int i) const { return data[i]; }
  const Buffer* begin() const { return data; }
  const Buffer* end() const { return data + count; }
};

}  // namespace wengert
