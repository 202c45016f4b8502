// maxPool2d and its gradient, over the windows of pool-windows.cuh. The forward op saves the index of each maximum. The
// gradient gathers: an element of dx looks at the windows that cover it, so nothing is added by several threads.
#include "convolution/pool-windows.cuh"
#include "reduction/block-reduce.cuh"
#include "runtime/registry.h"

namespace wengert {
namespace {

constexpr int threads = 256;

/// y[i] = the largest element under window i; indices[i] = its index h W + w in its image. NaN counts as largest; of
/// equal elements the first is taken. One thread for each window, in a grid-stride loop, so neighbouring threads have
/// neighbouring windows of a row. Each element of x is read once for each window over it, mostly from caches.
template <class T>
__global__ void __launch_bounds__(threads)
    poolLargest(const T* x,             // (planes, H, W)
                T* y,                   // (planes, P, Q)
                std::int32_t* indices,  // (planes, P, Q)
                Pooling pool,
                Pixels pixels,          // of y
                std::int64_t n) {       // elements of y
  using C = Compute<T>;
  for (std::int64_t i = blockIdx.x * std::int64_t{blockDim.x} + threadIdx.x; i < n;
       i += gridDim.x * std::int64_t{blockDim.x}) {
    const Pixel at = pixels.at(i);
    const T* image = x + at.plane * pool.rows.size * pool.columns.size;
    const std::int64_t firstRow = pool.rows.begin(at.row), endRow = pool.rows.end(at.row);
    const std::int64_t firstColumn = pool.columns.begin(at.column), endColumn = pool.columns.end(at.column);
    std::int64_t index = -1;
    C largest = C(0);
    T stored = narrow<T>(0.0f);
    for (std::int64_t h = firstRow; h < endRow; h += pool.rows.dilation.divisor)
      for (std::int64_t w = firstColumn; w < endColumn; w += pool.columns.dilation.divisor) {
        const T element = image[h * pool.columns.size + w];
        const C value = widen(element);
        // NaN replaces a number or another NaN; a number does not replace NaN.
        if (index >= 0 && !(value > largest) && value == value) continue;
        largest = value;
        stored = element;
        index = h * pool.columns.size + w;
      }
    y[i] = stored;
    indices[i] = static_cast<std::int32_t>(index < 0 ? 0 : index);
  }
}

/// dx[i] = the sum of dy over the windows whose maximum is element i, in the order of the windows. One thread for
/// each element, in a grid-stride loop: it reads the indices of the windows that cover the element, and dy of those
/// that match.
template <class T>
__global__ void __launch_bounds__(threads)
    gatherLargest(const T* dy,                   // (planes, P, Q)
                  const std::int32_t* indices,   // (planes, P, Q)
                  T* dx,                         // (planes, H, W)
                  Pooling pool,
                  Pixels pixels,                 // of dx
                  std::int64_t n) {              // elements of dx
  for (std::int64_t i = blockIdx.x * std::int64_t{blockDim.x} + threadIdx.x; i < n;
       i += gridDim.x * std::int64_t{blockDim.x}) {
    const Pixel at = pixels.at(i);
    const std::int64_t place = at.row * pool.columns.size + at.column;
    const std::int64_t plane = at.plane * pool.rows.places * pool.columns.places;
    const std::int64_t firstColumn = pool.columns.firstOver(at.column), endColumn = pool.columns.endOver(at.column);
    const std::int64_t endRow = pool.rows.endOver(at.row);
    Compute<T> sum = 0;
    for (std::int64_t p = pool.rows.firstOver(at.row); p < endRow; p++)
      for (std::int64_t q = firstColumn; q < endColumn; q++) {
        const std::int64_t window = plane + p * pool.columns.places + q;
        if (indices[window] == place) sum += widen(dy[window]);
      }
    dx[i] = narrow<T>(sum);
  }
}

/// Checks the arguments that the op and its gradient share. `image` is x or dx, `places` y or dy.
Pooling checkMaxPool(const Buffer& image, const Buffer& places, const Buffer& indices, Dims imageShape,
                     Dims placesShape, Dims kernel, Dims stride, Dims padding, Dims dilation) {
  Pooling pool = poolingOf(imageShape, placesShape);
  setWindows(pool, kernel, stride, padding, dilation);
  requireLength("the image", image, pool.inputs());
  requireLength("the result", places, pool.outputs());
  requireLength("indices", indices, places.length);
  requireDType("indices", indices, DType::int32);
  requireDType("the result", places, image.dtype);
  require(multiplySizes(pool.rows.size, pool.columns.size) <= 0x7fffffff,
          "an image must have at most 2^31 - 1 elements, since indices are int32");
  return pool;
}

void maxPool2d(const Buffer& x,   // (N, C, H, W)
               Buffer& y,         // (N, C, P, Q)
               Buffer& indices,   // (N, C, P, Q), int32
               Dims xShape, Dims yShape, Dims kernel, Dims stride, Dims padding, Dims dilation) {
  const Pooling pool = checkMaxPool(x, y, indices, xShape, yShape, kernel, stride, padding, dilation);
  if (y.length == 0) return;
  dispatch(x.dtype, NumericTypes(), [&]<class T>(Type<T>) {
    launch(poolLargest<T>, {dim3(gridStrideBlocks(y.length, threads)), dim3(blockThreads(y.length))}, dataOf<T>(x),
           dataOf<T>(y), dataOf<std::int32_t>(indices), pool, Pixels(pool.rows.places, pool.columns.places, y.length),
           y.length);
  });
}

void maxPool2dGrad(const Buffer& dy,       // (N, C, P, Q)
                   const Buffer& indices,  // (N, C, P, Q), int32
                   Buffer& dx,             // (N, C, H, W)
                   Dims dxShape, Dims dyShape, Dims kernel, Dims stride, Dims padding, Dims dilation) {
  const Pooling pool = checkMaxPool(dx, dy, indices, dxShape, dyShape, kernel, stride, padding, dilation);
  if (dx.length == 0) return;
  dispatch(dy.dtype, FloatTypes(), [&]<class T>(Type<T>) {
    launch(gatherLargest<T>, {dim3(gridStrideBlocks(dx.length, threads)), dim3(blockThreads(dx.length))}, dataOf<T>(dy),
           dataOf<std::int32_t>(indices), dataOf<T>(dx), pool, Pixels(pool.rows.size, pool.columns.size, dx.length),
           dx.length);
  });
}

EXPORT_KERNEL(maxPool2d)
EXPORT_KERNEL(maxPool2dGrad)

}  // namespace
}  // namespace wengert
