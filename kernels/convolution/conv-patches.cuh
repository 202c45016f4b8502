// Convolutions as matrix products without a matrix of patches in memory (implicit GEMM; Chetlur et al., "cuDNN:
// efficient primitives for deep learning", 2014, arXiv:1410.0759): loaders that gather its elements from the images,
// and a store that writes pixels. conv-gemm.cuh plugs them into the main loop. conv.cu says which products a
// convolution consists of.
//
// The matrix of patches of x, (taps, places), for one group of C channels, filters of (R, S), and images (N, C, H, W):
//
//                 place = (n, p, q): where a filter is laid      p, q: row and column of y
//               +------------------------------------------+
//      tap      |                                          |     h = p strideHeight - top  + r dilationHeight
//   = (c, r, s) |   x (n, c, h, w), or 0 outside of x      |     w = q strideWidth  - left + s dilationWidth
//               |                                          |
//               +------------------------------------------+
//
// Neighbouring places are neighbours in memory if the stride is 1, so neighbouring threads load neighbouring places.
#pragma once

#include "matmul/gemm-producers.cuh"
#include "matmul/gemm-store.cuh"
#include "runtime/divider.cuh"

namespace wengert {

/// `Divider` for numbers that fit 31 bits. It divides by a multiplication and a shift, because a GPU has no instruction
/// for integer division.
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

/// Says which elements of the image the taps of a filter read: place (i, j) of an image and tap (r, s) of a channel
/// read row i placeStepHeight - top + r tapStepHeight, and the column in the same way. Elements outside of the image
/// are zeros. Steps and borders may be negative: the gradient for x walks the other way.
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

/// Loads the matrix of patches, element by element: one index is a place, the other a tap. In the gradient for the
/// weight, the depth is the places, because its sums run over them: (taps, places). Otherwise the depth is the taps:
/// (places, taps).
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
    const T* at;      // the element that tap (0, 0) of the first channel reads; may be outside of the image
    int row, column;  // of that element
  };
  struct Tap {
    int offset;       // elements from `at` of a place
    int row, column;  // the same, as rows and columns
  };

  /// `offset`: elements from the first group to that of the block.
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
  /// A comparison of unsigned numbers checks both ends of the image: negative rows become large.
  __device__ __forceinline__ T load(const Place& place, const Tap& tap) const {
    const bool inside = static_cast<unsigned>(place.row + tap.row) < static_cast<unsigned>(geometry_.height) &&
                        static_cast<unsigned>(place.column + tap.column) < static_cast<unsigned>(geometry_.width);
    return inside ? place.at[tap.offset] : T{};
  }
  __device__ __forceinline__ T load(const Tap& tap, const Place& place) const { return load(place, tap); }

 private:
  static constexpr int outside = -(1 << 30);  // a row that no tap brings back into an image

  /// Splits the number of a place into image, row, column. Places past the last one are outside of every image.
  __device__ __forceinline__ Place place(int i) const {
    const bool exists = i < geometry_.places;
    const int image = geometry_.imagePlaces.split(i);
    const int row = geometry_.rowPlaces.split(i) * geometry_.placeStepHeight - geometry_.top;
    const int column = i * geometry_.placeStepWidth - geometry_.left;
    return {image_ + image * geometry_.imageStride + row * geometry_.width + column, exists ? row : outside, column};
  }
  /// Splits the number of a tap into channel, row, column of the filter. Taps past the last one are outside of every
  /// image.
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

/// Loads dy for the gradient of the weight: images as a matrix (channels of a group, pixels of all images), whose depth
/// is the pixels.
template <class T>
class PixelLoader {
 public:
  using Element = T;
  static constexpr bool alongDepth = true;

  struct Source {
    const T* image;            // (images, groups, channels, pixels)
    int channels;              // of a group
    std::int64_t imageStride;  // elements from one image to the next
    SmallDivider pixels;       // of an image
  };

  __device__ __forceinline__ PixelLoader(const Source& source, std::int64_t offset)
      : image_(source.image + offset), source_(source) {}

  /// The offset of a channel in an image, or -1 past the last channel.
  __device__ __forceinline__ int row(int i) const { return i < source_.channels ? i * source_.pixels.divisor : -1; }
  /// Pixel i of all images, in channel 0. A depth past the last pixel is not loaded: ElementProducer checks it.
  __device__ __forceinline__ const T* depth(int i) const {
    const int image = source_.pixels.split(i);
    return image_ + image * source_.imageStride + i;
  }
  __device__ __forceinline__ T load(int channel, const T* pixel) const { return channel >= 0 ? pixel[channel] : T{}; }

 private:
  const T* image_;
  const Source& source_;
};

/// Stores to images. Rows of the product are channels of a group, its columns are pixels of all images, and its batches
/// are the groups. For a phase of a strided gradient, the pixels are only every stride-th row and column of the image.
template <class T>
struct PixelStore {
  using Element = T;

  T* y;                                 // the first pixel
  int channels, columns;                // of a group, and of the product
  std::int64_t imageStride, plane;      // elements from one image, and from one channel, to the next
  int rowStep, columnStep;              // elements from one row of pixels, and from one pixel, to the next
  SmallDivider imagePixels, rowPixels;  // pixels of an image, and in a row of it
  bool vectors;                         // columns of an aligned vector are neighbours in memory, and aligned too
  Finish<T> finish;

  /// As MatrixStore::put.
  template <int N>
  __device__ __forceinline__ void put(int group, int row, int column, const SumOf<T>* sums) const {
    const int channel = group * channels + row;
    // The pixels of a plane are a multiple of the vector, so a vector is in one image.
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
  /// The address of a pixel, from its number among the pixels of all images.
  __device__ __forceinline__ T* place(int channel, int pixel) const {
    const int image = imagePixels.split(pixel);
    const int row = rowPixels.split(pixel);
    return y + image * imageStride + channel * plane + row * rowStep + pixel * columnStep;
  }
};

}  // namespace wengert
