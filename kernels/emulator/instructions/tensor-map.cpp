// Makes tensor maps on the emulator, with the checks that the driver makes on a GPU (tensor-map.h).
#include "emulator/instructions/tensor-map.h"

#include <stdexcept>
#include <string>

namespace emulator {

TensorMap encodeTensorMap(void* data, int elementBytes, int rank, const std::uint64_t* dims,
                          const std::uint64_t* strides, const std::uint32_t* box, Swizzle swizzle) {
  const auto require = [](bool holds, const std::string& rule) {
    if (!holds) throw std::invalid_argument("tensor map: " + rule);
  };
  require(rank >= 1 && rank <= 5, "a tensor must have 1 to 5 dimensions");
  require(reinterpret_cast<std::uintptr_t>(data) % 16 == 0, "the address must be a multiple of 16 bytes");
  TensorMap map{static_cast<unsigned char*>(data), {}, {}, {}, rank, elementBytes, swizzle};
  for (int d = 0; d < rank; d++) {
    map.dims[d] = dims[d];
    map.strides[d] = d == 0 ? elementBytes : strides[d - 1];
    map.box[d] = box[d];
    require(dims[d] >= 1 && dims[d] <= std::uint64_t{1} << 32, "a dimension must be from 1 to 2^32");
    require(box[d] >= 1 && box[d] <= 256, "a box must have 1 to 256 elements in each dimension");
    require(d == 0 || (map.strides[d] % 16 == 0 && map.strides[d] < std::uint64_t{1} << 40),
            "a stride must be a multiple of 16 bytes below 2^40");
  }
  const std::size_t rowBytes = std::size_t{box[0]} * elementBytes;
  require(rowBytes % 16 == 0, "a box's rows must be multiples of 16 bytes");
  require(swizzle == Swizzle::none || rowBytes <= std::size_t{16} << static_cast<int>(swizzle),
          "a box's rows must not be wider than the swizzle");
  return map;
}

}  // namespace emulator
