// What conformance.cu and conformance-hopper.cu demand of their arguments.
#pragma once

#include "ptx/ptx.cuh"
#include "runtime/launch.h"
#include "runtime/registry.h"

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

/// Throws unless `kernel` was compiled for sm_90a and runs on such a GPU; elsewhere it would trap, and take the device
/// with it.
template <class... P>
void requireHopper([[maybe_unused]] void (*kernel)(P...)) {
  bool hasCode = true;
#ifdef __CUDACC__
  cudaFuncAttributes attributes;
  hasCode = cudaFuncGetAttributes(&attributes, reinterpret_cast<const void*>(kernel)) == cudaSuccess &&
            attributes.binaryVersion == 90;
#endif
  require(stream().capability == 90 && hasCode, "needs a GPU and code of sm_90a");
}

}  // namespace wengert
