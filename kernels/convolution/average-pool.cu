// avgPool2d and adaptiveAvgPool2d, and their gradients, over the windows of pool-windows.cuh. The gradients gather: an
// element of dx adds the windows that cover it, so nothing is added by several threads and results are deterministic.
#include "convolution/pool-windows.cuh"
#include "reduction/block-reduce.cuh"
#include "runtime/registry.h"

namespace wengert {
namespace {

constexpr int threads = 256;

/// y[i] = the sum of x under window i, divided by the window's count. A team of threads (at most a warp) for each
/// window: small windows have a team of one thread, so that neighbouring threads have neighbouring windows. A team adds
/// in registers, then by shuffles, in a fixed order. Bound: each element of x is read once for each window over it,
/// most of these reads from the caches.
template <class T>
__global__ void __launch_bounds__(threads)
    averageWindows(const T* x,       // (planes, H, W)
                   T* y,             // (planes, P, Q)
                   Pooling pool,
                   Pixels pixels,    // of y
                   bool includePad,
                   std::int64_t n,   // elements of y
                   Team team) {
  using C = Compute<T>;
  const std::int64_t teams = blockDim.x / team.size;
  for (std::int64_t first = blockIdx.x * teams; first < n; first += gridDim.x * teams) {
    const std::int64_t i = first + team.group();
    const Pixel at = pixels.at(i < n ? i : n - 1);
    const T* image = x + at.plane * pool.rows.size * pool.columns.size;
    const std::int64_t firstColumn = pool.columns.begin(at.column);
    const int width = static_cast<int>(pool.columns.end(at.column) - firstColumn);
    const std::int64_t endRow = pool.rows.end(at.row);
    // Thread `rank` takes the elements rank, rank + size, ... of the window, counted row by row: w is the column, and
    // each time it passes the width, the thread goes on to the next row.
    C sum[1] = {C(0)};
    std::int64_t h = pool.rows.begin(at.row);
    for (int w = team.rank(); h < endRow && width > 0; w += team.size) {
      for (; w >= width && h < endRow; w -= width) h++;
      if (h < endRow) sum[0] += widen(image[h * pool.columns.size + firstColumn + w]);
    }
    reduceTeam(Addition<C>(), team, sum, static_cast<C*>(nullptr));
    const std::int64_t count = pool.rows.count(at.row, includePad) * pool.columns.count(at.column, includePad);
    if (i < n && team.rank() == 0) y[i] = narrow<T>(sum[0] / C(count));
  }
}

/// dx[i] = the sum over the windows that cover element i of dy / count, in the order of the windows. One thread
/// for each element, in a grid-stride loop; the sum is in a register. Each dy is read once for each element of its
/// window, mostly from caches.
template <class T>
__global__ void __launch_bounds__(threads)
    spreadWindows(const T* dy,      // (planes, P, Q)
                  T* dx,            // (planes, H, W)
                  Pooling pool,
                  Pixels pixels,    // of dx
                  bool includePad,
                  std::int64_t n) { // elements of dx
  using C = Compute<T>;
  for (std::int64_t i = blockIdx.x * std::int64_t{blockDim.x} + threadIdx.x; i < n;
       i += gridDim.x * std::int64_t{blockDim.x}) {
    const Pixel at = pixels.at(i);
    const T* windows = dy + at.plane * pool.rows.places * pool.columns.places;
    const std::int64_t firstColumn = pool.columns.firstOver(at.column), endColumn = pool.columns.endOver(at.column);
    const std::int64_t endRow = pool.rows.endOver(at.row);
    C sum = C(0);
    for (std::int64_t p = pool.rows.firstOver(at.row); p < endRow; p++) {
      const std::int64_t rows = pool.rows.count(p, includePad);
      for (std::int64_t q = firstColumn; q < endColumn; q++)
        sum += widen(windows[p * pool.columns.places + q]) / C(rows * pool.columns.count(q, includePad));
    }
    dx[i] = narrow<T>(sum);
  }
}

/// Checks the buffers and launches averageWindows, with about 8 elements of a window a thread.
void average(const Buffer& x,  // (N, C, H, W)
             Buffer& y,        // (N, C, P, Q)
             const Pooling& pool, bool includePad) {
  requireLength("x", x, pool.inputs());
  requireLength("y", y, pool.outputs());
  requireDType("y", y, x.dtype);
  if (y.length == 0) return;
  const auto reach = [](const PoolAxis& axis) { return axis.even ? divideUp(axis.size, axis.places) : axis.kernel; };
  const std::int64_t taps = reach(pool.rows) * reach(pool.columns);
  const Team team{1, static_cast<int>(nextPowerOfTwo(taps < 256 ? divideUp(taps, 8) : 32))};
  const int size = blockThreads(y.length < threads ? y.length * team.size : threads);
  dispatch(x.dtype, FloatTypes(), [&]<class T>(Type<T>) {
    launch(averageWindows<T>, {dim3(gridStrideBlocks(y.length, size / team.size)), dim3(size)}, dataOf<T>(x),
           dataOf<T>(y), pool, Pixels(pool.rows.places, pool.columns.places, y.length), includePad, y.length, team);
  });
}

/// Checks the buffers and launches spreadWindows.
void spread(const Buffer& dy,  // (N, C, P, Q)
            Buffer& dx,        // (N, C, H, W)
            const Pooling& pool, bool includePad) {
  requireLength("dx", dx, pool.inputs());
  requireLength("dy", dy, pool.outputs());
  requireDType("dx", dx, dy.dtype);
  if (dx.length == 0) return;
  dispatch(dy.dtype, FloatTypes(), [&]<class T>(Type<T>) {
    launch(spreadWindows<T>, {dim3(gridStrideBlocks(dx.length, threads)), dim3(blockThreads(dx.length))}, dataOf<T>(dy),
           dataOf<T>(dx), pool, Pixels(pool.rows.size, pool.columns.size, dx.length), includePad, dx.length);
  });
}

/// Windows of avgPool2d, which has no dilation.
Pooling slidingWindows(Dims image, Dims places, Dims kernel, Dims stride, Dims padding) {
  Pooling pool = poolingOf(image, places);
  const std::int32_t one[2] = {1, 1};
  setWindows(pool, kernel, stride, padding, {one, 2});
  return pool;
}

void avgPool2d(const Buffer& x, Buffer& y, Dims xShape, Dims yShape, Dims kernel, Dims stride, Dims padding,
               std::int64_t includePad) {
  average(x, y, slidingWindows(xShape, yShape, kernel, stride, padding), includePad != 0);
}

void avgPool2dGrad(const Buffer& dy, Buffer& dx, Dims dxShape, Dims dyShape, Dims kernel, Dims stride, Dims padding,
                   std::int64_t includePad) {
  spread(dy, dx, slidingWindows(dxShape, dyShape, kernel, stride, padding), includePad != 0);
}

void adaptiveAvgPool2d(const Buffer& x, Buffer& y, Dims xShape, Dims yShape) {
  average(x, y, poolingOf(xShape, yShape), false);
}

void adaptiveAvgPool2dGrad(const Buffer& dy, Buffer& dx, Dims dxShape, Dims dyShape) {
  spread(dy, dx, poolingOf(dxShape, dyShape), false);
}

EXPORT_KERNEL(avgPool2d)
EXPORT_KERNEL(avgPool2dGrad)
EXPORT_KERNEL(adaptiveAvgPool2d)
EXPORT_KERNEL(adaptiveAvgPool2dGrad)

}  // namespace
}  // namespace wengert
