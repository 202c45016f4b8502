// copy: gives tensors the values of others, in place and many at once, such as the averages of a model's weights.
// Conversion to another dtype does not belong here: it is the kernel of cast.
#include "elementwise/cast.h"
#include "elementwise/elementwise.cuh"
#include "runtime/registry.h"

namespace wengert {

namespace {

/// Pairs of tensors whose two dtypes are the same. 128 pairs of 24 bytes fit into the 4 KB that the parameters of a
/// launch may take.
struct Pairs {
  static constexpr int most = 128;
  struct {
    const unsigned char* source;  // (bytes)
    unsigned char* target;        // (bytes)
    std::int64_t bytes;
  } at[most];
};

/// The blocks with blockIdx.y = i copy pair i, in a grid-stride loop along x. Each thread copies 16 bytes at a time.
/// The grid is as wide as the longest pair needs, so blocks of shorter pairs may have nothing to do.
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

/// target = source, in the target's dtype, for each pair. Up to 128 pairs whose dtypes are the same share one launch.
/// Pairs without elements, and those that are one buffer, are skipped.
void copy(BufferList sources,    // tensors of any shapes
          BufferList targets) {  // as many, each as long as its source
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
      convert(source, target);
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

EXPORT_KERNEL(copy)

}  // namespace wengert
