/**
 * Functions of one number, from neg to erf: rows of the unary table, and the functions. Activations, rounding and
 * trigonometry have their own files.
 */
import { apply } from "../../core/apply.js";
import type { Numbers } from "../../core/loops/numbers.js";
import type { Tensor } from "../../tensor.js";
import { each, none, unary } from "./elementwise.js";
import { erfOf } from "./erf.js";

function negLoop(x: Numbers, y: Numbers, n: number): void {
  for (let i = 0; i < n; i++) y[i] = -x[i];
}

/** y = -x  =>  dx = -dy */
export const negOp = unary("neg", negLoop, [], { x: (dy) => dy.neg() }, "numeric");
/** y = |x|  =>  dx = dy sign(x) */
export const absOp = unary("abs", each(Math.abs), ["x"], { x: (dy, { x }) => dy.mul(x.sign()) }, "numeric");
/** y = sign(x), constant between its jumps  =>  dx = 0 */
export const signOp = unary(
  "sign",
  each((x) => (x > 0 ? 1 : x < 0 ? -1 : 0)),
  [],
  { x: (dy) => dy.zeros() },
  "numeric",
);
/** y = e^x  =>  dx = dy y */
export const expOp = unary("exp", each(Math.exp), ["y"], { x: (dy, { y }) => dy.mul(y) });
/** y = e^x - 1  =>  dx = dy e^x (not y + 1, which rounds to 0 where y is near -1) */
export const expm1Op = unary("expm1", each(Math.expm1), ["x"], { x: (dy, { x }) => dy.mul(x.exp()) });
/** y = ln x  =>  dx = dy / x */
export const logOp = unary("log", each(Math.log), ["x"], { x: (dy, { x }) => dy.div(x) });
/** y = ln(1 + x)  =>  dx = dy / (1 + x) */
export const log1pOp = unary("log1p", each(Math.log1p), ["x"], { x: (dy, { x }) => dy.div(x.add(1)) });
/** y = sqrt(x)  =>  dx = dy / (2 y) */
export const sqrtOp = unary("sqrt", each(Math.sqrt), ["y"], { x: (dy, { y }) => dy.div(y).mul(0.5) });
/** y = 1 / sqrt(x)  =>  dx = -dy y^3 / 2, in steps that overflow only where dx does */
export const rsqrtOp = unary(
  "rsqrt",
  each((x) => 1 / Math.sqrt(x)),
  ["y"],
  { x: (dy, { y }) => dy.mul(y).mul(y).mul(y).mul(-0.5) },
);
/** y = 1 / x  =>  dx = -dy y^2 */
export const reciprocalOp = unary(
  "reciprocal",
  each((x) => 1 / x),
  ["y"],
  { x: (dy, { y }) => dy.mul(y).mul(y).neg() },
);
/** y = erf(x)  =>  dx = dy 2 / sqrt(pi) e^(-x^2) */
export const erfOp = unary("erf", each(erfOf), ["x"], {
  x: (dy, { x }) =>
    dy.mul(
      x
        .square()
        .neg()
        .exp()
        .mul(2 / Math.sqrt(Math.PI)),
    ),
});

/** Integers wrap around: their squares do not fit the 53 bits of a JavaScript number. */
function squareLoop(x: Numbers, y: Numbers, n: number): void {
  if (y instanceof Float32Array || y instanceof Float64Array) for (let i = 0; i < n; i++) y[i] = x[i] * x[i];
  else for (let i = 0; i < n; i++) y[i] = Math.imul(x[i], x[i]);
}

/** y = x^2  =>  dx = 2 dy x */
export const squareOp = unary("square", squareLoop, ["x"], { x: (dy, { x }) => dy.mul(x).mul(2) }, "numeric");

/** -x. Integers stay integers; bool counts as int32. */
export const neg = (x: Tensor): Tensor => apply(negOp, [x], none);
/** |x|. Integers stay integers; bool counts as int32. The gradient at 0 is 0. */
export const abs = (x: Tensor): Tensor => apply(absOp, [x], none);
/**
 * The sign of x: -1, 0 or 1; 0 for NaN, as in PyTorch. Integers stay integers; bool counts as int32. The gradient is 0.
 */
export const sign = (x: Tensor): Tensor => apply(signOp, [x], none);
/** e^x. Integers and bool give float32. */
export const exp = (x: Tensor): Tensor => apply(expOp, [x], none);
/** e^x - 1, accurate for small x. Integers and bool give float32. */
export const expm1 = (x: Tensor): Tensor => apply(expm1Op, [x], none);
/** The natural logarithm; -Infinity at 0, NaN below. Integers and bool give float32. */
export const log = (x: Tensor): Tensor => apply(logOp, [x], none);
/** The natural logarithm of 1 + x, accurate for small x. Integers and bool give float32. */
export const log1p = (x: Tensor): Tensor => apply(log1pOp, [x], none);
/** The square root; NaN below 0. Integers and bool give float32. */
export const sqrt = (x: Tensor): Tensor => apply(sqrtOp, [x], none);
/** 1 / sqrt(x); Infinity at 0, NaN below. Integers and bool give float32. */
export const rsqrt = (x: Tensor): Tensor => apply(rsqrtOp, [x], none);
/** x^2. Integers stay integers and wrap around; bool counts as int32. */
export const square = (x: Tensor): Tensor => apply(squareOp, [x], none);
/** 1 / x. Integers and bool give float32. */
export const reciprocal = (x: Tensor): Tensor => apply(reciprocalOp, [x], none);
/** The error function, 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x. Integers and bool give float32. */
export const erf = (x: Tensor): Tensor => apply(erfOp, [x], none);
