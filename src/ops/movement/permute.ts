/** Axes in another order: the record of `permute`, its loops for the CPU, and `transpose`. */
import { apply } from "../../core/apply.js";
import { ShapeError } from "../../core/errors.js";
import type { Numbers } from "../../core/loops/numbers.js";
import { defineOp } from "../../core/op.js";
import { checkList, normalizeAxis, type Shape, show, stridesOf } from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";
import { copyRun, forEachRun } from "./strided.js";

interface PermuteAttrs {
  /** Axis i of the result is axis axes[i] of x. */
  readonly axes: readonly number[];
}

/** y = x with its axes in another order  =>  dx = dy with its axes in the order of x */
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
  vjp: { x: (dy, _, { axes }) => dy.permute(inverse(axes)) },
});

/** A tile of both matrices fits the first-level cache: 2 x 32 x 32 x 8 bytes. */
const tileSide = 32;

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
  for (let i0 = 0; i0 < rows; i0 += tileSide) {
    const iEnd = Math.min(i0 + tileSide, rows);
    for (let j0 = 0; j0 < columns; j0 += tileSide) {
      const jEnd = Math.min(j0 + tileSide, columns);
      for (let j = j0; j < jEnd; j++) {
        let from = xStart + i0 * xStride + j;
        const to = yStart + j * yStride;
        for (let i = i0; i < iEnd; i++, from += xStride) y[to + i] = x[from];
      }
    }
  }
}

/**
 * The same permutation with as few axes as possible: axes of size 1 are left out, and axes that stay neighbours are
 * merged.
 *
 * @returns the dimensions of x, and the order of its axes in y
 */
function mergeAxes(shape: Shape, axes: readonly number[]): [dims: number[], axes: number[]] {
  // In the order of y: where each group begins in x, and its size.
  const firsts: number[] = [];
  const sizes: number[] = [];
  let next = -1; // the axis of x that goes on with the group
  for (let i = 0; i < axes.length; i++) {
    const axis = axes[i];
    if (shape[axis] === 1) continue;
    const last = sizes.length - 1;
    if (last >= 0 && axis === next && sizes[last] * shape[axis] < 2 ** 31) {
      sizes[last] *= shape[axis];
    } else {
      firsts.push(axis);
      sizes.push(shape[axis]);
    }
    next = axis + 1;
    while (shape[next] === 1) next++;
  }
  const order = firsts.map((first) => countBelow(firsts, first));
  const dims = new Array<number>(sizes.length);
  for (let i = 0; i < order.length; i++) dims[order[i]] = sizes[i];
  return [dims, order];
}

function countBelow(list: readonly number[], limit: number): number {
  let count = 0;
  for (let i = 0; i < list.length; i++) if (list[i] < limit) count++;
  return count;
}

function inverse(axes: readonly number[]): number[] {
  const back = new Array<number>(axes.length);
  axes.forEach((axis, i) => {
    back[axis] = i;
  });
  return back;
}

/**
 * The axes in another order: axis i of the result is axis axes[i] of `x`. The elements are copied, unless only axes of
 * size 1 move.
 *
 * @param axes - each axis of `x` once; a negative axis counts from the end
 * @throws ShapeError if `axes` is not a permutation of the axes of `x`
 */
export function permute(x: Tensor, axes: readonly number[]): Tensor {
  checkList("permute", "axes must be an array with one entry for each axis", axes);
  const order = axes.map((axis) => normalizeAxis("permute", axis, x.rank));
  if (order.length !== x.rank || order.some((axis, i) => order.indexOf(axis) !== i))
    throw new ShapeError(
      `permute: axes must be a permutation of the ${x.rank} axes of x ${show(x.shape)}, got ${show(axes)}`,
    );
  const moved = order.filter((axis) => x.shape[axis] !== 1);
  if (x.size === 0 || moved.every((axis, i) => i === 0 || axis > moved[i - 1]))
    return x.reshape(order.map((axis) => x.shape[axis]));
  return apply(permuteOp, [x], { axes: order });
}

/**
 * Exchanges two axes; by default the last two, which transposes matrices. The elements are copied, unless only axes of
 * size 1 move. For products use the options `transA` and `transB` of `matmul`, which do not copy.
 *
 * @throws ShapeError if `x` does not have both axes
 */
export function transpose(x: Tensor, axis1 = -2, axis2 = -1): Tensor {
  const p = normalizeAxis("transpose", axis1, x.rank);
  const q = normalizeAxis("transpose", axis2, x.rank);
  const axes = x.shape.map((_, axis) => axis);
  axes[p] = q;
  axes[q] = p;
  return x.permute(axes);
}
