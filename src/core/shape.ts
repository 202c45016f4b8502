/**
 * Shapes and axes: checks, broadcasting, strides and the shapes of reductions. Functions of plain numbers, used all
 * over the package; nothing here touches a tensor.
 */
import { ShapeError } from "./errors.js";
import { quote } from "./quote.js";

/** The sizes of a tensor's axes, outermost first. A scalar has the shape []. Data are contiguous, row-major. */
export type Shape = readonly number[];

/** One axis or several; a negative axis counts from the end (-1 is the last), undefined means all axes. */
export type Axes = number | readonly number[] | undefined;

/** The number of elements. */
export function sizeOf(shape: Shape): number {
  let n = 1;
  for (let i = 0; i < shape.length; i++) n *= shape[i];
  return n;
}

/** Whether two shapes have the same sizes in the same order. */
export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** `[2, 3]`, as error messages show a shape. */
export const show = (shape: Shape): string => `[${Array.from(shape, quote).join(", ")}]`;

/** Row-major strides in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  for (let i = shape.length - 1, n = 1; i >= 0; i--) {
    strides[i] = n;
    n *= shape[i];
  }
  return strides;
}

/** The largest number of elements that a tensor may have: counts travel as exact integers in float64. */
const maxSize = 2 ** 52;

/** The largest number of axes. Data nested deeper than this is a mistake, such as an array that contains itself. */
export const maxRank = 64;

/** Throws unless `list` is an array. A caller in JavaScript may write `x.reshape(2, 3)` by mistake. */
export function checkList(op: string, rule: string, list: unknown): void {
  if (!Array.isArray(list)) throw new ShapeError(`${op}: ${rule}, got ${quote(list)}`);
}

/**
 * Throws unless every size is an integer of 0 or more, and their product can be counted.
 *
 * @returns a copy, which the caller's later changes to the array do not reach
 */
export function checkShape(op: string, shape: unknown): Shape {
  if (!Array.isArray(shape)) throw new ShapeError(`${op}: shape must be an array of sizes, got ${quote(shape)}`);
  if (shape.length > maxRank)
    throw new ShapeError(`${op}: a tensor can have at most ${maxRank} axes, got ${shape.length}`);
  for (const size of shape)
    if (!Number.isInteger(size) || size < 0 || size > 2 ** 31 - 1)
      throw new ShapeError(`${op}: sizes must be integers from 0 to 2^31 - 1, got ${show(shape)}`);
  // Not `>`: sizes so large that their product is infinite give NaN beside a 0.
  if (!(sizeOf(shape) <= maxSize))
    throw new ShapeError(`${op}: shape ${show(shape)} has too many elements; the limit is 2^52`);
  return shape.map((size) => size + 0); // -0 becomes 0
}

/** The axis counted from the front, for `axis` in [-rank, rank). */
export function normalizeAxis(op: string, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank)
    throw new ShapeError(`${op}: axis ${quote(axis)} is out of range for a tensor of rank ${rank}`);
  return axis < 0 ? axis + rank : axis;
}

/** Sorted distinct axes counted from the front; all of them if `axes` is undefined. */
export function normalizeAxes(op: string, axes: Axes, rank: number): number[] {
  if (axes === undefined) {
    const all: number[] = [];
    for (let axis = 0; axis < rank; axis++) all.push(axis);
    return all;
  }
  const list = (Array.isArray(axes) ? [...axes] : [axes]).map((axis) => normalizeAxis(op, axis, rank));
  list.sort((p, q) => p - q);
  for (let i = 1; i < list.length; i++)
    if (list[i] === list[i - 1]) throw new ShapeError(`${op}: axes must be different, but ${list[i]} occurs twice`);
  return list;
}

/** NumPy broadcasting: axes are aligned at the end; a size of 1 stretches to the size of the other. */
export function broadcastShapes(op: string, a: Shape, b: Shape): Shape {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const shape = new Array<number>(rank);
  for (let i = 1; i <= rank; i++) {
    const p = i <= a.length ? a[a.length - i] : 1;
    const q = i <= b.length ? b[b.length - i] : 1;
    if (p !== q && p !== 1 && q !== 1)
      throw new ShapeError(`${op}: shapes ${show(a)} and ${show(b)} do not broadcast: sizes ${p} and ${q} differ`);
    shape[rank - i] = p === 1 ? q : p;
  }
  return shape;
}

/** The shape with leading axes of size 1 up to `rank`. */
export function padRank(shape: Shape, rank: number): Shape {
  return shape.length === rank ? shape : [...new Array<number>(rank - shape.length).fill(1), ...shape];
}

/**
 * The shape left by a reduction over `axes` (sorted): with `keepDims` they keep the size 1, otherwise they are removed.
 */
export function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): Shape {
  return keepDims ? shape.map((size, i) => (axes.includes(i) ? 1 : size)) : shape.filter((_, i) => !axes.includes(i));
}
