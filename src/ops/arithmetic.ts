import type { Tensor } from "../tensor.js";
import { applyBinary, binary, type Operand } from "./elementwise.js";

// y = a + b  =>  da = dy, db = dy
export const addOp = binary("add", (a, b) => a + b, [], { a: (dy) => dy, b: (dy) => dy });
// y = a - b  =>  da = dy, db = -dy
export const subOp = binary("sub", (a, b) => a - b, [], { a: (dy) => dy, b: (dy) => dy.neg() });
// y = a b  =>  da = dy b, db = dy a
export const mulOp = binary("mul", (a, b) => a * b, ["a", "b"], {
  a: (dy, { b }) => dy.mul(b),
  b: (dy, { a }) => dy.mul(a),
});
// y = a / b  =>  da = dy / b, db = -dy y / b
export const divOp = binary(
  "div",
  (a, b) => a / b,
  ["b", "y"],
  {
    a: (dy, { b }) => dy.div(b),
    b: (dy, { b, y }) => dy.mul(y).div(b).neg(),
  },
  "float",
);

/** a + b, with broadcasting. */
export const add = (a: Operand, b: Operand): Tensor => applyBinary(addOp, a, b);
/** a - b, with broadcasting. */
export const sub = (a: Operand, b: Operand): Tensor => applyBinary(subOp, a, b);
/** a b, element by element, with broadcasting. */
export const mul = (a: Operand, b: Operand): Tensor => applyBinary(mulOp, a, b);
/** a / b, with broadcasting. True division: integers give float32. */
export const div = (a: Operand, b: Operand): Tensor => applyBinary(divOp, a, b);
