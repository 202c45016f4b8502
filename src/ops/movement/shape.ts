/**
 * Other shapes for the same elements, and repetition along axes: reshape, expand, flatten, squeeze, unsqueeze, tile.
 * Other orders of the axes are in permute.ts. The checks of shapes that all ops share are in core/shape.ts.
 */
import { apply } from "../../core/apply.js";
import { ArgumentError, ShapeError } from "../../core/errors.js";
import { broadcastDims, forEachRow, innerStep } from "../../core/loops/broadcast.js";
import type { Numbers } from "../../core/loops/numbers.js";
import { defineOp } from "../../core/op.js";
import {
  type Axes,
  broadcastShapes,
  checkList,
  checkShape,
  normalizeAxes,
  normalizeAxis,
  padRank,
  type Shape,
  sameShape,
  show,
  sizeOf,
} from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";

/** y = x in another shape  =>  dx = dy in the shape of x */
export const reshapeOp = defineOp({
  name: "reshape",
  inputs: ["x"],
  view: true,
  infer: ({ x }, { to }: { from: Shape; to: Shape }) => ({ shape: to, dtype: x.dtype }),
  vjp: { x: (dy, _, { from }) => dy.reshape(from) },
});

/**
 * The same elements in another shape. The result shares the buffer of `x`; nothing is copied.
 *
 * @param shape - one size may be -1: it follows from the others
 * @throws ShapeError if the numbers of elements differ
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const to = resolveShape(x.shape, shape);
  return apply(reshapeOp, [x], { from: x.shape, to });
}

function resolveShape(from: Shape, shape: Shape): Shape {
  checkList("reshape", "shape must be an array of sizes", shape);
  const unknown = shape.indexOf(-1);
  const size = sizeOf(from);
  const known = sizeOf(shape.filter((_, axis) => axis !== unknown));
  const to = unknown < 0 || known === 0 ? shape : shape.map((n, axis) => (axis === unknown ? size / known : n));
  const fits = to.every((n) => Number.isInteger(n) && n >= 0) && sizeOf(to) === size;
  if (!fits) throw new ShapeError(`reshape: ${show(from)} with ${size} elements cannot be reshaped to ${show(shape)}`);
  return checkShape("reshape", to);
}

/** y = x repeated along axes of size 1  =>  dx = dy, which the engine sums over these axes */
export const expandOp = defineOp({
  name: "expand",
  inputs: ["x"],
  infer: ({ x }, { shape }: { shape: Shape }) => ({ shape, dtype: x.dtype }),
  args: ({ x }, y) => broadcastDims(y.shape, [x.shape]),
  cpu(x: Numbers, y: Numbers, dims: readonly number[], xDims: readonly number[]) {
    const step = innerStep(xDims);
    forEachRow(dims, [xDims], (start, n, [xStart]) => {
      for (let i = 0; i < n; i++) y[start + i] = x[xStart + i * step];
    });
  },
  vjp: { x: (dy) => dy },
});

/**
 * Repeats axes of size 1, and adds leading axes, so that the result has `shape`. The elements are copied; elementwise
 * ops broadcast without it.
 *
 * @param shape - -1 keeps the size of an axis
 * @throws ShapeError if `x` does not broadcast to `shape`
 */
export function expand(x: Tensor, shape: Shape): Tensor {
  checkList("expand", "shape must be an array of sizes", shape);
  const offset = shape.length - x.shape.length;
  const wanted = shape.map((n, axis) => (n === -1 && axis >= offset ? x.shape[axis - offset] : n));
  checkShape("expand", wanted);
  if (sameShape(wanted, x.shape)) return x;
  if (!sameShape(broadcastShapes("expand", x.shape, wanted), wanted))
    throw new ShapeError(`expand: ${show(x.shape)} does not broadcast to ${show(shape)}`);
  return apply(expandOp, [x], { shape: wanted });
}

/**
 * Merges the axes from `startAxis` to `endAxis`, both included, into one; by default all axes. A scalar becomes a
 * vector of one element. The result shares the buffer of `x`.
 *
 * @throws ShapeError if `x` does not have both axes, or the first comes after the last
 */
export function flatten(x: Tensor, startAxis = 0, endAxis = -1): Tensor {
  const rank = Math.max(1, x.rank);
  const start = normalizeAxis("flatten", startAxis, rank);
  const end = normalizeAxis("flatten", endAxis, rank);
  if (start > end)
    throw new ShapeError(
      `flatten: startAxis must not be after endAxis, got ${startAxis} and ${endAxis} for x ${show(x.shape)}`,
    );
  return x.reshape([...x.shape.slice(0, start), sizeOf(x.shape.slice(start, end + 1)), ...x.shape.slice(end + 1)]);
}

/**
 * Removes axes of size 1: the given ones, or all of them. The result shares the buffer of `x`.
 *
 * @throws ShapeError if a given axis has another size (PyTorch keeps the axis then)
 */
export function squeeze(x: Tensor, axes?: Axes): Tensor {
  const dropped = normalizeAxes("squeeze", axes, x.rank).filter((axis) => axes !== undefined || x.shape[axis] === 1);
  for (const axis of dropped)
    if (x.shape[axis] !== 1)
      throw new ShapeError(`squeeze: axis ${axis} must have size 1, got size ${x.shape[axis]} in x ${show(x.shape)}`);
  return x.reshape(x.shape.filter((_, axis) => !dropped.includes(axis)));
}

/**
 * Adds an axis of size 1. The result shares the buffer of `x`.
 *
 * @param axis - the place of the new axis in the result; -1 makes it the last
 * @throws ShapeError if the result has no such axis
 */
export function unsqueeze(x: Tensor, axis: number): Tensor {
  const at = normalizeAxis("unsqueeze", axis, x.rank + 1);
  return x.reshape([...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
}

/**
 * Repeats the whole tensor, `repeats[i]` times along axis i. If the shape and the repeats differ in length, the shorter
 * one gets leading ones.
 *
 * @throws ArgumentError unless the repeats are integers of 0 or more
 */
export function tile(x: Tensor, repeats: readonly number[]): Tensor {
  checkList("tile", "repeats must be an array with one entry for each axis", repeats);
  if (repeats.some((n) => !Number.isInteger(n) || n < 0))
    throw new ArgumentError(`tile: repeats must be non-negative integers, got ${show(repeats)}`);
  const rank = Math.max(x.rank, repeats.length);
  const shape = padRank(x.shape, rank);
  const times = padRank(repeats, rank);
  const to = checkShape(
    "tile",
    shape.map((n, axis) => n * times[axis]),
  );
  // (n0, n1) -> (1, n0, 1, n1) -> (t0, n0, t1, n1) -> (t0 n0, t1 n1)
  return x
    .reshape(shape.flatMap((n) => [1, n]))
    .expand(shape.flatMap((n, axis) => [times[axis], n]))
    .reshape(to);
}
