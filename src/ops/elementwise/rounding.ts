/**
 * Rounding and clamping: rows of the unary table, and the functions. Conversions to an integer dtype are in cast.ts.
 */
import { apply } from "../../core/apply.js";
import { promoteNumber } from "../../core/dtype.js";
import { ArgumentError } from "../../core/errors.js";
import { nearest } from "../../core/half.js";
import type { Tensor } from "../../tensor.js";
import { type Coefficients, each, eachGradient, none, unary, unaryGradient } from "./elementwise.js";

function roundHalfEven(x: number): number {
  const up = Math.round(x); // ties go up
  return up - x === 0.5 && up % 2 !== 0 ? up - 1 : up;
}

/** y = floor(x), constant between its jumps  =>  dx = 0 */
export const floorOp = unary("floor", each(Math.floor), [], { x: (dy) => dy.zeros() }, "numeric");
/** y = ceil(x), constant between its jumps  =>  dx = 0 */
export const ceilOp = unary("ceil", each(Math.ceil), [], { x: (dy) => dy.zeros() }, "numeric");
/** y = x rounded, ties to even; constant between its jumps  =>  dx = 0 */
export const roundOp = unary("round", each(roundHalfEven), [], { x: (dy) => dy.zeros() }, "numeric");

/**
 * y = min(max(x, p), q)  =>  dx = dy where p <= x <= q. The slope jumps and is constant elsewhere: x counts as a
 * constant in the second derivative.
 */
export const clampOp = unary(
  "clamp",
  each((x, p, q) => Math.min(Math.max(x, p), q)),
  ["x"],
  { x: (dy, { x }, bounds) => clampGrad(dy, x.detach(), bounds) },
  "numeric",
);
/** dx = dy where p <= s <= q, else 0  =>  ddy = the same of ddx */
export const clampGradOp = unaryGradient(
  "clampGrad",
  eachGradient((dy, x, p, q) => (x >= p && x <= q ? dy : 0)),
  ["s"],
  { dy: (ddx, { s }, bounds) => clampGrad(ddx, s, bounds), s: null },
);

const clampGrad = (dy: Tensor, x: Tensor, bounds: Coefficients): Tensor => apply(clampGradOp, [dy, x], bounds);

/** The largest integer not above x. Integers stay as they are; bool counts as int32. The gradient is 0. */
export const floor = (x: Tensor): Tensor => apply(floorOp, [x], none);
/** The smallest integer not below x. Integers stay as they are; bool counts as int32. The gradient is 0. */
export const ceil = (x: Tensor): Tensor => apply(ceilOp, [x], none);
/** The nearest integer; ties go to the even one. Integers stay as they are; bool counts as int32. The gradient is 0. */
export const round = (x: Tensor): Tensor => apply(roundOp, [x], none);

/** The options of `clamp`: one bound or both. */
export interface ClampOptions {
  /** The lower bound. Default: none. */
  readonly min?: number;
  /** The upper bound; if it is below `min`, it wins. Default: none. */
  readonly max?: number;
}

/**
 * x limited to [min, max]. Integers stay integers if the bounds are integers. The gradient passes where x is between
 * the bounds or equal to one.
 *
 * @throws ArgumentError if neither bound is given
 */
export function clamp(x: Tensor, options: ClampOptions): Tensor {
  const { min, max } = options;
  const bounds = [min, max].filter((bound) => bound !== undefined);
  if (bounds.length === 0) throw new ArgumentError("clamp: at least one of min and max is required");
  const dtype = bounds.reduce(promoteNumber, x.dtype);
  const parameters = [nearest(dtype, min ?? Number.NEGATIVE_INFINITY), nearest(dtype, max ?? Number.POSITIVE_INFINITY)];
  return apply(clampOp, [x.cast(dtype)], parameters);
}
