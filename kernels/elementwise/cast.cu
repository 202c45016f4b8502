// cast: elements in another dtype. copy: what an optimizer or a loader does to give tensors the values of others.
#include "elementwise/cast.cuh"
#include "runtime/registry.h"

namespace wengert {

namespace {

void cast(const Buffer& x, Buffer& y, std::int64_t n, std::int64_t toBool) {
  requireLength("x", x, n);
  requireLength("y", y, n);
  requireVectors("x", x);
  requireVectors("y", y);
  require((toBool != 0) == (y.dtype == DType::boolean), "toBool is 1 for a bool output, else 0");
  launchCast(x, y);
}

/// Pairs of tensors of one dtype, as many as a kernel's parameters have room for.
struct Pairs {
  static constexpr int most = 128;
  struct {
    const unsigned char* source;
    unsigned char* target;
    std::int64_t bytes;
  } at[most];
};

/// Block row y copies pair y.
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

/// target = source, in the target's dtype, for each pair. Those of one dtype are copied by one launch.
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
