import { apply } from "../core/apply.js";
import { ShapeError } from "../core/errors.js";
import { defineOp } from "../core/op.js";
import { checkList, normalizeAxis, type Shape, show, stridesOf } from "../core/shape.js";
import type { Tensor } from "../tensor.js";
import type { Numbers } from "./elementwise.js";
import { copyRun, forEachRun } from "./strided.js";

interface PermuteAttrs {
  /** Axis i of the result is axis axes[i] of x. */
  readonly axes: readonly number[];
}

/** y = x with its axes in another order. */
export const permuteOp = defineOp({
  name: "permute",
  inputs: ["x"],
  infer: ({ x }, { axes }: PermuteAttrs) => ({ shape: axes.map((axis) => x.shape[axis]), dtype: x.dtype }),
  args: ({ x }, _, { axes }) => mergeAxes(x.shape, axes),
  cpu(x: Numbers, y: Numbers, dims: readonly number[], axes: readonly number[]) {
    const last = dims.length - 1;
    const yDims = axes.map((axis) => dims[axis]);
    const xStrides = axes.map((axis) => stridesOf(dims)[axis]);
    if (axes[last] === last) return forEachRun(yDims, [xStrides], (start, n, [from]) => copyRun(x, from, y, start, n));
    // The axis that is innermost in x, and the one that is innermost in y: a matrix to transpose, for each of the rest.
    const inner = axes.indexOf(last);
    const yStrides = stridesOf(yDims);
    const outer = axes.map((_, i) => i).filter((i) => i !== inner && i !== last);
    const pick = (list: readonly number[]): number[] => outer.map((i) => list[i]);
    forEachRun(pick(yDims), [pick(xStrides), pick(yStrides)], (_, n, [xStart, yStart], [xStep, yStep]) => {
      for (let i = 0; i < n; i++)
        transposeInto(
          x,
          xStart + i * xStep,
          xStrides[last],
          y,
          yStart + i * yStep,
          yStrides[inner],
          yDims[last],
          yDims[inner],
        );
    });
  },
  // y = x with axes permuted  =>  dx = dy with axes permuted back
  vjp: { x: (dy, _, { axes }) => dy.permute(inverse(axes)) },
});

/** A tile of both matrices fits the first-level cache: 2 x 32 x 32 x 8 bytes. */
const tile = 32;

/** y[j][i] = x[i][j] for i < rows, j < columns, where rows start `xStride` and `yStride` elements apart. */
function transposeInto(
  x: Numbers,
  xStart: number,
  xStride: number,
  y: Numbers,
  yStart: number,
  yStride: number,
  rows: number,
  columns: number,
): void {
  for (let i0 = 0; i0 < rows; i0 += tile) {
    const iEnd = Math.min(i0 + tile, rows);
    for (let j0 = 0; j0 < columns; j0 += tile) {
      const jEnd = Math.min(j0 + tile, columns);
      for (let j = j0; j < jEnd; j++) {
        let from = xStart + i0 * xStride + j;
        const to = yStart + j * yStride;
        for (let i = i0; i < iEnd; i++, from += xStride) y[to + i] = x[from];
      }
    }
  }
}

/**
 * The same permutation with as few axes as can be: those of size 1 are gone, and axes that stay neighbours are one.
 *
 * @returns the dimensions of x, and the order of its axes in y
 */
function mergeAxes(shape: Shape, axes: readonly number[]): [dims: number[], axes: number[]] {
  const order = axes.filter((axis) => shape[axis] !== 1);
  const rank = new Map([...order].sort((p, q) => p - q).map((axis, i) => [axis, i]));
  const groups: { first: number; last: number; size: number }[] = [];
  for (const axis of order) {
    const at = rank.get(axis) as number;
    const group = groups.at(-1);
    if (group && at === group.last + 1 && group.size * shape[axis] < 2 ** 31) {
      group.last = at;
      group.size *= shape[axis];
    } else {
      groups.push({ first: at, last: at, size: shape[axis] });
    }
  }
  const sorted = [...groups].sort((p, q) => p.first - q.first);
  return [sorted.map(({ size }) => size), groups.map((group) => sorted.indexOf(group))];
}

function inverse(axes: readonly number[]): number[] {
  const back = new Array<number>(axes.length);
  axes.forEach((axis, i) => {
    back[axis] = i;
  });
  return back;
}

/**
 * The axes in another order: axis i of the result is axis axes[i] of `x`. The data are copied, unless only axes of
 * size 1 move.
 *
 * @throws ShapeError if `axes` is not a permutation of the axes of `x`
 */
export function permute(x: Tensor, axes: readonly number[]): Tensor {
  checkList("permute", "axes are an array, one for each axis", axes);
  const order = axes.map((axis) => normalizeAxis("permute", axis, x.rank));
  if (order.length !== x.rank || new Set(order).size !== x.rank)
    throw new ShapeError(`permute: ${show(axes)} is no permutation of the ${x.rank} axes of ${show(x.shape)}`);
  const moved = order.filter((axis) => x.shape[axis] !== 1);
  if (x.size === 0 || moved.every((axis, i) => i === 0 || axis > moved[i - 1]))
    return x.reshape(order.map((axis) => x.shape[axis]));
  return apply(permuteOp, [x], { axes: order });
}

/**
 * Two axes exchanged; the last two where nothing is said, which transposes matrices.
 *
 * @throws ShapeError if `x` has not both axes
 */
export function transpose(x: Tensor, axis1 = -2, axis2 = -1): Tensor {
  const p = normalizeAxis("transpose", axis1, x.rank);
  const q = normalizeAxis("transpose", axis2, x.rank);
  const axes = x.shape.map((_, axis) => axis);
  axes[p] = q;
  axes[q] = p;
  return x.permute(axes);
}
