// What launchers demand of their arguments. The engine has validated long before; these checks are for those who call
// the addon by hand: whatever comes, a launcher throws and nothing is touched.
#pragma once

#include <initializer_list>
#include <limits>
#include <stdexcept>
#include <string>

#include "runtime/buffer.h"
#include "runtime/stream.h"

namespace wengert {

/// An argument breaks a launcher's rule. Becomes ArgumentError in JavaScript.
struct InvalidCall : std::runtime_error {
  using std::runtime_error::runtime_error;
};

[[noreturn]] inline void refuse(const std::string& rule) { throw InvalidCall(std::string(stream().kernel) + ": " + rule); }

inline void require(bool holds, const char* rule) {
  if (!holds) [[unlikely]]
    refuse(rule);
}

inline void requireLength(const char* name, const Buffer& buffer, std::int64_t length) {
  if (buffer.length != length) [[unlikely]]
    refuse(std::string(name) + " has " + std::to_string(buffer.length) + " elements, not " + std::to_string(length));
}

inline void requireDType(const char* name, const Buffer& buffer, DType dtype) {
  if (buffer.dtype != dtype) [[unlikely]]
    refuse(std::string(name) + " is " + nameOf(buffer.dtype) + ", not " + nameOf(dtype));
}

inline void requireCount(const char* name, int count, int expected) {
  if (count != expected) [[unlikely]]
    refuse(std::string(name) + " has " + std::to_string(count) + " entries, not " + std::to_string(expected));
}

/// a * b for counts of elements; refuses what no memory could hold.
inline std::int64_t multiplySizes(std::int64_t a, std::int64_t b) {
  std::int64_t product;
  if (a < 0 || b < 0 || __builtin_mul_overflow(a, b, &product)) [[unlikely]]
    refuse("sizes " + std::to_string(a) + " and " + std::to_string(b) + " make no count of elements");
  return product;
}

/// The number of elements of a shape; refuses negative dimensions.
inline std::int64_t sizeOf(Dims dims) {
  std::int64_t size = 1;
  for (std::int32_t dim : dims) {
    if (dim < 0) [[unlikely]]
      refuse("a dimension is " + std::to_string(dim));
  }
  for (std::int32_t dim : dims) {
    if (dim == 0) return 0;
  }
  for (std::int32_t dim : dims) size = multiplySizes(size, dim);
  return size;
}

}  // namespace wengert
