/**
 * The common parts of all reductions: their attributes, the CPU loop over runs of memory, and the maker of rows,
 * `reduction`. The rows are in reduce.ts.
 */
import type { DType } from "../../core/dtype.js";
import { ShapeError } from "../../core/errors.js";
import type { Numbers } from "../../core/loops/numbers.js";
import { defineOp, type InputType, type Meta } from "../../core/op.js";
import { type Axes, normalizeAxes, reducedShape, type Shape, show, sizeOf, stridesOf } from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";
import type { ReductionFold } from "./folds.js";

/** The options of a reduction over axes. */
export interface ReduceOptions {
  /** Keep the reduced axes in the shape, with size 1. Default false. */
  readonly keepDims?: boolean;
}

/** The attributes of a reduction. */
export interface ReduceAttrs {
  /** The reduced axes: sorted, distinct, counted from the front. */
  readonly axes: readonly number[];
  /** Whether they stay in the shape, with size 1. */
  readonly keepDims: boolean;
  /** The shape of the input, for the way back. */
  readonly from: Shape;
}

/** The attributes of a reduction of `x`; throws ShapeError for axes it does not have. */
export const reduceAttrs = (name: string, x: Tensor, axes: Axes, { keepDims = false }: ReduceOptions): ReduceAttrs => ({
  axes: normalizeAxes(name, axes, x.shape.length),
  keepDims,
  from: x.shape,
});

/** The shape and dtype of a reduction's result. */
export const reducedMeta = ({ x }: { x: Meta }, { axes, keepDims }: ReduceAttrs): Meta => ({
  shape: reducedShape(x.shape, axes, keepDims),
  dtype: x.dtype,
});

/** The error for an empty axis, in reductions that have no result then. */
export const emptyAxis = (name: string, axis: number, shape: Shape): ShapeError =>
  new ShapeError(`${name}: axis ${axis} must not be empty, got x ${show(shape)}`);

/** Throws if an axis is empty, for reductions that have no result then, such as a maximum. */
export function checkTerms(name: string, shape: Shape, axes: readonly number[]): void {
  for (const axis of axes) if (shape[axis] === 0) throw emptyAxis(name, axis, shape);
}

/** PyTorch sums and multiplies integers in its widest integer type; the widest one here is int32. */
export const widenInteger = (x: Tensor): Tensor => (x.dtype === "uint8" ? x.cast("int32") : x);

/** How many elements of `shape` go into one result. */
export const countTerms = (shape: Shape, axes: readonly number[]): number => sizeOf(axes.map((axis) => shape[axis]));

/** A tensor of the reduced shape with the reduced axes back at size 1, so that it broadcasts against the input. */
export const unreduce = (y: Tensor, { axes, from }: ReduceAttrs): Tensor => y.reshape(reducedShape(from, axes, true));

/** A cotangent of the reduced shape, stretched back over the input's. */
export const stretch = (dy: Tensor, attrs: ReduceAttrs): Tensor => unreduce(dy, attrs).expand(attrs.from);

/** The kernel's numbers: the input's dimensions, and for each whether it is reduced. Neighbouring axes of the same kind are merged. */
export function reduceDims(shape: Shape, axes: readonly number[]): [dims: number[], reduced: number[]] {
  const dims: number[] = [];
  const reduced: number[] = [];
  for (let axis = 0; axis < shape.length; axis++) {
    if (shape[axis] === 1) continue;
    const flag = axes.includes(axis) ? 1 : 0;
    const last = dims.length - 1;
    if (last >= 0 && reduced[last] === flag && dims[last] * shape[axis] < 2 ** 31) {
      dims[last] *= shape[axis];
    } else {
      dims.push(shape[axis]);
      reduced.push(flag);
    }
  }
  return dims.length > 0 ? [dims, reduced] : [[1], [1]];
}

/** Counts through some axes of an array in row-major order, and gives the current offset. */
class Odometer {
  readonly count: number;
  at = 0;
  readonly #index: number[];

