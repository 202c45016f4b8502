/**
 * Arithmetic of two operands with broadcasting: rows of the binary table, and the functions. Broadcasting and the
 * common loop are in elementwise.ts; functions of one operand are in unary.ts.
 */
import { isFloat, promoteNumber } from "../../core/dtype.js";
import { ArgumentError } from "../../core/errors.js";
import type { Tensor } from "../../tensor.js";
import { eq, ge, lt } from "./comparison.js";
import { applyBinary, type BinaryLoop, binary, byKind, eachPair, type Operand } from "./elementwise.js";
import { logicalAnd, logicalOr, where } from "./logical.js";

// The four ops that networks use most have their own loops; see `each` in elementwise.ts.
const addLoop: BinaryLoop = (y, k, end, a, i, p, b, j, q) => {
  for (; k < end; k++, i += p, j += q) y[k] = a[i] + b[j];
};
const subLoop: BinaryLoop = (y, k, end, a, i, p, b, j, q) => {
  for (; k < end; k++, i += p, j += q) y[k] = a[i] - b[j];
};
const mulLoop: BinaryLoop = (y, k, end, a, i, p, b, j, q) => {
  for (; k < end; k++, i += p, j += q) y[k] = a[i] * b[j];
};
const divLoop: BinaryLoop = (y, k, end, a, i, p, b, j, q) => {
  for (; k < end; k++, i += p, j += q) y[k] = a[i] / b[j];
};

/** y = a + b  =>  da = dy, db = dy */
export const addOp = binary("add", addLoop, [], { a: (dy) => dy, b: (dy) => dy });
/** y = a - b  =>  da = dy, db = -dy */
export const subOp = binary("sub", subLoop, [], { a: (dy) => dy, b: (dy) => dy.neg() });
/** y = a b  =>  da = dy b, db = dy a */
export const mulOp = binary("mul", byKind(mulLoop, eachPair(Math.imul)), ["a", "b"], {
  a: (dy, { b }) => dy.mul(b),
  b: (dy, { a }) => dy.mul(a),
});
/** y = a / b  =>  da = dy / b, db = -dy y / b */
export const divOp = binary(
  "div",
  divLoop,
  ["b", "y"],
  {
    a: (dy, { b }) => dy.div(b),
    b: (dy, { b, y }) => dy.mul(y).div(b).neg(),
  },
  "float",
);

/** C's pow, as every other library has it: in JavaScript 1^NaN and (+-1)^(+-infinity) are NaN, not 1. */
function power(a: number, b: number): number {
  if (a === 1 || (a === -1 && Math.abs(b) === Number.POSITIVE_INFINITY)) return 1;
  return a ** b;
}

/** a^b in 32 bits that wrap around, by repeated squaring. Below exponent 0 only 1 and -1 have integer powers. */
function integerPower(a: number, b: number): number {
  if (b < 0) return a === 1 || (a === -1 && b % 2 === 0) ? 1 : a === -1 ? -1 : 0;
  let y = 1;
  for (let square = a, bits = b; bits > 0; bits >>>= 1) {
    if (bits & 1) y = Math.imul(y, square);
    square = Math.imul(square, square);
  }
  return y;
}

/** y = a^b  =>  da = dy b a^(b-1), 0 where b = 0 and a is 0 or NaN;  db = dy y ln a, 0 where a = 0 and b >= 0 */
export const powOp = binary("pow", byKind(eachPair(power), eachPair(integerPower)), ["a", "b", "y"], {
  a(dy, { a, b }) {
    // Not wherever b = 0: the rule's own derivative with respect to b is 1 / a there.
    if (typeof b !== "number")
      return where(logicalAnd(logicalOr(eq(a, 0), notANumber(a)), b.eq(0)), 0, dy.mul(pow(a, b.sub(1)).mul(b)));
    return b === 0 ? dy.zeros() : dy.mul(pow(a, b - 1).mul(b));
  },
  b(dy, { a, b, y }) {
    if (typeof a !== "number") return where(logicalAnd(a.eq(0), ge(b, 0)), 0, dy.mul(y.mul(a.log())));
    const db = dy.mul(y.mul(Math.log(a)));
    return a === 0 ? where(ge(b, 0), 0, db) : db;
  },
});

const notANumber = (x: Operand): Operand => (typeof x === "number" ? +Number.isNaN(x) : x.isNaN());

/** The cotangent of an operand of maximum or minimum: nothing where it lost, half where both are equal. */
const shareOf = (dy: Tensor, lost: Tensor, tied: Tensor): Tensor => where(lost, 0, where(tied, dy.mul(0.5), dy));

/** y = max(a, b)  =>  da = dy where a > b, dy / 2 where a = b. NaN wins, and then both get dy, as in PyTorch. */
export const maximumOp = binary(
  "maximum",
  eachPair(Math.max),
  ["a", "b"],
  {
    a: (dy, { a, b }) => shareOf(dy, lt(a, b), eq(a, b)),
    b: (dy, { a, b }) => shareOf(dy, lt(b, a), eq(a, b)),
  },
  "any",
);
/** y = min(a, b)  =>  da = dy where a < b, dy / 2 where a = b. NaN wins, and then both get dy, as in PyTorch. */
export const minimumOp = binary(
  "minimum",
  eachPair(Math.min),
  ["a", "b"],
  {
    a: (dy, { a, b }) => shareOf(dy, lt(b, a), eq(a, b)),
    b: (dy, { a, b }) => shareOf(dy, lt(a, b), eq(a, b)),
  },
  "any",
);

