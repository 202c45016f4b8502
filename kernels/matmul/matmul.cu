// The launchers of the ops matmul and linear (src/ops/matmul/): they check the operands and describe the product. The
// choice of a kernel and the kernels do not belong here (product-dispatch.h).
#include "matmul/product-dispatch.h"
#include "runtime/registry.h"

namespace wengert {

namespace {

int dimension(std::int64_t size) {
  require(size >= 0 && size <= 0x7fffffff, "matrix dimensions must be between 0 and 2^31 - 1");
  return static_cast<int>(size);
}

/// The axes of a batch, with the strides of both operands in elements: 0 if an operand broadcasts along the axis.
/// Neighbouring axes that both operands can walk with one stride are joined, so that kernels divide less often.
///
/// @param batch - axes of y, in front of (M, N); a and b have as many or fewer, aligned at the last
/// @param aMatrix - elements of a matrix of a: M K
/// @param bMatrix - elements of a matrix of b: K N
BatchAxes batchAxes(Dims batch, Dims a, Dims b, std::int64_t aMatrix, std::int64_t bMatrix) {
  require(a.count <= batch.count && b.count <= batch.count, "operands must not have more batch axes than y");
  BatchAxes joined;
  // The size of an operand at an axis of y: 1 if it lacks the axis.
  const auto sizeAt = [&](Dims dims, int axis) {
    const int at = axis - (batch.count - dims.count);
    const std::int32_t size = at < 0 ? 1 : dims[at];
    require(size == 1 || size == batch[axis], "each batch axis of an operand must be 1 or match y");
    return size;
  };
  std::int64_t aStride = aMatrix, bStride = bMatrix;
  // From the innermost axis outwards; the order of `joined` is reversed at the end.
  for (int axis = batch.count - 1; axis >= 0; axis--) {
    const std::int32_t aSize = sizeAt(a, axis), bSize = sizeAt(b, axis), size = batch[axis];
    if (size == 1) continue;
    const std::int64_t aStep = aSize == 1 ? 0 : aStride, bStep = bSize == 1 ? 0 : bStride;
    const int last = joined.count - 1;
    // One step along this axis is as far as all steps along the last one: they are one axis.
    if (last >= 0 && joined.a[last] * joined.size[last] == aStep && joined.b[last] * joined.size[last] == bStep) {
      joined.size[last] *= size;
    } else {
      require(joined.count < BatchAxes::most, "a and b must broadcast along at most 16 axes");
      joined.size[joined.count] = size;
      joined.a[joined.count] = aStep;
      joined.b[joined.count++] = bStep;
    }
    aStride *= aSize;
    bStride *= bSize;
  }
  for (int i = 0, j = joined.count - 1; i < j; i++, j--) {
    std::swap(joined.size[i], joined.size[j]);
    std::swap(joined.a[i], joined.a[j]);
    std::swap(joined.b[i], joined.b[j]);
  }
  return joined;
}

/// y = a b, for each matrix of the batch.
void matmul(const Buffer& a,  // (...A, M, K), or (...A, K, M) if transA
            const Buffer& b,  // (...B, K, N), or (...B, N, K) if transB
            Buffer& y,        // (...Y, M, N)
            std::int64_t m, std::int64_t n, std::int64_t k, std::int64_t transA, std::int64_t transB, Dims batch,
            Dims aBatch, Dims bBatch) {
  Gemm problem{.dtype = y.dtype, .shape = {.m = dimension(m), .n = dimension(n), .k = dimension(k)}};
  requireDType("a", a, y.dtype);
  requireDType("b", b, y.dtype);
  const std::int64_t batches = sizeOf(batch);
  requireLength("y", y, multiplySizes(batches, multiplySizes(m, n)));
  requireLength("a", a, multiplySizes(sizeOf(aBatch), multiplySizes(m, k)));
  requireLength("b", b, multiplySizes(sizeOf(bBatch), multiplySizes(k, n)));
  if (y.length == 0) return;
  problem.shape.batches = dimension(batches);
  problem.shape.axes = batchAxes(batch, aBatch, bBatch, m * k, k * n);
  problem.a = transA != 0 ? Operand{a.data, 1, m} : Operand{a.data, k, 1};
  problem.b = transB != 0 ? Operand{b.data, k, 1} : Operand{b.data, 1, n};
  problem.y = y.data;
  runProduct(problem, stream().options.matmul);
}
EXPORT_KERNEL(matmul)

/// y = x W^T + b.
void linear(const Buffer& x,       // (M, K)
            const Buffer& weight,  // (N, K)
            const Buffer* bias,    // (N), or null
            Buffer& y,             // (M, N)
            std::int64_t m, std::int64_t n, std::int64_t k) {
  Gemm problem{.dtype = y.dtype, .shape = {.m = dimension(m), .n = dimension(n), .k = dimension(k)}};
  requireDType("x", x, y.dtype);
  requireDType("weight", weight, y.dtype);
  requireLength("y", y, multiplySizes(m, n));
  requireLength("x", x, multiplySizes(m, k));
  requireLength("weight", weight, multiplySizes(n, k));
  if (bias != nullptr) {
    requireDType("bias", *bias, y.dtype);
    requireLength("bias", *bias, n);
    problem.epilogue.bias = bias->data;
  }
  if (y.length == 0) return;
  problem.a = {x.data, k, 1};
  problem.b = {weight.data, k, 1};
  problem.y = y.data;
  runProduct(problem, stream().options.matmul);
}
EXPORT_KERNEL(linear)

}  // namespace

}  // namespace wengert
