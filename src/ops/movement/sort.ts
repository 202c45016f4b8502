/** Order along an axis: sort, argsort and topk. The algorithm of the CPU loops is in sort-line.ts. */
import { apply, applyAll } from "../../core/apply.js";
import { ArgumentError } from "../../core/errors.js";
import type { Numbers } from "../../core/loops/numbers.js";
import { rowDims } from "../../core/loops/rows.js";
import { defineOp, type Meta } from "../../core/op.js";
import { normalizeAxis, type Shape, show } from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";
import { scatterAddOp } from "./indexing.js";
import { Line } from "./sort-line.js";

/** The options of `sort` and `argsort`. */
export interface SortOptions {
  /** From the largest to the smallest. Default false. */
  readonly descending?: boolean;
}

/** The options of `topk`. */
export interface TopkOptions {
  /** Select the largest elements; false for the smallest. Default true. */
  readonly largest?: boolean;
  /** In order, the most extreme element first; false allows any order, which may be faster. Default true. */
  readonly sorted?: boolean;
}

/** Elements of a tensor, and their indices along the axis. */
export interface ValuesAndIndices {
  /** The elements, in the dtype of the tensor. Gradients flow through them. */
  readonly values: Tensor;
  /** The index of each along the axis, int32, of the same shape. */
  readonly indices: Tensor;
}

interface SortAttrs {
  readonly axis: number;
  readonly descending: boolean;
  /** The shape of the input, for the way back. */
  readonly from: Shape;
}

interface TopkAttrs {
  readonly k: number;
  readonly axis: number;
  readonly largest: boolean;
  readonly sorted: boolean;
  readonly from: Shape;
}

const metas = (shape: Shape, { dtype }: Meta): { values: Meta; indices: Meta } => ({
  values: { shape, dtype },
  indices: { shape, dtype: "int32" },
});

/** Writes the first k elements of every line of x, an array (outer, n, inner), into arrays (outer, k, inner). */
function selectLines(
  x: Numbers,
  values: Numbers,
  indices: Numbers,
  [outer, n, inner]: readonly number[],
  k: number,
  descending: boolean,
  sorted: boolean,
): void {
  if (k === 0) return;
  const line = new Line(k, n, descending);
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < inner; i++)
      line.select(x, o * n * inner + i, values, indices, o * k * inner + i, inner, sorted);
}

// values[i] = x[indices[i]]  =>  dx[indices[i]] = dvalues[i], and 0 for elements that were not selected
const scatterBack = (dvalues: Tensor, indices: Tensor, axis: number, from: Shape): Tensor =>
  apply(scatterAddOp, [null, indices, dvalues], { axis, to: from, from: dvalues.shape });

/** values[i] = x[indices[i]] in order  =>  dx[indices[i]] = dvalues[i] */
export const sortOp = defineOp({
  name: "sort",
  inputs: ["x"],
  outputs: ["values", "indices"],
  save: ["indices"],
  infer: ({ x }, _: SortAttrs) => metas(x.shape, x),
  args: ({ x }, _, { axis, descending }) => [rowDims(x.shape, axis), +descending],
  cpu(x: Numbers, values: Numbers, indices: Numbers, dims: readonly number[], descending: number) {
    selectLines(x, values, indices, dims, dims[1], descending === 1, true);
  },
  vjp: { x: (dy, { indices }, { axis, from }) => scatterBack(dy.values, indices, axis, from) },
});

/**
 * The elements along an axis in order, and their indices. Stable: equal elements keep their order. NaN counts as larger
 * than every number.
 *
 * @param axis - default: the last
 * @throws ShapeError for an axis that `x` does not have
 */
export function sort(x: Tensor, axis = -1, options: SortOptions = {}): ValuesAndIndices {
  const { descending = false } = options;
  const attrs = { axis: normalizeAxis("sort", axis, x.rank), descending, from: x.shape };
  const [values, indices] = applyAll(sortOp, [x], attrs);
  return { values, indices };
}

/**
 * The indices that sort `x` along an axis, int32; see `sort`.
 *
 * @param axis - default: the last
 * @throws ShapeError for an axis that `x` does not have
 */
export const argsort = (x: Tensor, axis = -1, options: SortOptions = {}): Tensor => sort(x, axis, options).indices;

/** values[i] = x[indices[i]], the k first in order  =>  dx[indices[i]] = dvalues[i], and 0 for the others */
export const topkOp = defineOp({
  name: "topk",
  inputs: ["x"],
  outputs: ["values", "indices"],
  save: ["indices"],
  infer({ x }, { k, axis }: TopkAttrs) {
    if (!Number.isInteger(k) || k < 0 || k > x.shape[axis])
      throw new ArgumentError(
        `topk: k must be an integer from 0 to ${x.shape[axis]}, the size of axis ${axis} of x ${show(x.shape)}, got ${k}`,
      );
    return metas(
      x.shape.map((size, i) => (i === axis ? k : size)),
      x,
    );
  },
  args: ({ x }, _, { k, axis, largest, sorted }) => [rowDims(x.shape, axis), k, +largest, +sorted],
  cpu(
    x: Numbers,
    values: Numbers,
    indices: Numbers,
    dims: readonly number[],
    k: number,
    largest: number,
    sorted: number,
  ) {
    selectLines(x, values, indices, dims, k, largest === 1, sorted === 1);
  },
  vjp: { x: (dy, { indices }, { axis, from }) => scatterBack(dy.values, indices, axis, from) },
});

/**
 * The k largest or smallest elements along an axis, and their indices. Of equal elements the first ones are taken. NaN
 * counts as larger than every number.
 *
 * @param axis - default: the last
 * @returns values and indices of the shape of `x`, with size k on the axis
 * @throws ShapeError for an axis that `x` does not have, ArgumentError unless k is an integer from 0 to the size of the
 *   axis
 */
export function topk(x: Tensor, k: number, axis = -1, options: TopkOptions = {}): ValuesAndIndices {
  const { largest = true, sorted = true } = options;
  const attrs = { k, axis: normalizeAxis("topk", axis, x.rank), largest, sorted, from: x.shape };
  const [values, indices] = applyAll(topkOp, [x], attrs);
  return { values, indices };
}
