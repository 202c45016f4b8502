// Convolutions as matrix products without the matrix of patches: producers that gather its elements from the images,
// and a store that puts pixels where they belong (Chetlur et al., "cuDNN: efficient primitives for deep learning",
// 2014, arXiv:1410.0759). Images are (N, C, H, W), so a matrix of pixels has them as columns: neighbouring columns are
// neighbours in memory.
#pragma once

#include "matmul/gemm-producers.cuh"
#include "matmul/gemm-store.cuh"
#include "runtime/divider.cuh"

namespace wengert {

/// `Divider` for what is known to fit 31 bits.
struct SmallDivider {
  int divisor;
  std::uint32_t magic, shift;

  explicit SmallDivider(std::int64_t by) {
    const Divider divider(by, (std::int64_t{1} << 31) - 1);
    divisor = static_cast<int>(by);
    magic = divider.magic;
    shift = divider.shift;
  }

  /// The quotient; n becomes the remainder.
  __device__ __forceinline__ int split(int& n) const {
    const int quotient = static_cast<int>((__umulhi(n, magic) + static_cast<std::uint32_t>(n)) >> shift);
    n -= quotient * divisor;
    return quotient;
  }
};

/// What the taps of a filter see, at every place where it is laid: place (i, j) of an image and tap (r, s) of a channel
/// meet at row i placeStep - top + r tapStep, and at a column likewise; outside the image there are zeros. Steps and
/// borders may be negative: the gradient walks the other way.
struct PatchGeometry {
  int height, width;
  int placeStepHeight, placeStepWidth;
  int top, left;
  int tapStepHeight, tapStepWidth;
  std::int64_t imageStride;  // elements from one image to the next
  int places, taps;          // places of all images, and taps of all channels
  SmallDivider imagePlaces, rowPlaces;   // places in an image, and in one row of it
  SmallDivider channelTaps, rowTaps;     // taps of a channel, and in one row of it

  __device__ __forceinline__ int plane() const { return height * width; }
};

/// The matrix of patches, element by element: one index is a place, the other a tap. Places are neighbours in memory,
/// so they go along the depth for the gradient of the weight, whose sums run over places, and else along the rows.
template <class T, bool placesAlongDepth>
class PatchLoader {
 public:
  using Element = T;
  static constexpr bool alongDepth = placesAlongDepth;

  struct Source {
    const T* image;  // the first channel of the first group in the first image
    PatchGeometry geometry;
  };
  struct Place {
    const T* at;  // where tap (0, 0) of the first channel looks
    int row, column;
  };
  struct Tap {
    int offset;
    int row, column;
  };

  __device__ __forceinline__ PatchLoader(const Source& source, std::int64_t offset)
      : image_(source.image + offset), geometry_(source.geometry) {}

  __device__ __forceinline__ auto row(int i) const {
    if constexpr (placesAlongDepth) return tap(i);
    else return place(i);
  }
  __device__ __forceinline__ auto depth(int i) const {
    if constexpr (placesAlongDepth) return place(i);
    else return tap(i);
  }
  __device__ __forceinline__ T load(const Place& place, const Tap& tap) const {
    const bool inside = static_cast<unsigned>(place.row + tap.row) < static_cast<unsigned>(geometry_.height) &&
                        static_cast<unsigned>(place.column + tap.column) < static_cast<unsigned>(geometry_.width);
    return inside ? place.at[tap.offset] : T{};
  }
  __device__ __forceinline__ T load(const Tap& tap, const Place& place) const { return load(place, tap); }

 private:
  static constexpr int outside = -(1 << 30);  // a row that no tap brings back into an image

  __device__ __forceinline__ Place place(int i) const {
    const bool exists = i < geometry_.places;
    const int image = geometry_.imagePlaces.split(i);
    const int row = geometry_.rowPlaces.split(i) * geometry_.placeStepHeight - geometry_.top;
    const int column = i * geometry_.placeStepWidth - geometry_.left;
    return {image_ + image * geometry_.imageStride + row * geometry_.width + column, exists ? row : outside, column};
  }
  __device__ __forceinline__ Tap tap(int i) const {
    const bool exists = i < geometry_.taps;
    const int channel = geometry_.channelTaps.split(i);
    const int row = geometry_.rowTaps.split(i) * geometry_.tapStepHeight;
    const int column = i * geometry_.tapStepWidth;
    return {channel * geometry_.plane() + row * geometry_.width + column, exists ? row : outside, column};
  }

  const T* image_;
  const PatchGeometry& geometry_;
};

/// Images as a matrix of channels by pixels of all images, the pixels along the depth: dy for the weight's gradient.
template <class T>
class PixelLoader {
 public:
  using Element = T;
  static constexpr bool alongDepth = true;

  struct Source {
    const T* image;
    int channels;  // of a group
    std::int64_t imageStride;
    SmallDivider pixels;
  };

  __device__ __forceinline__ PixelLoader(const Source& source, std::int64_t offset)
      : image_(source.image + offset), source_(source) {}

  __device__ __forceinline__ int row(int i) const { return i < source_.channels ? i * source_.pixels.divisor : -1; }
  __device__ __forceinline__ const T* depth(int i) const {
    const int image = source_.pixels.split(i);
    return image_ + image * source_.imageStride + i;
  }
  __device__ __forceinline__ T load(int channel, const T* pixel) const { return channel >= 0 ? pixel[channel] : T{}; }

 private:
  const T* image_;
  const Source& source_;
};

/// y as images: rows are channels of a group, columns are pixels, `groups` being the batches. Of an image, every
/// rowStep-th row and columnStep-th column may be meant.
template <class T>
struct PixelStore {
  using Element = T;

  T* y;  // the first pixel
  int channels, columns;
  std::int64_t imageStride, plane;
  int rowStep, columnStep;  // elements from one row of pixels to the next, and from one pixel to the next
  SmallDivider imagePixels, rowPixels;
  bool vectors;  // columns that are a vector, counted from the first, are one in memory too
  Finish<T> finish;

  template <int N>
  __device__ __forceinline__ void put(int group, int row, int column, const SumOf<T>* sums) const {
    const int channel = group * channels + row;
    if (N > 1 && vectors) {
      if (column >= columns) return;
      T* const at = place(channel, column);
      T out[N];
#pragma unroll
      for (int j = 0; j < N; j++) out[j] = finish(sums[j], channel, column + j);
      store(out, at, 0);
    } else {
#pragma unroll
      for (int j = 0; j < N; j++) {
        if (column + j >= columns) return;
        *place(channel, column + j) = finish(sums[j], channel, column + j);
      }
    }
  }

 private:
  __device__ __forceinline__ T* place(int channel, int pixel) const {
    const int image = imagePixels.split(pixel);
    const int row = rowPixels.split(pixel);
    return y + image * imageStride + channel * plane + row * rowStep + pixel * columnStep;
  }
};

}  // namespace wengert
