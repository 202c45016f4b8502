/**
 * Regular parts of a tensor as in Python's brackets, the adjoint op `slicePad`, and functions made of them: flip,
 * split, chunk. pad.ts also calls `slicePad`. Parts by a tensor of indices are in indexing.ts.
 */
import { apply } from "../../core/apply.js";
import { ArgumentError, ShapeError } from "../../core/errors.js";
import type { Numbers } from "../../core/loops/numbers.js";
import { defineOp, type Op } from "../../core/op.js";
import {
  type Axes,
  checkList,
  normalizeAxes,
  normalizeAxis,
  type Shape,
  sameShape,
  show,
  stridesOf,
} from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";
import { copyRun, forEachRun } from "./strided.js";

type SliceBound = number | null | undefined;

/**
 * The part of one axis that `slice` takes, as between brackets in Python:
 *
 * - `null`: all of it (`:`)
 * - a number: that one element, and the axis is removed; a negative number counts from the end (`-1`)
 * - `[start, stop, step]`: from start up to but not including stop (`start:stop:step`). Each may be left out or null:
 *   `[2]` is `2:`, `[null, -1]` is `:-1`, `[null, null, -1]` is `::-1`
 */
export type SliceRange = number | null | readonly [start?: SliceBound, stop?: SliceBound, step?: SliceBound];

/** A regular part of a larger array: part[i] = whole[starts + i steps], on each axis. */
interface Region {
  readonly whole: Shape;
  readonly part: Shape;
  readonly starts: readonly number[];
  readonly steps: readonly number[];
}

interface Placement extends Region {
  /** The value around the part. */
  readonly value: number;
}

/** The place in the whole array where a part begins, and the distance there of a step along each axis, in elements. */
function walk(
  whole: readonly number[],
  starts: readonly number[],
  steps: readonly number[],
): [origin: number, strides: number[]] {
  const strides = stridesOf(whole);
  const origin = starts.reduce((sum, start, axis) => sum + start * strides[axis], 0);
  return [origin, strides.map((stride, axis) => stride * steps[axis])];
}

/** y = a part of x  =>  dx = zeros with dy in that part */
export const sliceOp: Op<Region> = defineOp({
  name: "slice",
  inputs: ["x"],
  infer: ({ x }, { part }: Region) => ({ shape: part, dtype: x.dtype }),
  args: (_, __, { whole, part, starts, steps }) => [part, whole, starts, steps],
  cpu(
    x: Numbers,
    y: Numbers,
    dims: readonly number[],
    xDims: readonly number[],
    starts: readonly number[],
    steps: readonly number[],
  ) {
    const [origin, strides] = walk(xDims, starts, steps);
    const read = (start: number, n: number, [from]: readonly number[], [step]: readonly number[]) => {
      if (step === 1) copyRun(x, from, y, start, n);
      else for (let i = 0; i < n; i++) y[start + i] = x[from + i * step];
    };
    forEachRun(dims, [strides], read, [origin]);
  },
  vjp: { x: (dy, _, window) => apply(slicePadOp, [dy], { ...window, value: 0 }) },
});

/**
 * y = one value, with x in a part of it: the adjoint of `slice`, and padding with a constant  =>  dx = that part of dy
 */
export const slicePadOp: Op<Placement> = defineOp({
  name: "slicePad",
  inputs: ["x"],
  infer: ({ x }, { whole }: Placement) => ({ shape: whole, dtype: x.dtype }),
  args: (_, __, { whole, part, starts, steps, value }) => [part, whole, starts, steps, value],
  cpu(
    x: Numbers,
    y: Numbers,
    dims: readonly number[],
    yDims: readonly number[],
    starts: readonly number[],
    steps: readonly number[],
    value: number,
  ) {
    y.fill(value);
    const [origin, strides] = walk(yDims, starts, steps);
    const write = (start: number, n: number, [to]: readonly number[], [step]: readonly number[]) => {
      if (step === 1) copyRun(x, start, y, to, n);
      else for (let i = 0; i < n; i++) y[to + i * step] = x[start + i];
    };
    forEachRun(dims, [strides], write, [origin]);
  },
  vjp: { x: (dy, _, window) => apply(sliceOp, [dy], window) },
});

/**
 * A part of each axis, with steps: `x[1:3, :, -1]` in Python is `x.slice([[1, 3], null, -1])`. Axes after the last
 * range are taken whole. As in Python, starts and stops outside an axis are moved to its ends, and a negative step runs
 * backwards. The elements are copied, unless all of them are taken.
 *
 * @param ranges - the part of each axis; see `SliceRange`
 * @throws ShapeError if there are more ranges than axes, ArgumentError for an index outside its axis, a step of 0, or a
 *   number that is not an integer
 */
