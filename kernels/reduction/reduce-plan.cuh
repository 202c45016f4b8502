// The shape of a reduction over any axes: which axes are kept and which are reduced, after neighbouring axes of the
// same kind are merged. The launchers of this folder make a plan on the host; the kernels of reduction.cuh get it as a
// parameter.
#pragma once

#include "runtime/divider.cuh"

namespace wengert {

/// The shape of a reduction: `kept` results of `terms` terms each. Neighbouring axes of the same kind are one axis.
struct ReducePlan {
  std::int64_t kept = 1;   // product of the kept axes
  std::int64_t terms = 1;  // product of the reduced axes
  std::int64_t run = 1;    // size of the innermost axis, which is contiguous
  bool rows = true;        // the innermost axis is reduced
  Axes outerKept;          // kept axes except the innermost axis: where the terms of a result start
  Axes outerTerms;         // reduced axes except the innermost axis
};

/// Checks the lists that describe a reduction of x to y, and merges neighbouring axes of the same kind. For example
/// dims (2, 3, 4, 5), reduced (0, 0, 1, 1) gives kept = 6, terms = run = 20, rows.
inline ReducePlan planReduction(const Buffer& x, const Buffer& y, Dims dims, Dims reduced) {
  requireCount("reduced", reduced.count, dims.count);
  requireLength("x", x, sizeOf(dims));
  ReducePlan plan;
  std::int64_t size[2 * Axes::most];
  bool isTerm[2 * Axes::most];
  int count = 0;
  for (int axis = 0; axis < dims.count; axis++) {
    require(reduced[axis] == 0 || reduced[axis] == 1, "reduced must contain only 0 and 1");
    std::int64_t& total = reduced[axis] ? plan.terms : plan.kept;
    total = multiplySizes(total, dims[axis]);
    if (dims[axis] == 1) continue;
    if (count > 0 && isTerm[count - 1] == (reduced[axis] == 1)) {
      size[count - 1] = multiplySizes(size[count - 1], dims[axis]);
      continue;
    }
    require(count < 2 * Axes::most, "there must be at most 16 groups of kept and reduced axes after merging");
    isTerm[count] = reduced[axis] == 1;
    size[count++] = dims[axis];
  }
  requireLength("y", y, plan.kept);
  if (plan.kept == 0 || plan.terms == 0) return plan;
  if (count > 0) {
    plan.rows = isTerm[count - 1];
    plan.run = size[count - 1];
  }
  std::int64_t stride = x.length;
  for (int axis = 0; axis < count - 1; axis++) {
    stride /= size[axis];
    if (isTerm[axis]) plan.outerTerms.add(size[axis], stride, plan.terms);
    else plan.outerKept.add(size[axis], stride, plan.kept);
  }
  return plan;
}

}  // namespace wengert
