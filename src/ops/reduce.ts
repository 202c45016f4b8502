import type { Tensor } from "../tensor.js";
import { apply } from "../core/apply.js";
import { padRank, type Shape, sizeOf } from "../core/shape.js";
import { type Axes, type ReduceOptions, reduceAttrs, reduction, stretch } from "./reduction.js";

// y = sum x  =>  dx = dy, stretched over x
export const sumOp = reduction(
  "sum",
  (x, start, terms) => {
    let sum = 0;
    for (let j = 0; j < terms.length; j++) sum += x[start + terms[j]];
    return sum;
  },
  [],
  { x: (dy, _, attrs) => stretch(dy, attrs) },
);

/** The sum over `axes`. Accumulates in float64; bool counts as int32. The sum of nothing is 0. */
export const sum = (x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor =>
  apply(sumOp, [x], reduceAttrs("sum", x, axes, options));

/** Undoes broadcasting: sums over the axes in which `shape` stretches to the shape of `x`. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  const padded = padRank(shape, x.shape.length);
  const axes = x.shape.map((_, axis) => axis).filter((axis) => padded[axis] !== x.shape[axis]);
  const y = axes.length > 0 ? sum(x, axes, { keepDims: true }) : x;
  return sizeOf(y.shape) === sizeOf(shape) ? y.reshape(shape) : y;
}
