// Makes tensor maps: descriptors of a tensor for the bulk copies tensorLoad and tensorStore of ptx-hopper.cuh. The host
// makes a map before a launch and passes it as a kernel parameter. Used by the conformance kernels; code that runs on
// the device does not belong here.
#pragma once

#include "ptx/ptx.cuh"
#include "runtime/common.cuh"

#ifdef __CUDACC__
#include <cudaTypedefs.h>
#endif

namespace wengert {

/// A tensor of up to 5 dimensions, innermost first, and the box of it that one copy moves.
struct TensorShape {
  int rank;
  std::uint64_t dims[5];
  std::uint64_t strides[4];  // in bytes, of the dimensions after the first; multiples of 16
  std::uint32_t box[5];      // at most 256 each; rows are multiples of 16 bytes, no wider than the swizzle
  Swizzle swizzle;
};

/// A matrix (rows, columns) whose rows begin `stride` elements apart.
template <class T>
TensorShape matrixShape(std::int64_t rows, std::int64_t columns, std::int64_t stride, int boxRows, int boxColumns,
                        Swizzle swizzle) {
  return {2,
          {static_cast<std::uint64_t>(columns), static_cast<std::uint64_t>(rows)},
          {static_cast<std::uint64_t>(stride) * sizeof(T)},
          {static_cast<std::uint32_t>(boxColumns), static_cast<std::uint32_t>(boxRows)},
          swizzle};
}

/// The map of a tensor. Throws DeviceFailure if bulk copies cannot move the tensor. The map contains the address, so
/// other data needs another map. A load reads zeros outside the tensor.
template <class T>
TensorMap makeTensorMap(const T* data, const TensorShape& shape) {
#ifdef __CUDACC__
  static const auto encode = [] {
    void* function = nullptr;
    cudaDriverEntryPointQueryResult found;
#if CUDART_VERSION >= 12050
    const cudaError_t status =
        cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &function, 12000, cudaEnableDefault, &found);
#else
    const cudaError_t status = cudaGetDriverEntryPoint("cuTensorMapEncodeTiled", &function, cudaEnableDefault, &found);
#endif
    if (status != cudaSuccess || found != cudaDriverEntryPointSuccess)
      throw DeviceFailure(std::string(stream().kernel) + ": the driver does not support tensor maps; update it");
    return reinterpret_cast<PFN_cuTensorMapEncodeTiled_v12000>(function);
  }();
  constexpr CUtensorMapDataType type = std::is_same_v<T, float>      ? CU_TENSOR_MAP_DATA_TYPE_FLOAT32
                                       : std::is_same_v<T, bfloat16> ? CU_TENSOR_MAP_DATA_TYPE_BFLOAT16
                                       : std::is_same_v<T, float16>  ? CU_TENSOR_MAP_DATA_TYPE_FLOAT16
                                       : std::is_same_v<T, int>      ? CU_TENSOR_MAP_DATA_TYPE_INT32
                                                                     : CU_TENSOR_MAP_DATA_TYPE_UINT8;
  static_assert(type != CU_TENSOR_MAP_DATA_TYPE_UINT8 || sizeof(T) == 1);
  const cuuint32_t everyElement[5] = {1, 1, 1, 1, 1};
  CUtensorMap map;
  const CUresult status =
      encode(&map, type, static_cast<cuuint32_t>(shape.rank), const_cast<T*>(data), shape.dims, shape.strides,
             shape.box, everyElement, CU_TENSOR_MAP_INTERLEAVE_NONE, static_cast<CUtensorMapSwizzle>(shape.swizzle),
             CU_TENSOR_MAP_L2_PROMOTION_L2_256B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  if (status != CUDA_SUCCESS)
    throw DeviceFailure(std::string(stream().kernel) + ": the driver could not create a tensor map (driver error " +
                        std::to_string(static_cast<int>(status)) + ")");
  return map;
#else
  try {
    return emulator::encodeTensorMap(const_cast<T*>(data), sizeof(T), shape.rank, shape.dims, shape.strides, shape.box,
                                     shape.swizzle);
  } catch (const std::invalid_argument& error) {
    throw DeviceFailure(std::string(stream().kernel) + ": " + error.what());
  }
#endif
}

}  // namespace wengert
