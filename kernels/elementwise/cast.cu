// cast: an array in another dtype. copy: gives many tensors the values of others at once, for optimizers and for
// loading. The conversion kernel is in cast.cuh; copies that also move elements are in kernels/movement.
#include "elementwise/cast.cuh"
#include "runtime/registry.h"

namespace wengert {

namespace {

/// y[i] = x[i] in the dtype of y.
void cast(const Buffer& x,  // (n)
          Buffer& y,        // (n)
          std::int64_t n, std::int64_t toBool) {
  requireLength("x", x, n);
  requireLength("y", y, n);
  requireVectors("x", x);
  requireVectors("y", y);
  require((toBool != 0) == (y.dtype == DType::boolean), "toBool must be 1 for a bool output, else 0");
  launchCast(x, y);
}

/// Pairs of tensors, as many as fit into a kernel's parameters (4 KB): the addresses need no copy to the device.
struct Pairs {
  static constexpr int most = 128;
  struct {
    const unsigned char* source;
    unsigned char* target;
    std::int64_t bytes;
  } at[most];
};

/// target = source for each pair, as bytes: the blocks of row blockIdx.y copy pair blockIdx.y, 16 bytes a thread, in a
/// grid-stride loop. The grid is as wide as the longest pair needs. Bound: 2 bytes for each byte copied.
__global__ void copyKernel(Pairs pairs) {
  const auto pair = pairs.at[blockIdx.y];
  forEachVector<16>(
      pair.bytes,
      [&](std::int64_t first) {
        const Words<16> words = *reinterpret_cast<const Words<16>*>(pair.source + first);
        storeWords(reinterpret_cast<Words<16>*>(pair.target + first), words);
      },
      [&](std::int64_t i) { pair.target[i] = pair.source[i]; });
}

/// target = source, in the target's dtype, for each pair. Pairs without a conversion share a launch, 128 at most.
void copy(BufferList sources, BufferList targets) {
  requireCount("targets", targets.count, sources.count);
  for (int i = 0; i < sources.count; i++) {
    requireLength("a target", targets[i], sources[i].length);
    requireVectors("a source", sources[i]);
    requireVectors("a target", targets[i]);
  }
  Pairs pairs{};
  int count = 0;
  std::int64_t longest = 0;
  const auto start = [&] {
    if (count == 0) return;
    const LaunchShape shape = gridStride(divideUp(longest, 16));
    launch(copyKernel, LaunchShape(dim3(shape.grid.x, count), shape.block), pairs);
    count = 0;
    longest = 0;
  };
  for (int i = 0; i < sources.count; i++) {
    const Buffer &source = sources[i], &target = targets[i];
    if (source.length == 0 || source.data == target.data) continue;
    if (source.dtype != target.dtype) {
      launchCast(source, target);
      continue;
    }
    const std::int64_t bytes = source.length * static_cast<std::int64_t>(bytesOf(source.dtype));
    pairs.at[count++] = {dataOf<unsigned char>(source), static_cast<unsigned char*>(target.data), bytes};
    longest = bytes > longest ? bytes : longest;
    if (count == Pairs::most) start();
  }
  start();
}

}  // namespace

EXPORT_KERNEL(cast)
EXPORT_KERNEL(copy)

}  // namespace wengert
