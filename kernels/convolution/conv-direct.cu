// Direct convolutions: the kernels of conv-direct.h. Each computes one element of its result from global memory,
// without tiles, and adds in a fixed order, so the result is always the same. No kernel here uses atomics.
#include "convolution/conv-direct.h"

#include "reduction/block-reduce.cuh"
#include "runtime/launch.h"

namespace wengert {

namespace {

constexpr int threads = 128;

/// Element i of a contiguous tensor, as coordinates (n, channel, row, column). The last three axes have the given
/// sizes.
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

/// place / stride, or -1 if the stride does not divide it or the quotient is not in [0, steps). A place is a row or
/// column plus a padding, so it fits 32 bits, in which a division is a few instructions and not a call.
__device__ __forceinline__ std::int64_t stepTo(std::int64_t place, std::int32_t stride, std::int32_t steps) {
  if (place < 0) return -1;
  const std::uint32_t number = static_cast<std::uint32_t>(place), step = number / static_cast<std::uint32_t>(stride);
  if (step * static_cast<std::uint32_t>(stride) != number || step >= static_cast<std::uint32_t>(steps)) return -1;
  return step;
}

/// y[n, k, p, q] = bias[k] + sum over c, r, s of weight[k, c, r, s] x[n, c, h, w], with
/// h = p stride - top + r dilation, and w in the same way. One thread for each element of y, in a grid-stride loop;
/// neighbouring threads have neighbouring q: they share the loads of the weight, and their reads of x overlap in the
/// cache.
template <class T>
__global__ void __launch_bounds__(threads)
    forwardKernel(const T* x,       // (N, C, H, W)
                  const T* weight,  // (K, C/groups, R, S)
                  const T* bias,    // (K), or null
                  T* y,             // (N, K, P, Q)
                  std::int64_t length, const ConvSizes s) {
  const std::int64_t step = std::int64_t{gridDim.x} * threads;
  for (std::int64_t i = std::int64_t{blockIdx.x} * threads + threadIdx.x; i < length; i += step) {
    const Coordinates at(i, s.filters, s.outHeight, s.outWidth);
    const std::int64_t firstChannel = std::int64_t{at.channel / s.groupFilters} * s.groupChannels;
    Compute<T> sum = 0;
    for (int c = 0; c < s.groupChannels; c++) {
      // (H, W) of channel c, and (R, S) of the filter for it.
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

/// dx[n, c, h, w] = bias[c] + sum of weight[k, c, r, s] dy[n, k, p, q] over the filters k of the group and the taps
/// (r, s) that read x[n, c, h, w] for some (p, q): p stride = h + top - r dilation, and q in the same way. Each thread
/// gathers the terms of its element of dx, in a grid-stride loop, so that no two threads write the same element.
template <class T>
__global__ void __launch_bounds__(threads)
    gradInputKernel(const T* dy,      // (N, K, P, Q)
                    const T* weight,  // (K, C/groups, R, S)
                    const T* bias,    // (C), or null
                    T* dx,            // (N, C, H, W)
                    std::int64_t length, const ConvSizes s) {
  const std::int64_t step = std::int64_t{gridDim.x} * threads;
  for (std::int64_t i = std::int64_t{blockIdx.x} * threads + threadIdx.x; i < length; i += step) {
    const Coordinates at(i, s.channels, s.height, s.width);
    const int group = at.channel / s.groupChannels;
    const int c = at.channel - group * s.groupChannels;
    Compute<T> sum = 0;
    for (int f = 0; f < s.groupFilters; f++) {
      const std::int64_t k = std::int64_t{group} * s.groupFilters + f;
      // (P, Q) of filter k, and (R, S) of its taps for channel c.
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

/// dw[k, c, r, s] = sum over n, p, q of dy[n, k, p, q] x[n, c, h, w], where tap (r, s) reads (h, w). One block for each
/// element of dw, in a grid-stride loop: its threads take places (n, p, q) in turn, and reduceTeam adds their sums. The
/// order depends only on the sizes.
template <class T>
__global__ void __launch_bounds__(threads)
    gradWeightKernel(const T* x,   // (N, C, H, W)
                     const T* dy,  // (N, K, P, Q)
                     T* dw,        // (K, C/groups, R, S)
                     std::int64_t length, const ConvSizes s) {
  SHARED_MEMORY(Compute<T>, shared);
  for (std::int64_t i = blockIdx.x; i < length; i += gridDim.x) {
    const Coordinates at(i, s.groupChannels, s.kernelHeight, s.kernelWidth);
    const std::int64_t k = at.n;
    const std::int64_t channel = k / s.groupFilters * s.groupChannels + at.channel;
    Compute<T> sum[1] = {0};
    const std::int64_t places = s.images * s.pixels();  // (N, P, Q), as one number
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
