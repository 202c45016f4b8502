/**
 * Rows along an axis in CPU loops: how a kernel sees them, and their logsumexp. Used by reductions, losses, norms,
 * sorting and indexing.
 */
import type { Shape } from "../shape.js";
import type { Numbers } from "./numbers.js";

/**
 * How a kernel sees the rows along an axis: the product of the sizes before it, its size, and the product after it.
 * Element k of the row (o, i) is at (o * size + k) * inner + i.
 */
export function rowDims(shape: Shape, axis: number): [outer: number, size: number, inner: number] {
  let [outer, inner] = [1, 1];
  for (let i = 0; i < axis; i++) outer *= shape[i];
  for (let i = axis + 1; i < shape.length; i++) inner *= shape[i];
  return [outer, shape[axis], inner];
}

/** ln sum_k e^x_k over a row of elements `step` apart, without overflow; NaN if all are -Infinity. */
export function logSumExpRow(x: Numbers, start: number, size: number, step: number): number {
  const end = start + size * step;
  let max = Number.NEGATIVE_INFINITY;
  for (let at = start; at < end; at += step) if (x[at] > max) max = x[at];
  let sum = 0;
  for (let at = start; at < end; at += step) sum += Math.exp(x[at] - max);
  return max + Math.log(sum);
}