/** y = atan2(a, b)  =>  da = dy b / (a^2 + b^2), db = -dy a / (a^2 + b^2), and 0 at the origin, as in PyTorch */
export const atan2Op = binary(
  "atan2",
  eachPair(Math.atan2),
  ["a", "b"],
  {
    a: (dy, { a, b }) => dy.mul(b).div(squaredRadius(a, b)),
    b: (dy, { a, b }) => dy.mul(a).div(squaredRadius(a, b)).neg(),
  },
  "float",
);

/** a^2 + b^2; infinity at the origin, which makes the quotients 0. */
function squaredRadius(a: Operand, b: Operand): Tensor {
  const square = add(squareOf(a), squareOf(b));
  return where(square.eq(0), Number.POSITIVE_INFINITY, square);
}

const squareOf = (x: Operand): Operand => (typeof x === "number" ? x * x : x.square());

/** The remainder with the sign of the divisor; JavaScript's % has the sign of the dividend. */
function remainder(a: number, b: number): number {
  const r = a % b;
  return r !== 0 && r < 0 !== b < 0 ? r + b : r;
}

/** y = a - b floor(a / b)  =>  da = dy, db = -dy floor(a / b) = -dy (a - y) / b, a quotient that does not jump */
export const modOp = binary("mod", eachPair(remainder), ["a", "b", "y"], {
  a: (dy) => dy,
  b: (dy, { a, b, y }) => dy.mul(sub(a, y).div(b)).neg(),
});

/**
 * a + b, element by element, with broadcasting. Integers wrap around; bool counts as int32.
 *
 * @throws ShapeError if the shapes do not broadcast
 */
export const add = (a: Operand, b: Operand): Tensor => applyBinary(addOp, a, b);
/**
 * a - b, element by element, with broadcasting. Integers wrap around; bool counts as int32.
 *
 * @throws ShapeError if the shapes do not broadcast
 */
export const sub = (a: Operand, b: Operand): Tensor => applyBinary(subOp, a, b);
/**
 * a b, element by element, with broadcasting. Integers wrap around; bool counts as int32. For matrices see `matmul`.
 *
 * @throws ShapeError if the shapes do not broadcast
 */
export const mul = (a: Operand, b: Operand): Tensor => applyBinary(mulOp, a, b);
/**
 * a / b, element by element, with broadcasting. True division: integers and bool give float32.
 *
 * @throws ShapeError if the shapes do not broadcast
 */
export const div = (a: Operand, b: Operand): Tensor => applyBinary(divOp, a, b);

/**
 * a to the power of b, element by element, with broadcasting. Integers stay integers and wrap around; a negative
 * exponent in an integer tensor gives the power truncated towards 0.
 *
 * @throws ArgumentError for integers to the power of a negative number; ShapeError if the shapes do not broadcast
 */
export function pow(a: Operand, b: Operand): Tensor {
  if (typeof b === "number" && b < 0 && meetsAsInteger(a, b))
    throw new ArgumentError(`pow: an integer tensor cannot be raised to the power ${b}; cast it to float32`);
  return applyBinary(powOp, a, b);
}

/**
 * The larger of a and b, with broadcasting; NaN if one is NaN. Operands that are equal get half the gradient each.
 *
 * @throws ShapeError if the shapes do not broadcast
 */
export const maximum = (a: Operand, b: Operand): Tensor => applyBinary(maximumOp, a, b);
/**
 * The smaller of a and b, with broadcasting; NaN if one is NaN. Operands that are equal get half the gradient each.
 *
 * @throws ShapeError if the shapes do not broadcast
 */
export const minimum = (a: Operand, b: Operand): Tensor => applyBinary(minimumOp, a, b);
/**
 * The angle in radians, in [-pi, pi], of the point with ordinate a and abscissa b, with broadcasting. Integers and bool
 * give float32. The gradient at the origin is 0.
 *
 * @throws ShapeError if the shapes do not broadcast
 */
export const atan2 = (a: Operand, b: Operand): Tensor => applyBinary(atan2Op, a, b);

/**
 * The remainder of a / b with the sign of b, with broadcasting: Python's %, PyTorch's remainder. For b = 0 it is NaN
 * for floats and 0 for integers.
 *
 * @throws ArgumentError for integers and the number 0; ShapeError if the shapes do not broadcast
 */
export function mod(a: Operand, b: Operand): Tensor {
  if (b === 0 && meetsAsInteger(a, b))
    throw new ArgumentError("mod: an integer tensor cannot be divided by 0; cast it to float32 to get NaN");
  return applyBinary(modOp, a, b);
}

const meetsAsInteger = (x: Operand, value: number): boolean =>
  typeof x !== "number" && !isFloat(promoteNumber(x.dtype, value));
