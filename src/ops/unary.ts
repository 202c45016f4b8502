import type { Tensor } from "../tensor.js";
import { apply } from "../core/apply.js";
import { none, unary } from "./elementwise.js";

// y = -x  =>  dx = -dy
export const negOp = unary("neg", (x) => -x, [], { x: (dy) => dy.neg() }, "numeric");
// y = e^x  =>  dx = dy y
export const expOp = unary("exp", Math.exp, ["y"], { x: (dy, { y }) => dy.mul(y) });
// y = ln x  =>  dx = dy / x
export const logOp = unary("log", Math.log, ["x"], { x: (dy, { x }) => dy.div(x) });

/** -x. */
export const neg = (x: Tensor): Tensor => apply(negOp, [x], none);
/** e^x. */
export const exp = (x: Tensor): Tensor => apply(expOp, [x], none);
/** The natural logarithm. */
export const log = (x: Tensor): Tensor => apply(logOp, [x], none);
