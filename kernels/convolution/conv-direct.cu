#include "convolution/conv-direct.h"

#include "reduction/block-reduce.cuh"
#include "runtime/launch.h"

namespace wengert {

namespace {

constexpr int threads = 128;

/// i as coordinates in a tensor whose last three axes are given; the first axis is what is left.
struct Coordinates {
  std::int64_t n;
  int channel, row, column;

  __device__ __forceinline__ Coordinates(std::int64_t i, int channels, int height, int width) {
    column = static_cast<int>(i % width);
    i /= width;
    row = static_cast<int>(i % height);
    i /= height;
    channel = static_cast<int>(i % channels);
    n = i / channels;
  }
};

/// Which of the steps of `stride` pixels from 0 ends at `place`, or -1 where none of the first `steps` does. A place is a
/// row or column and a padding, so it fits 32 bits, in which a division is a few instructions and no call.
__device__ __forceinline__ std::int64_t stepTo(std::int64_t place, std::int32_t stride, std::int32_t steps) {
  if (place < 0) return -1;
  const std::uint32_t number = static_cast<std::uint32_t>(place), step = number / static_cast<std::uint32_t>(stride);
  if (step * static_cast<std::uint32_t>(stride) != number || step >= static_cast<std::uint32_t>(steps)) return -1;
  return step;
}

/// y[n, k, p, q] = bias[k] + sum over c, r, s of weight[k, c, r, s] x[n, c, h, w], h and w being under tap (r, s).
template <class T>
__global__ void __launch_bounds__(threads)
    forwardKernel(const T* x, const T* weight, const T* bias, T* y, std::int64_t length, const ConvSizes s) {
  const std::int64_t step = std::int64_t{gridDim.x} * threads;
  for (std::int64_t i = std::int64_t{blockIdx.x} * threads + threadIdx.x; i < length; i += step) {
    const Coordinates at(i, s.filters, s.outHeight, s.outWidth);
    const std::int64_t firstChannel = std::int64_t{at.channel / s.groupFilters} * s.groupChannels;
    Compute<T> sum = 0;
    for (int c = 0; c < s.groupChannels; c++) {
      const T* const plane = x + (at.n * s.channels + firstChannel + c) * s.plane();
      const T* const taps = weight + (std::int64_t{at.channel} * s.groupChannels + c) * s.taps();
      for (int r = 0; r < s.kernelHeight; r++) {
        const std::int64_t h = std::int64_t{at.row} * s.strideHeight - s.top + std::int64_t{r} * s.dilationHeight;
        if (h < 0 || h >= s.height) continue;
        for (int t = 0; t < s.kernelWidth; t++) {
          const std::int64_t w = std::int64_t{at.column} * s.strideWidth - s.left + std::int64_t{t} * s.dilationWidth;
          if (w < 0 || w >= s.width) continue;
          sum += widen(taps[r * s.kernelWidth + t]) * widen(plane[h * s.width + w]);
        }
      }
    }
    if (bias != nullptr) sum += widen(bias[at.channel]);
    y[i] = narrow<T>(sum);
  }
}

/// dx[n, c, h, w] = bias[c] + sum of weight[k, c, r, s] dy[n, k, p, q] over the taps that read it.
template <class T>
__global__ void __launch_bounds__(threads)
    gradInputKernel(const T* dy, const T* weight, const T* bias, T* dx, std::int64_t length, const ConvSizes s) {
  const std::int64_t step = std::int64_t{gridDim.x} * threads;
  for (std::int64_t i = std::int64_t{blockIdx.x} * threads + threadIdx.x; i < length; i += step) {
    const Coordinates at(i, s.channels, s.height, s.width);
    const int group = at.channel / s.groupChannels;
    const int c = at.channel - group * s.groupChannels;
    Compute<T> sum = 0;
    for (int f = 0; f < s.groupFilters; f++) {
      const std::int64_t k = std::int64_t{group} * s.groupFilters + f;
      const T* const plane = dy + (at.n * s.filters + k) * s.pixels();
      const T* const taps = weight + (k * s.groupChannels + c) * s.taps();
      for (int r = 0; r < s.kernelHeight; r++) {
        const std::int64_t p =
            stepTo(std::int64_t{at.row} + s.top - std::int64_t{r} * s.dilationHeight, s.strideHeight, s.outHeight);
        if (p < 0) continue;
#pragma unroll 1
        for (int t = 0; t < s.kernelWidth; t++) {
          const std::int64_t q =
              stepTo(std::int64_t{at.column} + s.left - std::int64_t{t} * s.dilationWidth, s.strideWidth, s.outWidth);
          if (q < 0) continue;
          sum += widen(taps[r * s.kernelWidth + t]) * widen(plane[p * s.outWidth + q]);
        }
      }
    }
    if (bias != nullptr) sum += widen(bias[at.channel]);
    dx[i] = narrow<T>(sum);
  }
}

/// dw[k, c, r, s] = sum over n, p, q of dy[n, k, p, q] x[n, c, h, w], h and w being under tap (r, s): a block for each.
template <class T>
__global__ void __launch_bounds__(threads)
    gradWeightKernel(const T* x, const T* dy, T* dw, std::int64_t length, const ConvSizes s) {
  SHARED_MEMORY(Compute<T>, shared);
  for (std::int64_t i = blockIdx.x; i < length; i += gridDim.x) {
    const Coordinates at(i, s.groupChannels, s.kernelHeight, s.kernelWidth);
    const std::int64_t k = at.n;
    const std::int64_t channel = k / s.groupFilters * s.groupChannels + at.channel;
    Compute<T> sum[1] = {0};
    const std::int64_t places = s.images * s.pixels();
    for (std::int64_t place = threadIdx.x; place < places; place += threads) {
      const std::int64_t row = place / s.outWidth, q = place - row * s.outWidth;
      const std::int64_t n = row / s.outHeight, p = row - n * s.outHeight;
      const std::int64_t h = p * s.strideHeight - s.top + std::int64_t{at.row} * s.dilationHeight;
      const std::int64_t w = q * s.strideWidth - s.left + std::int64_t{at.column} * s.dilationWidth;
      if (h < 0 || h >= s.height || w < 0 || w >= s.width) continue;
      sum[0] += widen(dy[(n * s.filters + k) * s.pixels() + p * s.outWidth + q]) *
                widen(x[(n * s.channels + channel) * s.plane() + h * s.width + w]);
    }
    reduceTeam(Addition<Compute<T>>(), Team{1, threads}, sum, shared);
    if (threadIdx.x == 0) dw[i] = narrow<T>(sum[0]);
  }
}

template <class T>
const T* dataOrNull(const Buffer* buffer) {
  return buffer != nullptr ? dataOf<T>(*buffer) : nullptr;
}

}  // namespace

void forwardDirect(const Buffer& x, const Buffer& weight, const Buffer* bias, Buffer& y, const ConvSizes& sizes) {
  dispatch(y.dtype, FloatTypes(), [&](auto type) {
    using T = typename decltype(type)::type;
    launch(forwardKernel<T>, {dim3(gridStrideBlocks(y.length, threads)), dim3(threads)}, dataOf<T>(x),
           dataOf<T>(weight), dataOrNull<T>(bias), dataOf<T>(y), y.length, sizes);
  });
}

void gradInputDirect(const Buffer& dy, const Buffer& weight, const Buffer* bias, Buffer& dx, const ConvSizes& sizes) {
  dispatch(dx.dtype, FloatTypes(), [&](auto type) {
    using T = typename decltype(type)::type;
    launch(gradInputKernel<T>, {dim3(gridStrideBlocks(dx.length, threads)), dim3(threads)}, dataOf<T>(dy),
           dataOf<T>(weight), dataOrNull<T>(bias), dataOf<T>(dx), dx.length, sizes);
  });
}

void gradWeightDirect(const Buffer& x, const Buffer& dy, Buffer& dw, const ConvSizes& sizes) {
  dispatch(dw.dtype, FloatTypes(), [&](auto type) {
    using T = typename decltype(type)::type;
    launch(gradWeightKernel<T>,
           {dim3(gridStrideBlocks(dw.length, 1)), dim3(threads), teamBytes<Compute<T>>(Team{1, threads}, threads)},
           dataOf<T>(x), dataOf<T>(dy), dataOf<T>(dw), dw.length, sizes);
  });
}

}  // namespace wengert
