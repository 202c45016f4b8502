/**
 * Comparisons with a result of bool, and the tests for NaN and for finite numbers. arithmetic.ts also uses them in its
 * gradients. Broadcasting is in elementwise.ts; logic on the results is in logical.ts.
 */
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

/** y = a == b; no gradient */
export const eqOp = comparison("eq", (a, b) => a === b);
/** y = a != b; no gradient */
export const neOp = comparison("ne", (a, b) => a !== b);
/** y = a < b; no gradient */
export const ltOp = comparison("lt", (a, b) => a < b);
/** y = a <= b; no gradient */
export const leOp = comparison("le", (a, b) => a <= b);
/** y = a > b; no gradient */
export const gtOp = comparison("gt", (a, b) => a > b);
/** y = a >= b; no gradient */
export const geOp = comparison("ge", (a, b) => a >= b);

/** y = x is NaN; no gradient */
export const isNaNOp = unary(
  "isNaN",
  each((x) => (Number.isNaN(x) ? 1 : 0)),
  [],
  { x: null },
  "any",
  "bool",
);
/** y = x is neither NaN nor infinite; no gradient */
export const isFiniteOp = unary(
  "isFinite",
  each((x) => (Number.isFinite(x) ? 1 : 0)),
  [],
  { x: null },
  "any",
  "bool",
);

/**
 * a == b, as bool, element by element, with broadcasting. NaN equals nothing.
 *
 * @throws ShapeError if the shapes do not broadcast
 */
export const eq = (a: Operand, b: Operand): Tensor => applyBinary(eqOp, a, b);
/**
 * a != b, as bool, element by element, with broadcasting. NaN differs from everything.
 *
 * @throws ShapeError if the shapes do not broadcast
 */
export const ne = (a: Operand, b: Operand): Tensor => applyBinary(neOp, a, b);
/**
 * a < b, as bool, element by element, with broadcasting; false if one is NaN.
 *
 * @throws ShapeError if the shapes do not broadcast
 */
export const lt = (a: Operand, b: Operand): Tensor => applyBinary(ltOp, a, b);
/**
 * a <= b, as bool, element by element, with broadcasting; false if one is NaN.
 *
 * @throws ShapeError if the shapes do not broadcast
 */
export const le = (a: Operand, b: Operand): Tensor => applyBinary(leOp, a, b);
/**
 * a > b, as bool, element by element, with broadcasting; false if one is NaN.
 *
 * @throws ShapeError if the shapes do not broadcast
 */
export const gt = (a: Operand, b: Operand): Tensor => applyBinary(gtOp, a, b);
/**
 * a >= b, as bool, element by element, with broadcasting; false if one is NaN.
 *
 * @throws ShapeError if the shapes do not broadcast
 */
export const ge = (a: Operand, b: Operand): Tensor => applyBinary(geOp, a, b);
/** Whether each element is NaN, as bool. */
// biome-ignore lint/suspicious/noShadowRestrictedNames: the name that NumPy and PyTorch users look for
export const isNaN = (x: Tensor): Tensor => apply(isNaNOp, [x], none);
/** Whether each element is neither NaN nor infinite, as bool. */
// biome-ignore lint/suspicious/noShadowRestrictedNames: the name that NumPy and PyTorch users look for
export const isFinite = (x: Tensor): Tensor => apply(isFiniteOp, [x], none);
