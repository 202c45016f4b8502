import type { Tensor } from "../tensor.js";
import { apply } from "../core/apply.js";
import { type DType, promoteNumber, roundNumber } from "../core/dtype.js";
import { ArgumentError } from "../core/errors.js";
import { defineOp, type InputType, type Op } from "../core/op.js";
import { broadcastShapes, padRank, type Shape, sameShape, sizeOf, stridesOf } from "../core/shape.js";

/** What the loops read and write. */
export type Numbers = Float32Array | Float64Array | Int32Array | Uint8Array;

/** A tensor, or a number that is broadcast to the other operand's shape and takes its dtype. */
export type Operand = Tensor | number;

/** The numbers that a unary function takes besides x, such as the slope of leakyRelu. */
export type Parameters = readonly number[];
export const none: Parameters = [];

type UnaryRule<S extends "x" | "y"> = (dy: Tensor, saved: { readonly [K in S]: Tensor }, parameters: Parameters) => Tensor;

/**
 * A row of the unary table: y[i] = f(x[i], p, q).
 *
 * @param output - the dtype of y where it is not that of x
 */
export const unary = <const S extends "x" | "y" = never>(
  name: string,
  f: (x: number, p: number, q: number) => number,
  save: readonly S[],
  vjp: { x: UnaryRule<S> | null },
  type: InputType = "float",
  output?: DType,
): Op<Parameters> =>
  defineOp<"x", S, Parameters>({
    name,
    inputs: ["x"],
    types: { x: type },
    save,
    infer: ({ x }) => ({ shape: x.shape, dtype: output ?? x.dtype }),
    args: (_, y, parameters) => [sizeOf(y.shape), ...parameters],
    cpu(x: Numbers, y: Numbers, n: number, p = 0, q = 0) {
      for (let i = 0; i < n; i++) y[i] = f(x[i], p, q);
    },
    vjp,
  });

type BinarySaved<S extends string> = { readonly [K in S]: K extends "y" ? Tensor : Operand };
type BinaryRule<S extends "a" | "b" | "y"> = (dy: Tensor, saved: BinarySaved<S>) => Tensor;

/** The operand that is a plain number, if one is. */
export interface NumberOperand {
  readonly a?: number;
  readonly b?: number;
}

/**
 * A row of the binary table: y[i] = f(a[i], b[i]), with broadcasting. One operand may be a number: its buffer is
 * null and its value travels as an argument, so that no tensor is made for it.
 */
export const binary = <const S extends "a" | "b" | "y" = never>(
  name: string,
  f: (a: number, b: number) => number,
  save: readonly S[],
  vjp: { a: BinaryRule<S> | null; b: BinaryRule<S> | null },
  type: InputType = "numeric",
  output?: DType,
): Op<NumberOperand> => {
  // What a rule reads as `a` or `b` is the tensor that was saved, or the number.
  const rule = (r: BinaryRule<S> | null) =>
    r &&
    ((dy: Tensor, saved: Readonly<Record<string, Tensor | undefined>>, { a, b }: NumberOperand) =>
      r(dy, { a: saved.a ?? a, b: saved.b ?? b, y: saved.y } as BinarySaved<S>));
  return defineOp<"a?" | "b?", S, NumberOperand>({
    name,
    inputs: ["a?", "b?"],
    types: { a: type, b: type },
    save,
    infer({ a, b }) {
      const dtype = output ?? (a ?? b)?.dtype ?? "float32";
      return { shape: broadcastShapes(name, a?.shape ?? [], b?.shape ?? []), dtype };
    },
    args({ a, b }, y, numbers) {
      const dtype = (a ?? b)?.dtype ?? "float32";
      const dims = broadcastDims(y.shape, [a?.shape ?? [], b?.shape ?? []]);
      return [roundNumber(dtype, numbers.a ?? 0), roundNumber(dtype, numbers.b ?? 0), ...dims];
    },
    cpu(
      a: Numbers | null,
      b: Numbers | null,
      y: Numbers,
      aNumber: number,
      bNumber: number,
      dims: readonly number[],
      aDims: readonly number[],
      bDims: readonly number[],
    ) {
      const p = a ?? [aNumber];
      const q = b ?? [bNumber];
      const pStep = innerStep(aDims);
      const qStep = innerStep(bDims);
      if (dims.length === 1) {
        for (let i = 0; i < dims[0]; i++) y[i] = f(p[i * pStep], q[i * qStep]);
        return;
      }
      forEachRow(dims, [aDims, bDims], (start, n, [pStart, qStart]) => {
        for (let i = 0; i < n; i++) y[start + i] = f(p[pStart + i * pStep], q[qStart + i * qStep]);
      });
    },
    // Typed above by BinaryRule; the record's own type does not know of numbers as operands.
    vjp: { a: rule(vjp.a), b: rule(vjp.b) } as never,
  });
};

/** Applies a binary op to tensors and numbers. */
export function applyBinary(op: Op<NumberOperand>, a: Operand, b: Operand): Tensor {
  if (typeof a !== "number" && typeof b !== "number") return apply(op, [a, b], noNumber);
  if (typeof a !== "number") return apply(op, [meet(a, b as number), null], { b: b as number });
  if (typeof b !== "number") return apply(op, [null, meet(b, a)], { a });
  throw new ArgumentError(`${op.name}: one operand must be a tensor, got the numbers ${a} and ${b}`);
}

const noNumber: NumberOperand = {};

const meet = (x: Tensor, value: number): Tensor => x.cast(promoteNumber(x.dtype, value));

/**
 * The output's dimensions and each operand's (1 where it is broadcast), with neighbouring axes merged wherever all
 * operands allow it: operands of one shape give a single axis.
 */
export function broadcastDims(y: Shape, operands: readonly Shape[]): (readonly number[])[] {
  const n = sizeOf(y);
  if (n < 2 ** 31 && operands.every((shape) => sameShape(shape, y))) {
    const whole = [n];
    return [whole, ...operands.map(() => whole)];
  }
  const padded = operands.map((shape) => padRank(shape, y.length));
  const dims: number[] = [];
  const own: number[][] = operands.map(() => []);
  for (let axis = 0; axis < y.length; axis++) {
    if (y[axis] === 1) continue;
    const last = dims.length - 1;
    const merges =
      last >= 0 &&
      dims[last] * y[axis] < 2 ** 31 &&
      padded.every((shape, k) => (shape[axis] === 1) === (own[k][last] === 1));
    if (merges) {
      dims[last] *= y[axis];
      padded.forEach((shape, k) => {
        own[k][last] *= shape[axis];
      });
    } else {
      dims.push(y[axis]);
      padded.forEach((shape, k) => {
        own[k].push(shape[axis]);
      });
    }
  }
  if (dims.length > 0) return [dims, ...own];
  return [[1], ...operands.map(() => [1])];
}

/** The step of an operand along the innermost axis: 0 where it is broadcast. */
export const innerStep = (dims: readonly number[]): number => (dims[dims.length - 1] === 1 ? 0 : 1);

/**
 * Calls `row` for each innermost row of an array of dimensions `dims`: where it starts, its length, and where it
 * starts in each operand.
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
  const strides = operands.map((own) => stridesOf(own).map((stride, axis) => (own[axis] === 1 ? 0 : stride)));
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
