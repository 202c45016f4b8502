import { type Shape, sizeOf } from "../core/shape.js";

/**
 * How a kernel sees the rows along an axis: the sizes before it, of it, and after it. Element k of the row (o, i)
 * stands at (o * size + k) * inner + i.
 */
export const rowDims = (shape: Shape, axis: number): [outer: number, size: number, inner: number] => [
  sizeOf(shape.slice(0, axis)),
  shape[axis],
  sizeOf(shape.slice(axis + 1)),
];
