// What conformance.cu and conformance-hopper.cu demand of their arguments.
#pragma once

#include "launch.h"
#include "ptx.cuh"
#include "registry.h"

namespace wengert {

inline void requireWords(const char* name, const Buffer& buffer, std::int64_t length) {
  requireDType(name, buffer, DType::int32);
  requireLength(name, buffer, length);
}

inline void requireFloats(const char* name, const Buffer& buffer, std::int64_t length) {
  requireDType(name, buffer, DType::float32);
  requireLength(name, buffer, length);
}

/// A number of matrices, a block each.
inline void requireCount(std::int64_t count) { require(count >= 0 && count <= 65535, "count is 0 to 65,535"); }

inline void requireHopper() { require(stream().capability == 90, "needs sm_90a"); }

}  // namespace wengert
