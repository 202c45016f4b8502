/**
 * The makers of rows for elementwise ops: `unary`, `unaryGradient` and `binary` turn a loop and rules into a record.
 * The rows are in the other files of the family; a row needs a functor of the same name in kernels/elementwise.
 */
import { apply } from "../../core/apply.js";
import { type DType, promoteNumber, roundNumber } from "../../core/dtype.js";
import { ArgumentError } from "../../core/errors.js";
import { nearest } from "../../core/half.js";
import { forEachRow, innerStep, pairDims } from "../../core/loops/broadcast.js";
import type { Numbers } from "../../core/loops/numbers.js";
import { tensorMark } from "../../core/memory/scope.js";
import { defineOp, type InputType, type Op } from "../../core/op.js";
import { broadcastShapes, type Shape, sizeOf } from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";

/** A tensor, or a number that is broadcast to the other operand's shape and takes its dtype. */
export type Operand = Tensor | number;

/** The numbers that a unary function takes besides x, such as the slope of leakyRelu. */
export type Coefficients = readonly number[];

/** The coefficients of a function that takes none. */
export const none: Coefficients = [];

const numbersOf = (n: number, dtype: DType, parameters: Coefficients): number[] =>
  parameters.length === 0 ? [n] : [n, ...parameters.map((p) => roundNumber(dtype, p))];

/** y[i] = f(x[i], p, q) for i < n. */
export type UnaryLoop = (x: Numbers, y: Numbers, n: number, p: number, q: number) => void;

/**
 * The loop of a function of one number. All rows made with it share one piece of machine code, which calls `f` at
 * some 15 ns an element; the few ops in which networks spend their time have their own loops, four times as fast.
 */
export const each =
  (f: (x: number, p: number, q: number) => number): UnaryLoop =>
  (x, y, n, p, q) => {
    for (let i = 0; i < n; i++) y[i] = f(x[i], p, q);
  };

type UnaryRule<S extends "x" | "y"> = (
  dy: Tensor,
  saved: { readonly [K in S]: Tensor },
  parameters: Coefficients,
) => Tensor;

/**
 * A row of the unary table.
 *
 * @param output - the dtype of y if it differs from that of x
 */
export const unary = <const S extends "x" | "y" = never>(
  name: string,
  loop: UnaryLoop,
  save: readonly S[],
  vjp: { x: UnaryRule<S> | null },
  type: InputType = "float",
  output?: DType,
): Op<Coefficients> =>
  defineOp<"x", S, Coefficients>({
    name,
    inputs: ["x"],
    types: { x: type },
    save,
    infer: ({ x }) => ({ shape: x.shape, dtype: output ?? x.dtype }),
    args: ({ x }, y, parameters) => numbersOf(sizeOf(y.shape), x.dtype, parameters),
    cpu: loop,
    vjp,
  });

/** dx[i] = f(dy[i], s[i], p, q) for i < n. */
export type GradientLoop = (dy: Numbers, s: Numbers, dx: Numbers, n: number, p: number, q: number) => void;

/** The loop of a gradient, as `each` is of a function. */
export const eachGradient =
  (f: (dy: number, s: number, p: number, q: number) => number): GradientLoop =>
  (dy, s, dx, n, p, q) => {
    for (let i = 0; i < n; i++) dx[i] = f(dy[i], s[i], p, q);
  };

type GradientRule<S extends "dy" | "s"> = (
  ddx: Tensor,
  saved: { readonly [K in S]: Tensor },
  parameters: Coefficients,
) => Tensor;

/**
 * A row of the table of fused gradients: one kernel where a composition would be a chain of kernels. `s` is the value
 * that the op saved, its x or its y, and has the shape of dy.
 */
export const unaryGradient = <const S extends "dy" | "s" = never>(
  name: string,
  loop: GradientLoop,
  save: readonly S[],
  vjp: { dy: GradientRule<S> | null; s: GradientRule<S> | null },
): Op<Coefficients> =>
  defineOp<"dy" | "s", S, Coefficients>({
    name,
    inputs: ["dy", "s"],
    types: { dy: "float", s: "float" },
    save,
    infer: ({ s }) => ({ shape: s.shape, dtype: s.dtype }),
    args: ({ s }, _, parameters) => numbersOf(sizeOf(s.shape), s.dtype, parameters),
    cpu: loop,
    vjp,
  });

/**
 * One row of a binary op: y[k] = f(a[i], b[j]) for k < end, where i goes up in steps of p and j in steps of q (0
 * for an operand that is broadcast).
 */
export type BinaryLoop = (
  y: Numbers,
  k: number,
  end: number,
  a: Numbers,
  i: number,
  p: number,
  b: Numbers,
  j: number,
  q: number,
) => void;

