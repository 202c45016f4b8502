/**
 * Reading and adding elements by index along an axis: gather, scatterAdd, indexSelect, indexAdd, and oneHot. The
 * gradient of `sort` also uses `scatterAdd`. Rows of an embedding table are in embedding.ts, parts by ranges in
 * slice.ts.
 */
import { apply } from "../../core/apply.js";
import { checkDType, type DType } from "../../core/dtype.js";
import { ArgumentError, ShapeError } from "../../core/errors.js";
import type { Numbers } from "../../core/loops/numbers.js";
import { rowDims } from "../../core/loops/rows.js";
import { defineOp, type Meta } from "../../core/op.js";
import { checkShape, normalizeAxis, type Shape, sameShape, show, sizeOf, stridesOf } from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";
import { copyRun, forEachRun } from "./strided.js";

interface GatherAttrs {
  readonly axis: number;
  /** The shape of x. */
  readonly from: Shape;
}

interface ScatterAttrs {
  readonly axis: number;
  /** The shape of the result. */
  readonly to: Shape;
  /** The shape of the source. */
  readonly from: Shape;
}

const outside = (op: string, index: number, axis: number, size: number): ArgumentError =>
  new ArgumentError(`${op}: index ${index} is out of range for axis ${axis} of size ${size}; indices count from 0`);

/** The index has as many axes as the tensor, and is no larger, except along the axis that it indexes. */
function checkIndexShape(op: string, index: Meta, name: string, shape: Shape, along: number): void {
  if (index.shape.length !== shape.length)
    throw new ShapeError(
      `${op}: index and ${name} must have the same number of axes, got ${show(index.shape)} and ${show(shape)}`,
    );
  for (let axis = 0; axis < shape.length; axis++)
    if (axis !== along && index.shape[axis] > shape[axis])
      throw new ShapeError(
        `${op}: index ${show(index.shape)} is larger than ${name} ${show(shape)} on axis ${axis}: ${index.shape[axis]} > ${shape[axis]}`,
      );
}

/** Strides with 0 for one axis, and the stride of that axis. */
function stridesAround(shape: Shape, axis: number): [strides: number[], step: number] {
  const strides = stridesOf(shape);
  const step = strides[axis];
  strides[axis] = 0;
  return [strides, step];
}

/** y[i] = x[index[i]]  =>  dx[index[i]] += dy[i], from zeros */
export const gatherOp = defineOp({
  name: "gather",
  inputs: ["x", "index"],
  types: { index: "index" },
  save: ["index"],
  infer({ x, index }, { axis }: GatherAttrs) {
    checkIndexShape("gather", index, "x", x.shape, axis);
    return { shape: index.shape, dtype: x.dtype };
  },
  args: ({ x, index }, _, { axis }) => [index.shape, x.shape, axis],
  cpu(x: Numbers, index: Numbers, y: Numbers, dims: readonly number[], xDims: readonly number[], axis: number) {
    const size = xDims[axis];
    const [strides, hop] = stridesAround(xDims, axis);
    forEachRun(dims, [strides], (start, n, [xStart], [step]) => {
      for (let i = 0; i < n; i++) {
        const k = index[start + i];
        if (k < 0 || k >= size) throw outside("gather", k, axis, size);
        y[start + i] = x[xStart + i * step + k * hop];
      }
    });
  },
  vjp: {
    x: (dy, { index }, { axis, from }) => apply(scatterAddOp, [null, index, dy], { axis, to: from, from: dy.shape }),
    index: null,
  },
});

/**
 * Picks elements along an axis: `y[i][j] = x[index[i][j]][j]` for axis 0, `x[i][index[i][j]]` for axis 1. The result
 * has the shape of `index`, which has as many axes as `x` and is no larger, except along `axis`.
 *
 * @param axis - a negative axis counts from the end
 * @param index - integers from 0 to the size of the axis minus 1; negative ones are errors
 * @throws ShapeError if the shapes do not fit, DTypeError if `index` does not hold integers, ArgumentError for an index
 *   outside the axis
 */
export const gather = (x: Tensor, axis: number, index: Tensor): Tensor =>
  apply(gatherOp, [x, index], { axis: normalizeAxis("gather", axis, x.rank), from: x.shape });

