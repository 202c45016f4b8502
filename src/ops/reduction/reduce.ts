/**
 * Reductions over axes: sum, mean, prod, max, min, any, all, and sumTo, which undoes broadcasting. The walk back in
 * core/autograd/pullback.ts calls `sumTo`. The common loop is in reduction.ts, the steps of each reduction in folds.ts.
 */
import { apply } from "../../core/apply.js";
import { ShapeError } from "../../core/errors.js";
import { type Axes, broadcastShapes, padRank, type Shape, sameShape, show } from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";
import { allTrue, maxima, minima, products, someTrue, sums } from "./folds.js";
import {
  countTerms,
  type ReduceAttrs,
  type ReduceOptions,
  reduceAttrs,
  reduction,
  stretch,
  unreduce,
  widenInteger,
} from "./reduction.js";
import { cumprodOp } from "./scan.js";

/** y = sum x  =>  dx = dy, stretched over x */
export const sumOp = reduction("sum", sums, [], { x: (dy, _, attrs) => stretch(dy, attrs) });

/** y = sum x / n  =>  dx = dy / n, stretched over x */
export const meanOp = reduction(
  "mean",
  sums,
  [],
  { x: (dy, _, attrs) => stretch(dy.div(countTerms(attrs.from, attrs.axes)), attrs) },
  { type: "float", finish: (total, n) => total / n },
);

/** y = prod x  =>  dx[i] = dy prod x[k] over k != i */
export const prodOp = reduction("prod", products, ["x"], {
  x: (dy, { x }, attrs) => unreduce(dy, attrs).mul(othersProduct(x, attrs.axes)),
});

/**
 * For each element, the product over `axes` of all other elements. Along one axis it is the product of the elements
 * before and after it; along several axes, that times the products over whole slices. Nothing is divided, so zeros are
 * not a special case.
 */
function othersProduct(x: Tensor, axes: readonly number[]): Tensor {
  let others: Tensor | null = null;
  let slices = x;
  for (const axis of axes) {
    const before = apply(cumprodOp, [slices], { axis, reverse: false, exclusive: true });
    const after = apply(cumprodOp, [slices], { axis, reverse: true, exclusive: true });
    const along = before.mul(after);
    others = others ? others.mul(along) : along;
    slices = slices.prod(axis, { keepDims: true });
  }
  return others ?? x.ones();
}

/** y = max x or min x  =>  dx = dy where x = y, shared evenly among the elements that are equal to y */
const shareAmongTies = (
  dy: Tensor,
  { x, y }: { readonly x: Tensor; readonly y: Tensor },
  attrs: ReduceAttrs,
): Tensor => {
  const isExtreme = x.eq(unreduce(y, attrs)).cast(x.dtype);
  return isExtreme.mul(unreduce(dy, attrs).div(isExtreme.sum(attrs.axes, { keepDims: true })));
};

const ordered = { type: "any", ofNothing: false } as const;
/** y = max x  =>  dx = dy where x = y, shared evenly among equal elements */
export const maxOp = reduction("max", maxima, ["x", "y"], { x: shareAmongTies }, ordered);
/** y = min x  =>  dx = dy where x = y, shared evenly among equal elements */
export const minOp = reduction("min", minima, ["x", "y"], { x: shareAmongTies }, ordered);

const truth = { type: "any", output: "bool" } as const;
/** y = whether any x is not 0; no gradient */
export const anyOp = reduction("any", someTrue, [], { x: null }, truth);
/** y = whether all x are not 0; no gradient */
export const allOp = reduction("all", allTrue, [], { x: null }, truth);

/**
 * The sum over `axes`; over all axes if none are given. Accumulates in float64 on the CPU. uint8 and bool count as
 * int32. The sum of nothing is 0.
 *
 * @throws ShapeError for axes that `x` does not have
 */
export function sum(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  const attrs = reduceAttrs("sum", x, axes, options);
  return apply(sumOp, [widenInteger(x)], attrs);
}

/**
 * Undoes broadcasting: the sum over the axes along which `shape` broadcasts to the shape of `x`. The result has
 * `shape`.
 *
 * @throws ShapeError if `shape` does not broadcast to the shape of `x`
 */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (shape.length > x.rank || !sameShape(broadcastShapes("sumTo", shape, x.shape), x.shape))
    throw new ShapeError(`sumTo: ${show(shape)} does not broadcast to x ${show(x.shape)}`);
  const padded = padRank(shape, x.rank);
  const axes = x.shape.map((_, axis) => axis).filter((axis) => padded[axis] !== x.shape[axis]);
  return (axes.length > 0 ? sum(x, axes, { keepDims: true }) : x).reshape(shape);
}

/**
 * The mean over `axes`; over all axes if none are given. Integers and bool give float32. The mean of nothing is NaN.
 *
 * @throws ShapeError for axes that `x` does not have
 */
export const mean = (x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor =>
  apply(meanOp, [x], reduceAttrs("mean", x, axes, options));

/**
 * The product over `axes`; over all axes if none are given. The gradient is correct for elements that are 0, too. uint8
 * and bool count as int32; integers wrap around. The product of nothing is 1.
 *
 * @throws ShapeError for axes that `x` does not have
 */
export function prod(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  const attrs = reduceAttrs("prod", x, axes, options);
  return apply(prodOp, [widenInteger(x)], attrs);
}

/**
 * The largest element over `axes`; over all axes if none are given. NaN if an element is NaN. Elements that are equally
 * large share the gradient evenly.
 *
 * @throws ShapeError for axes that `x` does not have or that are empty
 */
export const max = (x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor =>
  apply(maxOp, [x], reduceAttrs("max", x, axes, options));

/**
 * The smallest element over `axes`; over all axes if none are given. NaN if an element is NaN. Elements that are
 * equally small share the gradient evenly.
 *
 * @throws ShapeError for axes that `x` does not have or that are empty
 */
export const min = (x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor =>
  apply(minOp, [x], reduceAttrs("min", x, axes, options));

/**
 * Whether any element over `axes` is not 0, as bool; over all axes if none are given. NaN is not 0. Of nothing: false.
 *
 * @throws ShapeError for axes that `x` does not have
 */
export const any = (x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor =>
  apply(anyOp, [x], reduceAttrs("any", x, axes, options));

/**
 * Whether all elements over `axes` are not 0, as bool; over all axes if none are given. NaN is not 0. Of nothing: true.
 *
 * @throws ShapeError for axes that `x` does not have
 */
export const all = (x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor =>
  apply(allOp, [x], reduceAttrs("all", x, axes, options));
