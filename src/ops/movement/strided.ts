/**
 * Walks over strided arrays, and copies of runs and rows. The CPU loops of this family call it; loops with
 * broadcasting use core/loops/broadcast.ts.
 */
import type { Numbers } from "../../core/loops/numbers.js";
import type { Shape } from "../../core/shape.js";

/** How far an operand moves, in elements, for one step along each axis of the loop; 0 and negative steps are fine. */
export type Strides = readonly number[];

/**
 * Calls `run` for each innermost run of a row-major loop over `dims`: the position where it starts, its length, and
 * for each operand where it starts there and how far each step goes. Axes are merged wherever all operands allow it, so
 * runs are as long as they can be.
 *
 * @param strides - one list an operand
 * @param origins - where each operand starts; 0 if left out
 */
export function forEachRun(
  dims: Shape,
  strides: readonly Strides[],
  run: (start: number, length: number, offsets: readonly number[], steps: Strides) => void,
  origins: readonly number[] = strides.map(() => 0),
): void {
  if (dims.includes(0)) return;
  const merged = merge(dims, strides);
  const inner = merged.dims.length - 1;
  const length = merged.dims[inner];
  const steps = merged.strides.map((operand) => operand[inner]);
  const offsets = [...origins];
  const index = new Array<number>(inner).fill(0);
  for (let start = 0, axis = 0; axis >= 0; start += length) {
    run(start, length, offsets, steps);
    for (axis = inner - 1; axis >= 0; axis--) {
      for (let k = 0; k < offsets.length; k++) offsets[k] += merged.strides[k][axis];
      if (++index[axis] < merged.dims[axis]) break;
      for (let k = 0; k < offsets.length; k++) offsets[k] -= merged.strides[k][axis] * merged.dims[axis];
      index[axis] = 0;
    }
  }
}

/** The same loop with fewer axes: without those of size 1, and neighbours as one where every operand steps evenly. */
function merge(dims: Shape, strides: readonly Strides[]): { dims: number[]; strides: number[][] } {
  const left: number[] = [];
  const kept: number[][] = strides.map(() => []);
  for (let axis = 0; axis < dims.length; axis++) {
    if (dims[axis] === 1) continue;
    const last = left.length - 1;
    if (last >= 0 && strides.every((all, k) => kept[k][last] === all[axis] * dims[axis])) {
      left[last] *= dims[axis];
      for (let k = 0; k < kept.length; k++) kept[k][last] = strides[k][axis];
    } else {
      left.push(dims[axis]);
      for (let k = 0; k < kept.length; k++) kept[k].push(strides[k][axis]);
    }
  }
  return left.length > 0 ? { dims: left, strides: kept } : { dims: [1], strides: kept.map(() => [0]) };
}

/** From this length on, a copy by the runtime is faster than a loop, in spite of the view that it takes. */
const longRun = 64;

/** Copies n neighbouring elements: y[to + i] = x[from + i]. */
export const copyRun = (x: Numbers, from: number, y: Numbers, to: number, n: number): void =>
  copyRows(x, from, 0, y, to, 0, 1, n);

/** Copies rows of n neighbouring elements, which start `xStride` and `yStride` elements apart. */
export function copyRows(
  x: Numbers,
  xStart: number,
  xStride: number,
  y: Numbers,
  yStart: number,
  yStride: number,
  rows: number,
  n: number,
): void {
  let [from, to] = [xStart, yStart];
  if (n >= longRun) {
    for (let r = 0; r < rows; r++, from += xStride, to += yStride) y.set(x.subarray(from, from + n), to);
    return;
  }
  for (let r = 0; r < rows; r++, from += xStride, to += yStride) for (let i = 0; i < n; i++) y[to + i] = x[from + i];
}
