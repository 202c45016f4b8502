// Checks of arguments for conformance.cu and conformance-hopper.cu. Checks that all launchers use are in
// runtime/check.h.
#pragma once

#include "ptx/ptx.cuh"
#include "runtime/launch.h"
#include "runtime/registry.h"

namespace wengert {

/// Throws unless the buffer holds `length` words of 32 bits, which tests pass as int32.
inline void requireWords(const char* name, const Buffer& buffer, std::int64_t length) {
  requireDType(name, buffer, DType::int32);
  requireLength(name, buffer, length);
}

/// Throws unless the buffer holds `length` float32.
inline void requireFloats(const char* name, const Buffer& buffer, std::int64_t length) {
  requireDType(name, buffer, DType::float32);
  requireLength(name, buffer, length);
}

/// Throws unless `count` matrices can have a block each.
inline void requireMatrixCount(std::int64_t count) {
  require(count >= 0 && count <= 65535, "count must be from 0 to 65,535");
}

/// Throws unless `kernel` was compiled for sm_90a and runs on such a GPU. On other GPUs it would trap, and the device
/// could not be used again by this process.
template <class... P>
void requireHopper([[maybe_unused]] void (*kernel)(P...)) {
  bool hasCode = true;
#ifdef __CUDACC__
  cudaFuncAttributes attributes;
  hasCode = cudaFuncGetAttributes(&attributes, reinterpret_cast<const void*>(kernel)) == cudaSuccess &&
            attributes.binaryVersion == 90;
#endif
  require(stream().capability == 90 && hasCode,
          "the kernel requires a GPU with compute capability 9.0 and code for sm_90a");
}

}  // namespace wengert
