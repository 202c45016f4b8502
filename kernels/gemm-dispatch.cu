// Which kernel computes a matrix product: the table, and what it is asked with.
#include "gemm-tiers.h"
#include "launch.h"

namespace wengert {

namespace {

enum class Tier { simtElements, simtVectors, mmaElements, mmaVectors };

/// What is multiplied. Float32 is multiplied as it is unless tf32 is allowed.
enum class Elements { any, floats, float32, tf32, halves };

/// A kernel, and what it demands. The first that a problem satisfies is taken.
struct Choice {
  Elements elements;
  int capability;  // of the device, at least
  bool vectors;    // lines of a and b are made of whole vectors of 16 bytes
  int least;       // rows and columns of y, at least
  bool fills;      // there is a tile for every processor
  Tier tier;
  int tile;
};

// clang-format off
constexpr Choice table[] = {
    // elements         capability  vectors  least  fills  tier                tile
    {Elements::halves,          80, true,       96, true,  Tier::mmaVectors,    128},
    {Elements::halves,          80, true,        0, false, Tier::mmaVectors,     64},
    {Elements::halves,          80, false,       0, false, Tier::mmaElements,    64},
    {Elements::tf32,            80, true,       96, true,  Tier::mmaVectors,    128},
    {Elements::tf32,            80, true,        0, false, Tier::mmaVectors,     64},
    {Elements::tf32,            80, false,       0, false, Tier::mmaElements,    64},
    {Elements::float32,          0, true,       96, true,  Tier::simtVectors,   128},
    {Elements::float32,          0, true,       33, false, Tier::simtVectors,    64},
    {Elements::floats,           0, false,      33, false, Tier::simtElements,   64},
    {Elements::any,              0, false,       0, false, Tier::simtElements,   32},
};
// clang-format on

/// A tile would be mostly empty: one thread for each element of y.
bool isTiny(const Gemm& problem) {
  return std::int64_t{problem.m} * problem.n <= 128 && problem.k <= 128;
}

bool hasElements(Elements elements, const Gemm& problem) {
  const bool isHalf = problem.dtype == DType::bfloat16 || problem.dtype == DType::float16;
  const bool isFloat32 = problem.dtype == DType::float32;
  switch (elements) {
    case Elements::halves:
      return isHalf;
    case Elements::tf32:
      return isFloat32 && problem.mode == FloatMode::tf32;
    case Elements::float32:
      return isFloat32;
    case Elements::floats:
      return isFloat32 || isHalf;
    default:
      return true;
  }
}

/// Whether the lines of an operand start at multiples of 16 bytes, in every batch, and are as long.
bool hasVectors(const Operand& operand, int rows, int depth, const BatchAxes& axes, const std::int64_t* batchStride,
                int width) {
  const std::int64_t line = operand.alongDepth() ? operand.rowStride : operand.depthStride;
  bool whole = isAligned(operand.data) && line % width == 0 && (operand.alongDepth() ? depth : rows) % width == 0;
  for (int axis = 0; axis < axes.count; axis++) whole = whole && batchStride[axis] % width == 0;
  return whole;
}

/// Blocks for `tile`.
std::int64_t tilesOf(const Gemm& problem, int tile) {
  return divideUp(problem.m, tile) * divideUp(problem.n, tile) * problem.batches;
}

const Choice& choose(const Gemm& problem) {
  const int width = static_cast<int>(16 / bytesOf(problem.dtype));
  const bool vectors = hasVectors(problem.a, problem.m, problem.k, problem.axes, problem.axes.a, width) &&
                       hasVectors(problem.b, problem.n, problem.k, problem.axes, problem.axes.b, width);
  for (const Choice& choice : table) {
    if (hasElements(choice.elements, problem) && stream().capability >= choice.capability &&
        (vectors || !choice.vectors) && problem.m >= choice.least && problem.n >= choice.least &&
        (!choice.fills || tilesOf(problem, choice.tile) >= stream().processors))
      return choice;
  }
  refuse("no kernel for this product");
}

void gemmMma(const Choice& choice, const GemmShape& shape, const Gemm& problem) {
  const auto kernel = problem.dtype == DType::bfloat16  ? gemmMmaBfloat16
                      : problem.dtype == DType::float16 ? gemmMmaFloat16
                                                        : gemmMmaTf32;
  kernel(choice.tile, choice.tier == Tier::mmaVectors, shape, problem);
}

}  // namespace

void gemm(const Gemm& problem) {
  if (problem.m == 0 || problem.n == 0 || problem.batches == 0) return;
  GemmShape shape{.m = problem.m, .n = problem.n, .k = problem.k, .batches = problem.batches, .axes = problem.axes};
  if (isTiny(problem)) return gemmNaive(shape, problem);
  const Choice& choice = choose(problem);
  shape.splits = splitsFor(shape, tilesOf(problem, choice.tile));
  switch (choice.tier) {
    case Tier::simtVectors:
      return gemmSimtVectors(choice.tile, shape, problem);
    case Tier::simtElements:
      return gemmSimtElements(choice.tile, shape, problem);
    case Tier::mmaVectors:
    case Tier::mmaElements:
      return gemmMma(choice, shape, problem);
  }
}

}  // namespace wengert