/** The loop of a function of two numbers, as `each` is of one. */
export const eachPair =
  (f: (a: number, b: number) => number): BinaryLoop =>
  (y, k, end, a, i, p, b, j, q) => {
    for (; k < end; k++, i += p, j += q) y[k] = f(a[i], b[j]);
  };

/** One loop for floats, another for integers, such as products that wrap around. */
export const byKind =
  (floats: BinaryLoop, integers: BinaryLoop): BinaryLoop =>
  (y, k, end, a, i, p, b, j, q) => {
    const loop = y instanceof Float32Array || y instanceof Float64Array ? floats : integers;
    loop(y, k, end, a, i, p, b, j, q);
  };

type BinarySaved<S extends string> = { readonly [K in S]: K extends "y" ? Tensor : Operand };
type BinaryRule<S extends "a" | "b" | "y"> = (dy: Tensor, saved: BinarySaved<S>) => Tensor;

/** The operand that is a plain number, if one is. */
export interface NumberOperand {
  readonly a?: number;
  readonly b?: number;
}

const noNumber: NumberOperand = {};
const scalar: Shape = [];

/** The number operands as arrays, which the loops read. */
const aCell = new Float64Array(1);
const bCell = new Float64Array(1);

/**
 * A row of the binary table, with broadcasting. One operand may be a number: its buffer is null and its value
 * travels as an argument, so that no tensor is made for it.
 *
 * @param output - the dtype of y if it differs from that of the operands
 */
export const binary = <const S extends "a" | "b" | "y" = never>(
  name: string,
  loop: BinaryLoop,
  save: readonly S[],
  vjp: { a: BinaryRule<S> | null; b: BinaryRule<S> | null },
  type: InputType = "numeric",
  output?: DType,
): Op<NumberOperand> => {
  // A rule reads as `a` or `b` the saved tensor, or the number.
  const rule = (r: BinaryRule<S> | null) =>
    r &&
    ((dy: Tensor, saved: Readonly<Record<string, Tensor | undefined>>, { a, b }: NumberOperand) =>
      r(dy, { a: saved.a ?? a, b: saved.b ?? b, y: saved.y } as BinarySaved<S>));
  // A comparison sees the number as the tensor would hold it, so that full([1], 0.1).eq(0.1) in any dtype.
  const round = output === "bool" ? nearest : roundNumber;
  return defineOp<"a?" | "b?", S, NumberOperand>({
    name,
    inputs: ["a?", "b?"],
    types: { a: type, b: type },
    save,
    infer({ a, b }) {
      const dtype = output ?? (a ?? b)?.dtype ?? "float32";
      const shape = a && b ? broadcastShapes(name, a.shape, b.shape) : ((a ?? b)?.shape ?? scalar);
      return { shape, dtype };
    },
    args({ a, b }, y, numbers) {
      const dtype = (a ?? b)?.dtype ?? "float32";
      const [dims, aDims, bDims] = pairDims(y.shape, a?.shape ?? scalar, b?.shape ?? scalar);
      return [round(dtype, numbers.a ?? 0), round(dtype, numbers.b ?? 0), dims, aDims, bDims];
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
      aCell[0] = aNumber;
      bCell[0] = bNumber;
      const left = a ?? aCell;
      const right = b ?? bCell;
      const p = innerStep(aDims);
      const q = innerStep(bDims);
      if (dims.length === 1) return loop(y, 0, dims[0], left, 0, p, right, 0, q);
      forEachRow(dims, [aDims, bDims], (start, n, [i, j]) => loop(y, start, start + n, left, i, p, right, j, q));
    },
    // Typed above by BinaryRule; the record's own type does not know of numbers as operands.
    vjp: { a: rule(vjp.a), b: rule(vjp.b) } as never,
  });
};

/** Applies a binary op to tensors and numbers. */
export function applyBinary(op: Op<NumberOperand>, a: Operand, b: Operand): Tensor {
  checkOperand(op.name, a);
  checkOperand(op.name, b);
  if (typeof a !== "number" && typeof b !== "number") return apply(op, [a, b], noNumber);
  if (typeof a !== "number") return apply(op, [meet(a, b as number), null], { b: b as number });
  if (typeof b !== "number") return apply(op, [null, meet(b, a)], { a });
  throw new ArgumentError(`${op.name}: at least one operand must be a tensor, got the numbers ${a} and ${b}`);
}

/** Throws unless `x` is a tensor or a number. A caller in JavaScript may pass anything. */
export function checkOperand(name: string, x: unknown): asserts x is Operand {
  if (typeof x === "number" || (typeof x === "object" && x !== null && tensorMark in x)) return;
  throw new ArgumentError(
    `${name}: an operand must be a tensor or a number, got ${Array.isArray(x) ? "an array" : String(x)}`,
  );
}

/** The tensor in the dtype in which it meets a number. */
export const meet = (x: Tensor, value: number): Tensor => x.cast(promoteNumber(x.dtype, value));