/** y = x, or zeros if x is left out, plus the source. Sums in row-major order of the source: always the same. */
export const scatterAddOp = defineOp({
  name: "scatterAdd",
  inputs: ["x?", "index", "source"],
  types: { x: "numeric", index: "index", source: "numeric" },
  save: ["index"],
  infer({ index, source }, { axis, to }: ScatterAttrs) {
    checkIndexShape("scatterAdd", index, "x", to, axis);
    checkIndexShape("scatterAdd", index, "source", source.shape, -1);
    return { shape: to, dtype: source.dtype };
  },
  args: ({ index, source }, y, { axis }) => [index.shape, source.shape, y.shape, axis],
  cpu(
    x: Numbers | null,
    index: Numbers,
    source: Numbers,
    y: Numbers,
    dims: readonly number[],
    sourceDims: readonly number[],
    yDims: readonly number[],
    axis: number,
  ) {
    if (x) y.set(x);
    else y.fill(0);
    const size = yDims[axis];
    const [strides, hop] = stridesAround(yDims, axis);
    forEachRun(dims, [strides, stridesOf(sourceDims)], (start, n, [yStart, sourceStart], [step, sourceStep]) => {
      for (let i = 0; i < n; i++) {
        const k = index[start + i];
        if (k < 0 || k >= size) throw outside("scatterAdd", k, axis, size);
        y[yStart + i * step + k * hop] += source[sourceStart + i * sourceStep];
      }
    });
  },
  // y = x, y[index[i]] += source[i]  =>  dx = dy, dsource[i] = dy[index[i]]; elements that no index reaches get 0
  vjp: {
    x: (dy) => dy,
    index: null,
    source: (dy, { index }, { axis, from }) => dy.gather(axis, index).pad(from.map((n, i) => [0, n - index.shape[i]])),
  },
});

/**
 * Adds elements along an axis, the reverse of `gather`: the result is `x` with, for axis 0,
 * `y[index[i][j]][j] += source[i][j]` for every element of `index`. `x` itself does not change. Elements with the same
 * index are added in a fixed order, so the result is the same every time.
 *
 * @param axis - a negative axis counts from the end
 * @param index - integers from 0 to the size of the axis minus 1; no larger than `source`, nor than `x` except along
 *   `axis`
 * @throws ShapeError if the shapes do not fit, DTypeError if `index` does not hold integers, ArgumentError for an index
 *   outside the axis
 */
export const scatterAdd = (x: Tensor, axis: number, index: Tensor, source: Tensor): Tensor =>
  apply(scatterAddOp, [x, index, source], {
    axis: normalizeAxis("scatterAdd", axis, x.rank),
    to: x.shape,
    from: source.shape,
  });

function checkVector(op: string, index: Meta): void {
  if (index.shape.length !== 1) throw new ShapeError(`${op}: index must have one axis, got ${show(index.shape)}`);
}

const withSize = (shape: Shape, axis: number, size: number): number[] => shape.map((n, i) => (i === axis ? size : n));

/** y[j] = x[index[j]]  =>  dx[index[j]] += dy[j], from zeros */
export const indexSelectOp = defineOp({
  name: "indexSelect",
  inputs: ["x", "index"],
  types: { index: "index" },
  save: ["index"],
  infer({ x, index }, { axis }: GatherAttrs) {
    checkVector("indexSelect", index);
    return { shape: withSize(x.shape, axis, index.shape[0]), dtype: x.dtype };
  },
  args: ({ x, index }, _, { axis }) => [x.shape, axis, index.shape[0]],
  cpu(x: Numbers, index: Numbers, y: Numbers, xDims: readonly number[], axis: number, count: number) {
    const [outer, size, inner] = rowDims(xDims, axis);
    for (let j = 0; j < count; j++)
      if (index[j] < 0 || index[j] >= size) throw outside("indexSelect", index[j], axis, size);
    for (let o = 0; o < outer; o++)
      for (let j = 0; j < count; j++) copyRun(x, (o * size + index[j]) * inner, y, (o * count + j) * inner, inner);
  },
  vjp: {
    x: (dy, { index }, { axis, from }) => apply(indexAddOp, [null, index, dy], { axis, to: from, from: dy.shape }),
    index: null,
  },
});

/**
 * Picks whole slices along an axis, in the order of `index`: `y[j] = x[index[j]]` for axis 0, such as rows of a table.
 * A slice may be picked several times.
 *
 * @param axis - a negative axis counts from the end
 * @param index - one axis of integers from 0 to the size of the axis minus 1; negative ones are errors
 * @throws ShapeError if `index` does not have one axis, DTypeError if it does not hold integers, ArgumentError for an
 *   index outside the axis
 */
