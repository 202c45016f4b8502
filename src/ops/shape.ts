import type { Tensor } from "../tensor.js";
import { apply } from "../core/apply.js";
import { ShapeError } from "../core/errors.js";
import { defineOp } from "../core/op.js";
import { broadcastShapes, checkShape, sameShape, type Shape, show, sizeOf } from "../core/shape.js";
import { broadcastDims, forEachRow, innerStep, type Numbers } from "./elementwise.js";

// y = x in another shape  =>  dx = dy in the shape of x
export const reshapeOp = defineOp({
  name: "reshape",
  inputs: ["x"],
  view: true,
  infer: ({ x }, { to }: { from: Shape; to: Shape }) => ({ shape: to, dtype: x.dtype }),
  vjp: { x: (dy, _, { from }) => dy.reshape(from) },
});

/**
 * The same elements in another shape, sharing the buffer. One size may be -1: it follows from the others.
 *
 * @throws ShapeError if the numbers of elements differ
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const to = resolve(x.shape, shape);
  return apply(reshapeOp, [x], { from: x.shape, to });
}

function resolve(from: Shape, shape: Shape): Shape {
  const unknown = shape.indexOf(-1);
  const size = sizeOf(from);
  const known = sizeOf(shape.filter((_, axis) => axis !== unknown));
  const to = unknown < 0 || known === 0 ? shape : shape.map((n, axis) => (axis === unknown ? size / known : n));
  const fits = to.every((n) => Number.isInteger(n) && n >= 0) && sizeOf(to) === size;
  if (!fits) throw new ShapeError(`reshape: ${show(from)} has ${size} elements, which do not fit ${show(shape)}`);
  return checkShape("reshape", to);
}

// y = x repeated along axes of size 1  =>  dx = dy summed over them, which the engine does
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
 * Repeats axes of size 1 (and new leading axes) up to `shape`; -1 leaves a size as it is.
 *
 * @throws ShapeError if `x` does not broadcast to `shape`
 */
export function expand(x: Tensor, shape: Shape): Tensor {
  const offset = shape.length - x.shape.length;
  const wanted = shape.map((n, axis) => (n === -1 && axis >= offset ? x.shape[axis - offset] : n));
  checkShape("expand", wanted);
  if (sameShape(wanted, x.shape)) return x;
  if (!sameShape(broadcastShapes("expand", x.shape, wanted), wanted))
    throw new ShapeError(`expand: ${show(x.shape)} does not stretch to ${show(shape)}`);
  return apply(expandOp, [x], { shape: wanted });
}
