/**
 * The place of the largest and of the smallest element along an axis. `argmax` and `argmin` share a CPU loop that keeps
 * a place; the loops that keep a value are in reduction.ts.
 */
import { apply } from "../../core/apply.js";
import type { Numbers } from "../../core/loops/numbers.js";
import { rowDims } from "../../core/loops/rows.js";
import { defineOp } from "../../core/op.js";
import { normalizeAxis, reducedShape } from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";
import { emptyAxis, type ReduceOptions } from "./reduction.js";

interface ArgAttrs {
  readonly axis: number;
  readonly keepDims: boolean;
}

/** A row of the table: the index along an axis of the first largest element of `sign` x. */
const argReduction = (name: string, sign: 1 | -1) =>
  defineOp({
    name,
    inputs: ["x"],
    infer({ x }, { axis, keepDims }: ArgAttrs) {
      if (x.shape[axis] === 0) throw emptyAxis(name, axis, x.shape);
      return { shape: reducedShape(x.shape, [axis], keepDims), dtype: "int32" };
    },
    args: ({ x }, _, { axis }) => rowDims(x.shape, axis),
    cpu(x: Numbers, y: Numbers, outer: number, n: number, inner: number) {
      for (let o = 0; o < outer; o++)
        for (let i = 0; i < inner; i++) y[o * inner + i] = firstLargest(x, o * n * inner + i, n, inner, sign);
    },
    vjp: { x: null },
  });

/** The index of the first largest of sign x[start], sign x[start + step], ...; of the first NaN if there is one. */
function firstLargest(x: Numbers, start: number, n: number, step: number, sign: number): number {
  let largest = Number.NEGATIVE_INFINITY;
  let index = 0;
  for (let k = 0, at = start; k < n; k++, at += step) {
    const value = sign * x[at];
    if (Number.isNaN(value)) return k;
    if (value > largest) {
      largest = value;
      index = k;
    }
  }
  return index;
}

/** y = the index of the first largest element along the axis; no gradient */
export const argmaxOp = argReduction("argmax", 1);
/** y = the index of the first smallest element along the axis; no gradient */
export const argminOp = argReduction("argmin", -1);

function applyArg(
  op: typeof argmaxOp,
  x: Tensor,
  axis: number | undefined,
  { keepDims = false }: ReduceOptions,
): Tensor {
  if (axis !== undefined) return apply(op, [x], { axis: normalizeAxis(op.name, axis, x.rank), keepDims });
  const y = apply(op, [x.reshape([x.size])], { axis: 0, keepDims: false });
  return keepDims ? y.reshape(x.shape.map(() => 1)) : y;
}

/**
 * The index of the largest element, as int32: along an axis or, without `axis`, in the flattened tensor. Of several
 * equal elements it is the first. NaN counts as larger than any number.
 *
 * @param axis - removed from the shape, or of size 1 with `keepDims`
 * @throws ShapeError for an axis that `x` does not have, or one without elements
 */
export const argmax = (x: Tensor, axis?: number, options: ReduceOptions = {}): Tensor =>
  applyArg(argmaxOp, x, axis, options);

/**
 * The index of the smallest element, as int32: along an axis or, without `axis`, in the flattened tensor. Of several
 * equal elements it is the first. NaN counts as smaller than any number here.
 *
 * @param axis - removed from the shape, or of size 1 with `keepDims`
 * @throws ShapeError for an axis that `x` does not have, or one without elements
 */
export const argmin = (x: Tensor, axis?: number, options: ReduceOptions = {}): Tensor =>
  applyArg(argminOp, x, axis, options);
