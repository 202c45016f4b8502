// runningStats: running = (1 - momentum) running + momentum batch, in place, for the mean and variance of batch
// normalization. The layer calls it in training; the normalization itself does not belong here.
#include "optimizer/updates.cuh"
#include "runtime/registry.h"

namespace wengert {
namespace {

constexpr int threads = 128;

/// data[i] = value, rounded to a float dtype that is known at run time only.
__device__ void store(void* data, DType dtype, std::int64_t i, double value) {
  switch (dtype) {
    case DType::float64: static_cast<double*>(data)[i] = value; break;
    case DType::bfloat16: static_cast<bfloat16*>(data)[i] = narrow<bfloat16>(value); break;
    case DType::float16: static_cast<float16*>(data)[i] = narrow<float16>(value); break;
    default: static_cast<float*>(data)[i] = static_cast<float>(value);
  }
}

/// The update of one layer's statistics; `correction` makes the batch variance unbiased. One thread for each
/// channel, in float64, element by element: there is one value for each channel, so vectors would not be faster.
__global__ void __launch_bounds__(threads)
    moveStatistics(AnyData mean,        // (n), of the batch
                   AnyData variance,    // (n), of the batch
                   void* runningMean,   // (n)
                   DType meanType,
                   void* runningVar,    // (n)
                   DType varianceType,
                   std::int64_t n, double momentum, double correction) {
  for (std::int64_t i = blockIdx.x * std::int64_t{blockDim.x} + threadIdx.x; i < n;
       i += gridDim.x * std::int64_t{blockDim.x}) {
    const double oldMean = AnyData(runningMean, meanType).at<double>(i);
    const double oldVariance = AnyData(runningVar, varianceType).at<double>(i);
    store(runningMean, meanType, i, (1 - momentum) * oldMean + momentum * mean.at<double>(i));
    store(runningVar, varianceType, i,
          (1 - momentum) * oldVariance + momentum * correction * variance.at<double>(i));
  }
}

/// One launch for each layer; tensor t of each list is (channels of layer t).
void runningStats(BufferList mean, BufferList variance, BufferList runningMean, BufferList runningVar, double momentum,
                  double correction) {
  checkLists({mean, variance, runningMean, runningVar});
  for (const BufferList& list : {mean, variance, runningMean, runningVar})
    for (const Buffer& tensor : list) dispatch(tensor.dtype, FloatTypes(), [](auto) {});
  for (int t = 0; t < mean.count; t++) {
    const std::int64_t n = mean[t].length;
    if (n == 0) continue;
    launch(moveStatistics, {dim3(gridStrideBlocks(n, threads)), dim3(threads)}, AnyData(mean[t]), AnyData(variance[t]),
           runningMean[t].data, runningMean[t].dtype, runningVar[t].data, runningVar[t].dtype, n, momentum, correction);
  }
}

EXPORT_KERNEL(runningStats)

}  // namespace
}  // namespace wengert