  constructor(
    readonly sizes: readonly number[],
    readonly strides: readonly number[],
  ) {
    this.count = sizeOf(sizes);
    this.#index = sizes.map(() => 0);
  }

  /** One step on; after the last, back to the first. */
  next(): void {
    for (let axis = this.sizes.length - 1; axis >= 0; axis--) {
      this.at += this.strides[axis];
      if (++this.#index[axis] < this.sizes[axis]) return;
      this.at -= this.strides[axis] * this.sizes[axis];
      this.#index[axis] = 0;
    }
  }
}

/** How many neighbouring results are computed at the same time: as many as fit in the fastest cache. */
const laneCount = 1024;
const results = new Float64Array(laneCount);

/**
 * The loop of all reductions: memory is read in runs along the innermost dimension, in order. Either a run goes into
 * one result, or, if the innermost dimension is kept, each of its elements goes into a separate result.
 *
 * @param finish - turns the result of a fold into the element of y, at position `at`
 */
export function reduceInto(
  x: Numbers,
  y: Numbers,
  dims: readonly number[],
  reduced: readonly number[],
  fold: ReductionFold,
  finish: (result: number, at: number) => number,
): void {
  const inner = dims.length - 1;
  const n = dims[inner];
  const strides = stridesOf(dims);
  const outer = (flag: number): Odometer => {
    const isOuter = (_: number, axis: number): boolean => axis < inner && reduced[axis] === flag;
    return new Odometer(dims.filter(isOuter), strides.filter(isOuter));
  };
  const kept = outer(0);
  const terms = outer(1);
  for (let k = 0; k < kept.count; k++, kept.next()) {
    if (reduced[inner]) {
      let result = fold.initial;
      for (let t = 0; t < terms.count; t++, terms.next()) result = fold.run(result, x, kept.at + terms.at, n, k);
      y[k] = finish(result, k);
      continue;
    }
    for (let first = 0; first < n; first += laneCount) {
      const width = Math.min(laneCount, n - first);
      const at = k * n + first;
      results.fill(fold.initial, 0, width);
      for (let t = 0; t < terms.count; t++, terms.next()) fold.lanes(results, x, kept.at + terms.at + first, width, at);
      for (let j = 0; j < width; j++) y[at + j] = finish(results[j], at + j);
    }
  }
}

type ReduceRule<S extends "x" | "y"> = (dy: Tensor, saved: { readonly [K in S]: Tensor }, attrs: ReduceAttrs) => Tensor;

interface RowOptions {
  /** The dtypes it takes. Default numeric. */
  readonly type?: InputType;
  /** The dtype of y if it differs from that of x. */
  readonly output?: DType;
  /** False if there is no result without terms, as for a maximum. Default true. */
  readonly ofNothing?: boolean;
  /** From the result of the fold over n terms to y. Default: unchanged. */
  readonly finish?: (result: number, n: number) => number;
}

/** A row of the table of reductions: y is the result of the fold over the terms. */
export const reduction = <const S extends "x" | "y" = never>(
  name: string,
  fold: ReductionFold,
  save: readonly S[],
  vjp: { x: ReduceRule<S> | null },
  { type = "numeric", output, ofNothing = true, finish = (result) => result }: RowOptions = {},
) =>
  defineOp<"x", S, ReduceAttrs>({
    name,
    inputs: ["x"],
    types: { x: type },
    save,
    infer({ x }, attrs) {
      if (!ofNothing) checkTerms(name, x.shape, attrs.axes);
      return { shape: reducedShape(x.shape, attrs.axes, attrs.keepDims), dtype: output ?? x.dtype };
    },
    args: ({ x }, _, { axes }) => reduceDims(x.shape, axes),
    cpu(x: Numbers, y: Numbers, dims: readonly number[], reduced: readonly number[]) {
      const n = sizeOf(dims.filter((_, axis) => reduced[axis]));
      reduceInto(x, y, dims, reduced, fold, (result) => finish(result, n));
    },
    vjp,
  });
