// Checks of a launcher's arguments, used by every launcher and by native/. The engine validates before it calls; these
// checks protect programs that call the addon directly: a launcher throws before it changes anything. A message states
// the rule, such as "padding must be at least 0"; the launcher's name is put in front.
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

/// Throws InvalidCall with the running launcher's name and a message.
[[noreturn]] inline void refuse(const std::string& rule) {
  throw InvalidCall(std::string(stream().kernel) + ": " + rule);
}

/// Refuses unless `holds`. The message is built only then, since this runs in every call.
inline void require(bool holds, const char* rule) {
  if (!holds) [[unlikely]]
    refuse(rule);
}

inline void requireLength(const char* name, const Buffer& buffer, std::int64_t length) {
  if (buffer.length != length) [[unlikely]]
    refuse(std::string(name) + " must have " + std::to_string(length) + " elements, got " + std::to_string(buffer.length));
}

inline void requireDType(const char* name, const Buffer& buffer, DType dtype) {
  if (buffer.dtype != dtype) [[unlikely]]
    refuse(std::string(name) + " must be " + nameOf(dtype) + ", got " + nameOf(buffer.dtype));
}

inline void requireCount(const char* name, int count, int expected) {
  if (count != expected) [[unlikely]]
    refuse(std::string(name) + " must have " + std::to_string(expected) + " entries, got " + std::to_string(count));
}

/// a * b for counts of elements; refuses negative factors and products of more than 63 bits.
inline std::int64_t multiplySizes(std::int64_t a, std::int64_t b) {
  std::int64_t product;
  if (a < 0 || b < 0 || __builtin_mul_overflow(a, b, &product)) [[unlikely]]
    refuse("sizes must not be negative, and their product must be below 2^63, got " + std::to_string(a) + " and " +
           std::to_string(b));
  return product;
}

/// The number of elements of a shape; refuses negative dimensions.
inline std::int64_t sizeOf(Dims dims) {
  std::int64_t size = 1;
  for (std::int32_t dim : dims) {
    if (dim < 0) [[unlikely]]
      refuse("a dimension must not be negative, got " + std::to_string(dim));
  }
  for (std::int32_t dim : dims) {
    if (dim == 0) return 0;
  }
  for (std::int32_t dim : dims) size = multiplySizes(size, dim);
  return size;
}

}  // namespace wengert
