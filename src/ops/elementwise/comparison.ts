/** Comparisons with a result of bool, and the tests for NaN and for finite numbers. */
import { apply } from "../../core/apply.js";
import type { Tensor } from "../../tensor.js";
import { applyBinary, binary, each, eachPair, none, type Operand, unary } from "./elementwise.js";

/** A row of comparisons: bool, and so without a gradient. */
const comparison = (name: string, holds: (a: number, b: number) => boolean) =>
  binary(
    name,
    eachPair((a, b) => (holds(a, b) ? 1 : 0)),
    [],
    { a: null, b: null },
    "any",
    "bool",
  );

export const eqOp = comparison("eq", (a, b) => a === b);
export const neOp = comparison("ne", (a, b) => a !== b);
export const ltOp = comparison("lt", (a, b) => a < b);
export const leOp = comparison("le", (a, b) => a <= b);
export const gtOp = comparison("gt", (a, b) => a > b);
export const geOp = comparison("ge", (a, b) => a >= b);

export const isNaNOp = unary(
  "isNaN",
  each((x) => (Number.isNaN(x) ? 1 : 0)),
  [],
  { x: null },
  "any",
  "bool",
);
export const isFiniteOp = unary(
  "isFinite",
  each((x) => (Number.isFinite(x) ? 1 : 0)),
  [],
  { x: null },
  "any",
  "bool",
);

/** a == b, as bool, with broadcasting. NaN equals nothing. */
export const eq = (a: Operand, b: Operand): Tensor => applyBinary(eqOp, a, b);
/** a != b, as bool, with broadcasting. */
export const ne = (a: Operand, b: Operand): Tensor => applyBinary(neOp, a, b);
/** a < b, as bool, with broadcasting. */
export const lt = (a: Operand, b: Operand): Tensor => applyBinary(ltOp, a, b);
/** a <= b, as bool, with broadcasting. */
export const le = (a: Operand, b: Operand): Tensor => applyBinary(leOp, a, b);
/** a > b, as bool, with broadcasting. */
export const gt = (a: Operand, b: Operand): Tensor => applyBinary(gtOp, a, b);
/** a >= b, as bool, with broadcasting. */
export const ge = (a: Operand, b: Operand): Tensor => applyBinary(geOp, a, b);
/** Where x is NaN, as bool. */
// biome-ignore lint/suspicious/noShadowRestrictedNames: the name that NumPy and PyTorch users look for
export const isNaN = (x: Tensor): Tensor => apply(isNaNOp, [x], none);
/** Where x is neither NaN nor infinite, as bool. */
// biome-ignore lint/suspicious/noShadowRestrictedNames: the name that NumPy and PyTorch users look for
export const isFinite = (x: Tensor): Tensor => apply(isFiniteOp, [x], none);