export function slice(x: Tensor, ranges: readonly SliceRange[]): Tensor {
  if (!Array.isArray(ranges))
    throw new ArgumentError(`slice: ranges must be an array with one entry for each axis, got ${String(ranges)}`);
  if (ranges.length > x.rank)
    throw new ShapeError(
      `slice: at most one range for each axis is allowed, got ${ranges.length} ranges for x ${show(x.shape)}`,
    );
  const taken = x.shape.map((size, axis) => resolveRange(ranges[axis] ?? null, axis, size));
  const part = taken.map(({ count }) => count);
  const window = {
    whole: x.shape,
    part,
    starts: taken.map(({ start }) => start),
    steps: taken.map(({ step }) => step),
  };
  const all = sameShape(part, x.shape) && window.steps.every((step, axis) => step === 1 || part[axis] < 2);
  const y = all ? x : apply(sliceOp, [x], window);
  const shape = part.filter((_, axis) => typeof ranges[axis] !== "number");
  return y === x || shape.length < part.length ? y.reshape(shape) : y;
}

interface Taken {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

function integerOf(value: unknown, axis: number): number {
  if (Number.isInteger(value)) return value as number;
  throw new ArgumentError(`slice: axis ${axis}: a range must consist of integers, got ${String(value)}`);
}

/** A bound counted from the front; null if it is left out. */
function fromFront(bound: SliceBound, axis: number, size: number): number | null {
  if (bound === null || bound === undefined) return null;
  return integerOf(bound, axis) < 0 ? bound + size : bound;
}

/** The range in plain numbers: Python's `slice.indices`. */
function resolveRange(range: SliceRange, axis: number, size: number): Taken {
  if (range === null) return { start: 0, step: 1, count: size };
  if (!Array.isArray(range)) {
    const index = integerOf(range, axis);
    if (index < -size || index >= size)
      throw new ArgumentError(`slice: index ${index} is out of range for axis ${axis} of size ${size}`);
    return { start: index < 0 ? index + size : index, step: 1, count: 1 };
  }
  if (range.length > 3)
    throw new ArgumentError(`slice: axis ${axis}: a range must be [start, stop, step], got ${show(range)}`);
  const step = integerOf(range[2] ?? 1, axis);
  if (step === 0) throw new ArgumentError(`slice: axis ${axis}: the step must not be 0`);
  const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
  const [first, last] = [fromFront(range[0], axis, size), fromFront(range[1], axis, size)];
  const start = first === null ? (step > 0 ? low : high) : Math.min(high, Math.max(low, first));
  const stop = last === null ? (step > 0 ? high : low) : Math.min(high, Math.max(low, last));
  return { start, step, count: Math.max(0, Math.ceil((stop - start) / step)) };
}

/**
 * The elements in reverse order along each of `axes`; along all axes if none are given.
 *
 * @throws ShapeError for axes that `x` does not have
 */
export function flip(x: Tensor, axes?: Axes): Tensor {
  const reversed = normalizeAxes("flip", axes, x.rank);
  const starts = x.shape.map((size, axis) => (reversed.includes(axis) ? size - 1 : 0));
  const steps = x.shape.map((_, axis) => (reversed.includes(axis) ? -1 : 1));
  return apply(sliceOp, [x], { whole: x.shape, part: x.shape, starts, steps });
}

/**
 * Cuts an axis into pieces of a given size, the last one smaller if the size does not divide the axis, or of the given
 * sizes. `concat` joins them again.
 *
 * @param axis - default: the first
 * @throws ShapeError for sizes that are not sizes or do not add up to the axis, or an axis that `x` does not have
 */
export function split(x: Tensor, sizeOrSizes: number | readonly number[], axis = 0): Tensor[] {
  const along = normalizeAxis("split", axis, x.rank);
  const size = x.shape[along];
  const sizes = typeof sizeOrSizes === "number" ? piecesOf(size, sizeOrSizes) : sizeOrSizes;
  checkList("split", "sizes must be a number or an array", sizes);
  if (sizes.some((n) => !Number.isInteger(n) || n < 0) || sizes.reduce((sum, n) => sum + n, 0) !== size)
    throw new ShapeError(
      `split: sizes must be non-negative integers that add up to ${size}, the size of axis ${along}, got ${show(sizes)}`,
    );
  const before = new Array<null>(along).fill(null);
  let stop = 0;
  return sizes.map((n) => {
    stop += n;
    return x.slice([...before, [stop - n, stop]]);
  });
}

function piecesOf(size: number, piece: number): number[] {
  if (!Number.isInteger(piece) || piece < 1)
    throw new ShapeError(`split: the size of a piece must be a positive integer, got ${piece}`);
  const count = Math.max(1, Math.ceil(size / piece));
  return Array.from({ length: count }, (_, i) => Math.min(piece, size - i * piece));
}

/**
 * Cuts an axis into `chunks` pieces of one size, the last one smaller if the size does not divide the axis. There may
 * be fewer pieces: 5 elements in 4 chunks are 2, 2 and 1, as in PyTorch.
 *
 * @param axis - default: the first
 * @throws ArgumentError unless `chunks` is an integer of 1 or more, ShapeError for an axis that `x` does not have
 */
export function chunk(x: Tensor, chunks: number, axis = 0): Tensor[] {
  if (!Number.isInteger(chunks) || chunks < 1)
    throw new ArgumentError(`chunk: the number of chunks must be a positive integer, got ${chunks}`);
  const along = normalizeAxis("chunk", axis, x.rank);
  const size = x.shape[along];
  return split(x, size === 0 ? new Array<number>(chunks).fill(0) : Math.ceil(size / chunks), along);
}
