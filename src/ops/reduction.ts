import type { Tensor } from "../tensor.js";
import { defineOp, type InputType, type Meta } from "../core/op.js";
import { normalizeAxes, reducedShape, type Shape, stridesOf } from "../core/shape.js";
import type { Numbers } from "./elementwise.js";

/** One axis or several, counted from the end where negative; all of them where undefined. */
export type Axes = number | readonly number[] | undefined;

export interface ReduceOptions {
  /** Leave the reduced axes in the shape, with size 1. Default false. */
  readonly keepDims?: boolean;
}

/** What a reduction's record needs to know. */
export interface ReduceAttrs {
  readonly axes: readonly number[];
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

export const reducedMeta = ({ x }: { x: Meta }, { axes, keepDims }: ReduceAttrs): Meta => ({
  shape: reducedShape(x.shape, axes, keepDims),
  dtype: x.dtype,
});

/** The kernel's numbers: the input's dimensions, and for each whether it is reduced. Neighbours alike are merged. */
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
  return [dims, reduced];
}

/** Where each output element starts in the input, and where from there its terms are, both in row-major order. */
export function reduceOffsets(dims: readonly number[], reduced: readonly number[]): [kept: Float64Array, terms: Float64Array] {
  const strides = stridesOf(dims);
  const offsetsOf = (flag: number): Float64Array => {
    const axes = dims.map((_, axis) => axis).filter((axis) => reduced[axis] === flag);
    let offsets = new Float64Array(1);
    for (const axis of axes) {
      const next = new Float64Array(offsets.length * dims[axis]);
      for (let i = 0, k = 0; i < offsets.length; i++)
        for (let j = 0; j < dims[axis]; j++) next[k++] = offsets[i] + j * strides[axis];
      offsets = next;
    }
    return offsets;
  };
  return [offsetsOf(0), offsetsOf(1)];
}

/** A cotangent of the reduced shape, stretched back over the input's. */
export const stretch = (dy: Tensor, { axes, from }: ReduceAttrs): Tensor => dy.reshape(reducedShape(from, axes, true)).expand(from);

type ReduceRule<S extends "x" | "y"> = (dy: Tensor, saved: { readonly [K in S]: Tensor }, attrs: ReduceAttrs) => Tensor;

/** A row of the table of reductions: `reduce` gives y from the terms x[start + terms[j]]. */
export const reduction = <const S extends "x" | "y" = never>(
  name: string,
  reduce: (x: Numbers, start: number, terms: Float64Array) => number,
  save: readonly S[],
  vjp: { x: ReduceRule<S> | null },
  type: InputType = "numeric",
) =>
  defineOp<"x", S, ReduceAttrs>({
    name,
    inputs: ["x"],
    types: { x: type },
    save,
    infer: reducedMeta,
    args: ({ x }, _, { axes }) => reduceDims(x.shape, axes),
    cpu(x: Numbers, y: Numbers, dims: readonly number[], reduced: readonly number[]) {
      const [kept, terms] = reduceOffsets(dims, reduced);
      for (let i = 0; i < kept.length; i++) y[i] = reduce(x, kept[i], terms);
    },
    vjp,
  });
