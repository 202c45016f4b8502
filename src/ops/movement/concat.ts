/**
 * Joining tensors: `concat` along an axis they have, and `stack` along a new one. pad.ts also calls `concat`. The
 * opposite, `split`, is in slice.ts; the CPU copies are in strided.ts.
 */
import { apply } from "../../core/apply.js";
import { ShapeError } from "../../core/errors.js";
import type { Numbers } from "../../core/loops/numbers.js";
import { defineOp } from "../../core/op.js";
import { checkList, normalizeAxis, sameShape, show, sizeOf } from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";
import { copyRows } from "./strided.js";

interface ConcatAttrs {
  readonly axis: number;
  /** The size of each tensor on the axis. */
  readonly sizes: readonly number[];
}

/** y = [x0 x1 ...]  =>  dxk = the part of dy that xk fills */
export const concatOp = defineOp({
  name: "concat",
  inputs: ["...xs"],
  infer({ xs }, { axis, sizes }: ConcatAttrs) {
    const first = xs[0].shape;
    xs.forEach(({ shape }, k) => {
      if (shape.length !== first.length || shape.some((n, i) => i !== axis && n !== first[i]))
        throw new ShapeError(
          `concat: tensors must have the same shape except on axis ${axis}, got ${show(first)} and, at index ${k}, ${show(shape)}`,
        );
    });
    const total = sizes.reduce((sum, size) => sum + size, 0);
    return { shape: first.map((size, i) => (i === axis ? total : size)), dtype: xs[0].dtype };
  },
  args: (_, y, { axis, sizes }) => [sizeOf(y.shape.slice(0, axis)), sizeOf(y.shape.slice(axis + 1)), sizes],
  cpu(xs: readonly Numbers[], y: Numbers, outer: number, inner: number, sizes: readonly number[]) {
    const total = sizes.reduce((sum, size) => sum + size * inner, 0);
    let start = 0;
    for (let k = 0; k < xs.length; k++) {
      const n = sizes[k] * inner;
      copyRows(xs[k], 0, n, y, start, total, outer, n);
      start += n;
    }
  },
  vjp: {
    xs: (dy, _, { axis, sizes }, index) => {
      const start = sizes.slice(0, index).reduce((sum, size) => sum + size, 0);
      return dy.slice([...new Array<null>(axis).fill(null), [start, start + sizes[index]]]);
    },
  },
});

/**
 * Joins tensors along an axis that they have. Their other sizes must be equal; their dtypes are promoted.
 *
 * @param axis - default: the first; a negative axis counts from the end
 * @returns the shape of the tensors, with the sum of their sizes on the axis
 * @throws ShapeError if there is no tensor, or the shapes differ outside the axis
 */
export function concat(tensors: readonly Tensor[], axis = 0): Tensor {
  checkList("concat", "tensors must be an array", tensors);
  if (tensors.length === 0) throw new ShapeError("concat: at least one tensor is required, got []");
  if (tensors[0].rank === 0) throw new ShapeError("concat: scalars cannot be concatenated; use stack");
  const along = normalizeAxis("concat", axis, tensors[0].rank);
  return apply(concatOp, tensors, { axis: along, sizes: tensors.map(({ shape }) => shape[along]) });
}

/**
 * Joins tensors of one shape along a new axis. Their dtypes are promoted.
 *
 * @param axis - the place of the new axis in the result; default: the first
 * @throws ShapeError if there is no tensor, or the shapes differ
 */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  checkList("stack", "tensors must be an array", tensors);
  if (tensors.length === 0) throw new ShapeError("stack: at least one tensor is required, got []");
  const { shape, rank } = tensors[0];
  const at = normalizeAxis("stack", axis, rank + 1);
  tensors.forEach((x, k) => {
    if (!sameShape(x.shape, shape))
      throw new ShapeError(
        `stack: tensors must have the same shape, got ${show(shape)} and, at index ${k}, ${show(x.shape)}`,
      );
  });
  return concat(
    tensors.map((x) => x.unsqueeze(at)),
    at,
  );
}
