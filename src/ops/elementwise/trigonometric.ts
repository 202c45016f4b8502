/**
 * Trigonometric and hyperbolic functions: rows of the unary table, and the functions. `atan2` has two operands and is
 * in arithmetic.ts.
 */
import { apply } from "../../core/apply.js";
import type { Tensor } from "../../tensor.js";
import { each, eachGradient, none, unary, unaryGradient } from "./elementwise.js";

/** y = sin x  =>  dx = dy cos x */
export const sinOp = unary("sin", each(Math.sin), ["x"], { x: (dy, { x }) => dy.mul(x.cos()) });
/** y = cos x  =>  dx = -dy sin x */
export const cosOp = unary("cos", each(Math.cos), ["x"], { x: (dy, { x }) => dy.mul(x.sin()).neg() });
/** y = tan x  =>  dx = dy (1 + y^2) */
export const tanOp = unary("tan", each(Math.tan), ["y"], { x: (dy, { y }) => dy.mul(y.square().add(1)) });
/** y = asin x  =>  dx = dy / sqrt(1 - x^2) */
export const asinOp = unary("asin", each(Math.asin), ["x"], { x: (dy, { x }) => dy.mul(slopeOfAsin(x)) });
/** y = acos x  =>  dx = -dy / sqrt(1 - x^2) */
export const acosOp = unary("acos", each(Math.acos), ["x"], { x: (dy, { x }) => dy.mul(slopeOfAsin(x)).neg() });
/** y = atan x  =>  dx = dy / (1 + x^2) */
export const atanOp = unary("atan", each(Math.atan), ["x"], { x: (dy, { x }) => dy.div(x.square().add(1)) });
/** y = sinh x  =>  dx = dy cosh x */
export const sinhOp = unary("sinh", each(Math.sinh), ["x"], { x: (dy, { x }) => dy.mul(x.cosh()) });
/** y = cosh x  =>  dx = dy sinh x */
export const coshOp = unary("cosh", each(Math.cosh), ["x"], { x: (dy, { x }) => dy.mul(x.sinh()) });
/** y = tanh x  =>  dx = dy (1 - y^2) */
export const tanhOp = unary("tanh", each(Math.tanh), ["y"], { x: (dy, { y }) => tanhGrad(dy, y) });
/** dx = dy (1 - y^2)  =>  ddy = ddx (1 - y^2), y: -2 ddx dy y */
export const tanhGradOp = unaryGradient(
  "tanhGrad",
  eachGradient((dy, y) => dy * (1 - y * y)),
  ["dy", "s"],
  {
    dy: (ddx, { s }) => tanhGrad(ddx, s),
    s: (ddx, { dy, s }) => ddx.mul(dy).mul(s).mul(-2),
  },
);

const tanhGrad = (dy: Tensor, y: Tensor): Tensor => apply(tanhGradOp, [dy, y], none);

const slopeOfAsin = (x: Tensor): Tensor => x.square().neg().add(1).rsqrt();

/** The sine of x in radians. Integers and bool give float32. */
export const sin = (x: Tensor): Tensor => apply(sinOp, [x], none);
/** The cosine of x in radians. Integers and bool give float32. */
export const cos = (x: Tensor): Tensor => apply(cosOp, [x], none);
/** The tangent of x in radians. Integers and bool give float32. */
export const tan = (x: Tensor): Tensor => apply(tanOp, [x], none);
/** The arc sine in radians, in [-pi/2, pi/2]; NaN outside [-1, 1]. Integers and bool give float32. */
export const asin = (x: Tensor): Tensor => apply(asinOp, [x], none);
/** The arc cosine in radians, in [0, pi]; NaN outside [-1, 1]. Integers and bool give float32. */
export const acos = (x: Tensor): Tensor => apply(acosOp, [x], none);
/**
 * The arc tangent in radians, in [-pi/2, pi/2]; for the angle of a point see `atan2`. Integers and bool give float32.
 */
export const atan = (x: Tensor): Tensor => apply(atanOp, [x], none);
/** The hyperbolic sine. Integers and bool give float32. */
export const sinh = (x: Tensor): Tensor => apply(sinhOp, [x], none);
/** The hyperbolic cosine. Integers and bool give float32. */
export const cosh = (x: Tensor): Tensor => apply(coshOp, [x], none);
/** The hyperbolic tangent. Integers and bool give float32. */
export const tanh = (x: Tensor): Tensor => apply(tanhOp, [x], none);
