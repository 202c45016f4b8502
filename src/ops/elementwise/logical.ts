/**
 * Logic on truth values, and the choice between two operands, `where`. The gradients in activation.ts and arithmetic.ts
 * use `where`. Comparisons are in comparison.ts.
 */
import { apply } from "../../core/apply.js";
import { roundNumber } from "../../core/dtype.js";
import { broadcastDims, forEachRow, innerStep } from "../../core/loops/broadcast.js";
import type { Numbers } from "../../core/loops/numbers.js";
import { defineOp } from "../../core/op.js";
import { broadcastShapes } from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";
import {
  applyBinary,
  binary,
  checkOperand,
  each,
  eachPair,
  meet,
  type NumberOperand,
  none,
  type Operand,
  unary,
} from "./elementwise.js";

const noGradient = { a: null, b: null };
const and = eachPair((a, b) => (a !== 0 && b !== 0 ? 1 : 0));
const or = eachPair((a, b) => (a !== 0 || b !== 0 ? 1 : 0));

/** y = a and b are not 0; no gradient */
export const logicalAndOp = binary("logicalAnd", and, [], noGradient, "any", "bool");
/** y = a or b is not 0; no gradient */
export const logicalOrOp = binary("logicalOr", or, [], noGradient, "any", "bool");
/** y = x is 0; no gradient */
export const logicalNotOp = unary(
  "logicalNot",
  each((x) => (x === 0 ? 1 : 0)),
  [],
  { x: null },
  "any",
  "bool",
);

/** y = a where the condition holds, else b  =>  da = dy where it holds, db = dy elsewhere, 0 in the other places */
export const whereOp = defineOp({
  name: "where",
  inputs: ["condition", "a?", "b?"],
  types: { condition: "bool" },
  save: ["condition"],
  infer({ condition, a, b }, _: NumberOperand) {
    const shape = broadcastShapes("where", a?.shape ?? [], b?.shape ?? []);
    return { shape: broadcastShapes("where", condition.shape, shape), dtype: (a ?? b)?.dtype ?? "float32" };
  },
  args({ condition, a, b }, y, numbers) {
    const dims = broadcastDims(y.shape, [condition.shape, a?.shape ?? [], b?.shape ?? []]);
    return [roundNumber(y.dtype, numbers.a ?? 0), roundNumber(y.dtype, numbers.b ?? 0), ...dims];
  },
  cpu(
    condition: Uint8Array,
    a: Numbers | null,
    b: Numbers | null,
    y: Numbers,
    aNumber: number,
    bNumber: number,
    dims: readonly number[],
    conditionDims: readonly number[],
    aDims: readonly number[],
    bDims: readonly number[],
  ) {
    const left = a ?? Float64Array.of(aNumber);
    const right = b ?? Float64Array.of(bNumber);
    const [r, p, q] = [innerStep(conditionDims), innerStep(aDims), innerStep(bDims)];
    forEachRow(dims, [conditionDims, aDims, bDims], (start, n, [h, i, j]) => {
      for (let k = 0; k < n; k++) y[start + k] = condition[h + k * r] ? left[i + k * p] : right[j + k * q];
    });
  },
  vjp: {
    condition: null,
    a: (dy, { condition }) => where(condition, dy, 0),
    b: (dy, { condition }) => where(condition, 0, dy),
  },
});

/**
 * Whether neither a nor b is 0, as bool, element by element, with broadcasting. NaN is not 0.
 *
 * @throws ShapeError if the shapes do not broadcast
 */
export const logicalAnd = (a: Operand, b: Operand): Tensor => applyBinary(logicalAndOp, a, b);
/**
 * Whether a or b or both are not 0, as bool, element by element, with broadcasting. NaN is not 0.
 *
 * @throws ShapeError if the shapes do not broadcast
 */
export const logicalOr = (a: Operand, b: Operand): Tensor => applyBinary(logicalOrOp, a, b);
/** Whether each element is 0, as bool. */
export const logicalNot = (x: Tensor): Tensor => apply(logicalNotOp, [x], none);

/**
 * Elements of `a` where the condition is true and of `b` where it is false; all three broadcast. `a` and `b` are
 * promoted to one dtype; two numbers give float32. The operand that is not chosen gets the gradient 0.
 *
 * @param condition - bool
 * @throws DTypeError if the condition is not bool, ShapeError if the shapes do not broadcast
 */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  checkOperand("where", a);
  checkOperand("where", b);
  const numbers = { a: typeof a === "number" ? a : undefined, b: typeof b === "number" ? b : undefined };
  return apply(whereOp, [condition, inputFor(a, b), inputFor(b, a)], numbers);
}

/** An operand as an input of the op: null for a number; a tensor in the dtype in which it meets the other operand. */
function inputFor(x: Operand, other: Operand): Tensor | null {
  if (typeof x === "number") return null;
  return typeof other === "number" ? meet(x, other) : x;
}