export const indexSelect = (x: Tensor, axis: number, index: Tensor): Tensor =>
  apply(indexSelectOp, [x, index], { axis: normalizeAxis("indexSelect", axis, x.rank), from: x.shape });

/** y = x, or zeros if x is left out, plus the slices of the source, one after the other. */
export const indexAddOp = defineOp({
  name: "indexAdd",
  inputs: ["x?", "index", "source"],
  types: { x: "numeric", index: "index", source: "numeric" },
  save: ["index"],
  infer({ index, source }, { axis, to }: ScatterAttrs) {
    checkVector("indexAdd", index);
    const expected = withSize(to, axis, index.shape[0]);
    if (!sameShape(source.shape, expected))
      throw new ShapeError(
        `indexAdd: source must have shape ${show(expected)} for x ${show(to)} and ${index.shape[0]} indices on axis ${axis}, got ${show(source.shape)}`,
      );
    return { shape: to, dtype: source.dtype };
  },
  args: ({ index }, y, { axis }) => [y.shape, axis, index.shape[0]],
  cpu(
    x: Numbers | null,
    index: Numbers,
    source: Numbers,
    y: Numbers,
    yDims: readonly number[],
    axis: number,
    count: number,
  ) {
    const [outer, size, inner] = rowDims(yDims, axis);
    for (let j = 0; j < count; j++)
      if (index[j] < 0 || index[j] >= size) throw outside("indexAdd", index[j], axis, size);
    if (x) y.set(x);
    else y.fill(0);
    for (let o = 0, from = 0; o < outer; o++)
      for (let j = 0; j < count; j++) {
        const at = (o * size + index[j]) * inner;
        for (let i = 0; i < inner; i++) y[at + i] += source[from++];
      }
  },
  // y = x, y[index[j]] += source[j]  =>  dx = dy, dsource[j] = dy[index[j]]
  vjp: { x: (dy) => dy, index: null, source: (dy, { index }, { axis }) => dy.indexSelect(axis, index) },
});

/**
 * Adds whole slices along an axis, the reverse of `indexSelect`: the result is `x` with `y[index[j]] += source[j]` for
 * axis 0. `x` itself does not change. The order of the sums is fixed.
 *
 * @param axis - a negative axis counts from the end
 * @param source - of the shape of `x`, except along `axis`, where it has as many slices as `index` has elements
 * @throws ShapeError if the shapes do not fit, DTypeError if `index` does not hold integers, ArgumentError for an index
 *   outside the axis
 */
export const indexAdd = (x: Tensor, axis: number, index: Tensor, source: Tensor): Tensor =>
  apply(indexAddOp, [x, index, source], {
    axis: normalizeAxis("indexAdd", axis, x.rank),
    to: x.shape,
    from: source.shape,
  });

interface OneHotAttrs {
  readonly depth: number;
  readonly dtype: DType;
}

/** y[i][k] = 1 where k = index[i], else 0; no gradient */
export const oneHotOp = defineOp({
  name: "oneHot",
  inputs: ["index"],
  types: { index: "index" },
  infer: ({ index }, { depth, dtype }: OneHotAttrs) => ({
    shape: checkShape("oneHot", [...index.shape, depth]),
    dtype,
  }),
  args: ({ index }, _, { depth }) => [sizeOf(index.shape), depth],
  cpu(index: Numbers, y: Numbers, n: number, depth: number) {
    y.fill(0);
    for (let i = 0; i < n; i++) {
      const k = index[i];
      if (k < 0 || k >= depth) throw new ArgumentError(`oneHot: index ${k} is out of range for depth ${depth}`);
      y[i * depth + k] = 1;
    }
  },
  vjp: { index: null },
});

/** The options of `oneHot`. */
export interface OneHotOptions {
  /** The dtype of the result. Default float32. */
  readonly dtype?: DType;
}

/**
 * Labels as probabilities: a new last axis of size `depth` that is 1 at the index and 0 elsewhere. It has no gradient.
 *
 * @param index - integers from 0 to depth - 1
 * @returns (...index, depth)
 * @throws ShapeError if depth is not a size, DTypeError if `index` does not hold integers, ArgumentError for an index
 *   outside the depth
 */
export const oneHot = (index: Tensor, depth: number, options: OneHotOptions = {}): Tensor => {
  const { dtype = "float32" } = options;
  return apply(oneHotOp, [index], { depth, dtype: checkDType("oneHot", dtype) });
};
