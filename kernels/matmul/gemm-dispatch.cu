// Starts the kernel that product-choice.h chooses for a matrix product.
#include "matmul/gemm-tiers.h"
#include "matmul/product-choice.h"
#include "runtime/launch.h"

namespace wengert {

namespace {

/// Whether the lines of an operand start at multiples of 16 bytes, in every batch, and are as long.
bool hasVectors(const Operand& operand, int rows, int depth, const BatchAxes& axes, const std::int64_t* batchStride,
                int width) {
  const std::int64_t line = operand.alongDepth() ? operand.rowStride : operand.depthStride;
  bool whole = isAligned(operand.data) && line % width == 0 && (operand.alongDepth() ? depth : rows) % width == 0;
  for (int axis = 0; axis < axes.count; axis++) whole = whole && batchStride[axis] % width == 0;
  return whole;
}

ProductChoice choose(const Gemm& problem) {
  const auto haveVectors = [&] {
    const int width = static_cast<int>(16 / bytesOf(problem.dtype));
    return hasVectors(problem.a, problem.m, problem.k, problem.axes, problem.axes.a, width) &&
           hasVectors(problem.b, problem.n, problem.k, problem.axes, problem.axes.b, width);
  };
  return chooseProduct({.kind = ProductKind::matmul,
                        .elements = elementsOf(problem.dtype, problem.mode),
                        .aAlongDepth = problem.a.alongDepth(),
                        .bAlongDepth = problem.b.alongDepth(),
                        .m = problem.m,
                        .n = problem.n,
                        .k = problem.k,
                        .batches = problem.batches},
                       haveVectors);
}

void gemmMma(const ProductKernel& kernel, const GemmShape& shape, const Gemm& problem) {
  const auto start = problem.dtype == DType::bfloat16  ? gemmMmaBfloat16
                     : problem.dtype == DType::float16 ? gemmMmaFloat16
                                                       : gemmMmaTf32;
  start(kernel.tile, kernel.tier == Tier::mmaVectors, shape, problem);
}

}  // namespace

void gemm(const Gemm& problem) {
  if (problem.m == 0 || problem.n == 0 || problem.batches == 0) return;
  const auto [kernel, splits] = choose(problem);
  const GemmShape shape{.m = problem.m,
                        .n = problem.n,
                        .k = problem.k,
                        .batches = problem.batches,
                        .splits = splits,
                        .axes = problem.axes};
  switch (kernel->tier) {
    case Tier::naive:
      return gemmNaive(shape, problem);
    case Tier::simtVectors:
      return gemmSimtVectors(kernel->tile, shape, problem);
    case Tier::simtElements:
      return gemmSimtElements(kernel->tile, shape, problem);
    case Tier::mmaVectors:
    case Tier::mmaElements:
      return gemmMma(*kernel, shape, problem);
    default:
      refuse("no kernel for this product");
  }
}

}  // namespace wengert
