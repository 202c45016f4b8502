/**
 * Broadcasting in CPU loops: merged dimensions for a kernel's arguments, and a walk over rows. Used by the families
 * elementwise, movement and attention.
 */
import { type Shape, sameShape, sizeOf, stridesOf } from "../shape.js";

const one: readonly number[] = [1];

/** `broadcastDims` of two operands, with a fast path for operands of one shape and for numbers. */
export function pairDims(y: Shape, a: Shape, b: Shape): (readonly number[])[] {
  const aWhole = sameShape(a, y);
  const bWhole = sameShape(b, y);
  const n = sizeOf(y);
  if (n < 2 ** 31 && (aWhole || a.length === 0) && (bWhole || b.length === 0)) {
    const whole = [n];
    return [whole, aWhole ? whole : one, bWhole ? whole : one];
  }
  return broadcastDims(y, [a, b]);
}

/**
 * The output's dimensions and each operand's (1 if it is broadcast), with neighbouring axes merged if all
 * operands allow it: operands of one shape give a single axis.
 */
export function broadcastDims(y: Shape, operands: readonly Shape[]): (readonly number[])[] {
  const n = sizeOf(y);
  if (n < 2 ** 31 && operands.every((shape) => sameShape(shape, y))) {
    const whole = [n];
    return [whole, ...operands.map(() => whole)];
  }
  const dims: number[] = [];
  const result: number[][] = [dims];
  for (let k = 0; k < operands.length; k++) result.push([]);
  for (let axis = 0; axis < y.length; axis++) {
    if (y[axis] === 1) continue;
    const last = dims.length - 1;
    let merges = last >= 0 && dims[last] * y[axis] < 2 ** 31;
    for (let k = 0; merges && k < operands.length; k++)
      merges = (sizeAt(operands[k], axis, y.length) === 1) === (result[k + 1][last] === 1);
    if (merges) {
      dims[last] *= y[axis];
      for (let k = 0; k < operands.length; k++) result[k + 1][last] *= sizeAt(operands[k], axis, y.length);
    } else {
      dims.push(y[axis]);
      for (let k = 0; k < operands.length; k++) result[k + 1].push(sizeAt(operands[k], axis, y.length));
    }
  }
  if (dims.length === 0) for (const list of result) list.push(1);
  return result;
}

/** The size of a shape along an axis of the output, whose rank is `rank`. */
function sizeAt(shape: Shape, axis: number, rank: number): number {
  const at = axis - (rank - shape.length);
  return at < 0 ? 1 : shape[at];
}

/** The step of an operand along the innermost axis: 0 if it is broadcast. */
export const innerStep = (dims: readonly number[]): number => (dims[dims.length - 1] === 1 ? 0 : 1);

/**
 * Calls `row` for each innermost row of an array of dimensions `dims`: its place, its length, and its
 * place in each operand.
 */
export function forEachRow(
  dims: readonly number[],
  operands: readonly (readonly number[])[],
  row: (start: number, length: number, starts: readonly number[]) => void,
): void {
  const inner = dims.length - 1;
  const length = dims[inner];
  const rows = sizeOf(dims.slice(0, inner));
  if (length === 0) return;
  const strides = operands.map((sizes) => stridesOf(sizes).map((stride, axis) => (sizes[axis] === 1 ? 0 : stride)));
  const starts = operands.map(() => 0);
  const index = new Array<number>(inner).fill(0);
  for (let r = 0; r < rows; r++) {
    row(r * length, length, starts);
    for (let axis = inner - 1; axis >= 0; axis--) {
      index[axis]++;
      for (let k = 0; k < starts.length; k++) starts[k] += strides[k][axis];
      if (index[axis] < dims[axis]) break;
      for (let k = 0; k < starts.length; k++) starts[k] -= strides[k][axis] * dims[axis];
      index[axis] = 0;
    }
  }
}
