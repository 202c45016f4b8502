// Tier R0: one thread for each element of y, straight from global memory. It is the oracle of the other tiers, and the
// kernel for matrices so small that a tile would be mostly empty. startNaive is called by product-dispatch.h.
#include "matmul/gemm-store.cuh"
#include "runtime/launch.h"

namespace wengert {

/// y (m, n) = sum over k of a (m, k) b (k, n), + bias (n): one element of y for each turn of a grid-stride loop. A
/// thread adds in ascending order of k, so the result is always the same. Only the caches reuse elements: each
/// element of y costs 2 K loads.
template <class T>
__global__ void __launch_bounds__(128)
    naiveKernel(const GemmShape shape, const Operand a,  // (batches, M, K), in any layout
                const Operand b,                         // (batches, N, K), in any layout
                const MatrixStore<T> store) {            // (batches, M, N)
  const std::int64_t matrix = std::int64_t{shape.m} * shape.n;
  const std::int64_t elements = matrix * shape.batches;
  const std::int64_t stride = std::int64_t{gridDim.x} * blockDim.x;
  using Sum = SumOf<T>;
  for (std::int64_t i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x; i < elements; i += stride) {
    const int batch = static_cast<int>(i / matrix);
    const std::int64_t inMatrix = i - batch * matrix;
    const int row = static_cast<int>(inMatrix / shape.n);
    const int column = static_cast<int>(inMatrix - std::int64_t{row} * shape.n);
    std::int64_t offsetA, offsetB;
    shape.axes.offsets(batch, offsetA, offsetB);
    // Row `row` of a and column `column` of y, that is row `column` of b: (K), with a stride.
    const T* const fromA = static_cast<const T*>(a.data) + offsetA + row * a.rowStride;
    const T* const fromB = static_cast<const T*>(b.data) + offsetB + column * b.rowStride;
    Sum sum = 0;
    for (int k = 0; k < shape.k; k++)
      sum += static_cast<Sum>(widen(fromA[k * a.depthStride])) * static_cast<Sum>(widen(fromB[k * b.depthStride]));
    store.template put<1>(batch, row, column, &sum);
  }
}

/// Starts tier R0 for T (product-dispatch.h).
template <class T>
void startNaive(const Gemm& problem) {
  const GemmShape& shape = problem.shape;
  const std::int64_t elements = multiplySizes(multiplySizes(shape.m, shape.n), shape.batches);
  // A block has only as many warps as there are elements for.
  const int threads = elements < 128 ? static_cast<int>(divideUp(elements, 32)) * 32 : 128;
  launch(naiveKernel<T>, {dim3(gridStrideBlocks(elements, threads)), dim3(threads)}, shape, problem.a, problem.b,
         MatrixStore<T>(problem.y, shape.m, shape.n, problem.epilogue));
}

template void startNaive<float>(const Gemm&);
template void startNaive<double>(const Gemm&);
template void startNaive<bfloat16>(const Gemm&);
template void startNaive<float16>(const Gemm&);
template void startNaive<std::int32_t>(const Gemm&);
template void startNaive<std::uint8_t>(const Gemm&);

}  // namespace wengert
