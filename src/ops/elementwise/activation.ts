/**
 * Activation functions and their fused gradients: rows of the unary table, and the functions. The formulas of gelu
 * are in gelu.ts.
 */
import { apply } from "../../core/apply.js";
import { ArgumentError } from "../../core/errors.js";
import type { Numbers } from "../../core/loops/numbers.js";
import { checkFinite } from "../../core/option-checks.js";
import type { Tensor } from "../../tensor.js";
import { type Coefficients, each, eachGradient, none, unary, unaryGradient } from "./elementwise.js";
import { geluGradOf, geluOf, slopeOfGeluGrad } from "./gelu.js";
import { where } from "./logical.js";

const sigmoidOf = (x: number): number => 1 / (1 + Math.exp(-x));

/** y = 1 / (1 + e^-x)  =>  dx = dy y (1 - y) */
export const sigmoidOp = unary("sigmoid", each(sigmoidOf), ["y"], { x: (dy, { y }) => sigmoidGrad(dy, y) });
/** dx = dy y (1 - y)  =>  ddy = ddx y (1 - y), y: ddx dy (1 - 2 y) */
export const sigmoidGradOp = unaryGradient(
  "sigmoidGrad",
  eachGradient((dy, y) => dy * y * (1 - y)),
  ["dy", "s"],
  {
    dy: (ddx, { s }) => sigmoidGrad(ddx, s),
    s: (ddx, { dy, s }) => ddx.mul(dy).mul(s.mul(-2).add(1)),
  },
);

const sigmoidGrad = (dy: Tensor, y: Tensor): Tensor => apply(sigmoidGradOp, [dy, y], none);

function reluLoop(x: Numbers, y: Numbers, n: number): void {
  for (let i = 0; i < n; i++) y[i] = x[i] <= 0 ? 0 : x[i]; // NaN stays NaN
}

function reluGradLoop(dy: Numbers, y: Numbers, dx: Numbers, n: number): void {
  for (let i = 0; i < n; i++) dx[i] = y[i] <= 0 ? 0 : dy[i];
}

/**
 * y = max(x, 0)  =>  dx = dy where y > 0. The slope jumps at 0 and is constant elsewhere: y counts as a constant in
 * the second derivative. The same holds for leakyRelu.
 */
export const reluOp = unary("relu", reluLoop, ["y"], { x: (dy, { y }) => reluGrad(dy, y.detach()) }, "numeric");
/** dx = dy where s > 0, else 0  =>  ddy = the same of ddx */
export const reluGradOp = unaryGradient("reluGrad", reluGradLoop, ["s"], {
  dy: (ddx, { s }) => reluGrad(ddx, s),
  s: null,
});

const reluGrad = (dy: Tensor, y: Tensor): Tensor => apply(reluGradOp, [dy, y], none);

/** y = x where x > 0, p x elsewhere  =>  dx = dy, p dy */
export const leakyReluOp = unary(
  "leakyRelu",
  each((x, p) => (x > 0 ? x : p * x)),
  ["x"],
  { x: (dy, { x }, slope) => leakyReluGrad(dy, x.detach(), slope) },
);
/** dx = dy where s > 0, p dy elsewhere  =>  ddy = the same of ddx */
export const leakyReluGradOp = unaryGradient(
  "leakyReluGrad",
  eachGradient((dy, x, p) => (x > 0 ? dy : p * dy)),
  ["s"],
  { dy: (ddx, { s }, slope) => leakyReluGrad(ddx, s, slope), s: null },
);

const leakyReluGrad = (dy: Tensor, x: Tensor, slope: Coefficients): Tensor => apply(leakyReluGradOp, [dy, x], slope);

/** y = q x where x > 0, p (e^x - 1) elsewhere  =>  dx = dy q, dy p e^x */
export const eluOp = unary(
  "elu",
  each((x, p, q) => (x <= 0 ? p * Math.expm1(x) : q * x)),
  ["x"],
  { x: (dy, { x }, scales) => eluGrad(dy, x, scales) },
);
/** dx = dy q, dy p e^x  =>  ddy = ddx q, ddx p e^x;  x: 0, ddx dy p e^x, which is the same function with q = 0 */
export const eluGradOp = unaryGradient(
  "eluGrad",
  eachGradient((dy, x, p, q) => (x <= 0 ? dy * p * Math.exp(x) : q * dy)),
  ["dy", "s"],
  {
    dy: (ddx, { s }, scales) => eluGrad(ddx, s, scales),
    s: (ddx, { dy, s }, [p]) => eluGrad(ddx.mul(dy), s, [p, 0]),
  },
);

const eluGrad = (dy: Tensor, x: Tensor, scales: Coefficients): Tensor => apply(eluGradOp, [dy, x], scales);

/** y = x Phi(x)  =>  dx = dy (Phi(x) + x phi(x)); see gelu.ts */
export const geluOp = unary("gelu", each(geluOf), ["x"], { x: (dy, { x }, flag) => geluGrad(dy, x, flag) });
/** dx = dy y'(s)  =>  ddy = ddx y'(s),  s: ddx dy y''(s); see gelu.ts */
export const geluGradOp = unaryGradient("geluGrad", eachGradient(geluGradOf), ["dy", "s"], {
  dy: (ddx, { s }, flag) => geluGrad(ddx, s, flag),
  s: (ddx, { dy, s }, [useTanh]) => ddx.mul(dy).mul(slopeOfGeluGrad(s, useTanh === 1)),
});

const geluGrad = (dy: Tensor, x: Tensor, flag: Coefficients): Tensor => apply(geluGradOp, [dy, x], flag);

/** y = x s with s = sigmoid(x)  =>  dx = dy s (1 + x (1 - s)) */
export const siluOp = unary(
  "silu",
  each((x) => x / (1 + Math.exp(-x))),
  ["x"],
  { x: (dy, { x }) => siluGrad(dy, x) },
);
/** dx = dy s (1 + x (1 - s))  =>  ddy = ddx s (1 + x (1 - s)),  x: ddx dy s (1 - s) (2 + x (1 - 2 s)) */
export const siluGradOp = unaryGradient(
  "siluGrad",
  eachGradient((dy, x) => {
    const s = sigmoidOf(x);
    return dy * s * (1 + x * (1 - s));
  }),
  ["dy", "s"],
  {
    dy: (ddx, { s }) => siluGrad(ddx, s),
    s: (ddx, { dy, s: x }) => {
      const s = x.sigmoid();
      return sigmoidGrad(ddx.mul(dy), s).mul(s.mul(-2).add(1).mul(x).add(2));
    },
  },
);

const siluGrad = (dy: Tensor, x: Tensor): Tensor => apply(siluGradOp, [dy, x], none);

/** y = ln(1 + e^(p x)) / p, or x where p x > q  =>  dx = dy sigmoid(p x), or dy */
export const softplusOp = unary(
  "softplus",
  each((x, p, q) => (p * x > q ? x : (Math.max(p * x, 0) + Math.log1p(Math.exp(-Math.abs(p * x)))) / p)),
  ["x"],
  { x: (dy, { x }, parameters) => softplusGrad(dy, x, parameters) },
);
/** dx = dy s with s = sigmoid(p x), or dy  =>  ddy = ddx s, or ddx;  x: ddx dy p s (1 - s), or 0 */
export const softplusGradOp = unaryGradient(
  "softplusGrad",
  eachGradient((dy, x, p, q) => (p * x > q ? dy : dy * sigmoidOf(p * x))),
  ["dy", "s"],
  {
    dy: (ddx, { s }, parameters) => softplusGrad(ddx, s, parameters),
    s: (ddx, { dy, s }, [p, q]) => {
      const scaled = s.mul(p);
      return where(scaled.gt(q), 0, sigmoidGrad(ddx.mul(dy), scaled.sigmoid()).mul(p));
    },
  },
);

const softplusGrad = (dy: Tensor, x: Tensor, parameters: Coefficients): Tensor =>
  apply(softplusGradOp, [dy, x], parameters);

/** The logistic function 1 / (1 + e^-x), element by element. Integers and bool give float32. */
export const sigmoid = (x: Tensor): Tensor => apply(sigmoidOp, [x], none);

/** The rectifier max(x, 0), element by element. Integers stay integers; bool counts as int32. The gradient at 0 is 0. */
export const relu = (x: Tensor): Tensor => apply(reluOp, [x], none);

/** The options of `leakyRelu`. */
export interface LeakyReluOptions {
  /** The slope below 0. Default 0.01. */
  readonly negativeSlope?: number;
}

/**
 * x above 0, negativeSlope x below: Maas, Hannun and Ng, "Rectifier nonlinearities improve neural network acoustic
 * models" (2013). Integers and bool give float32. The gradient at 0 is `negativeSlope`.
 *
 * @throws ArgumentError if the slope is not finite
 */
export const leakyRelu = (x: Tensor, options: LeakyReluOptions = {}): Tensor => {
  const { negativeSlope = 0.01 } = options;
  return apply(leakyReluOp, [x], [checkFinite("leakyRelu", "negativeSlope", negativeSlope)]);
};

/** The options of `elu`. */
export interface EluOptions {
  /** The limit at minus infinity is -alpha. Default 1. */
  readonly alpha?: number;
}

/**
 * The exponential linear unit, x above 0 and alpha (e^x - 1) below: Clevert, Unterthiner and Hochreiter (2015,
 * arXiv:1511.07289). Integers and bool give float32.
 *
 * @throws ArgumentError if alpha is not finite
 */
export const elu = (x: Tensor, options: EluOptions = {}): Tensor => {
  const { alpha = 1 } = options;
  return apply(eluOp, [x], [checkFinite("elu", "alpha", alpha), 1]);
};

const seluScale = 1.0507009873554805;
const seluAlpha = 1.6732632423543772;

/**
 * The scaled exponential linear unit, an `elu` scaled so that activations keep mean 0 and variance 1: Klambauer,
 * Unterthiner, Mayr and Hochreiter, "Self-normalizing neural networks" (2017, arXiv:1706.02515). Integers and bool give
 * float32.
 */
export const selu = (x: Tensor): Tensor => apply(eluOp, [x], [seluScale * seluAlpha, seluScale]);

/** The options of `gelu`. */
export interface GeluOptions {
  /** "none" for the error function, "tanh" for the approximation that GPT-2 uses. Default "none". */
  readonly approximate?: "none" | "tanh";
}

/**
 * The Gaussian error linear unit x Phi(x), where Phi is the distribution function of the standard normal distribution:
 * Hendrycks and Gimpel (2016, arXiv:1606.08415). Integers and bool give float32.
 *
 * @throws ArgumentError for another `approximate`
 */
export function gelu(x: Tensor, options: GeluOptions = {}): Tensor {
  const { approximate = "none" } = options;
  if (approximate !== "none" && approximate !== "tanh")
    throw new ArgumentError(`gelu: approximate must be "none" or "tanh", got ${JSON.stringify(approximate)}`);
  return apply(geluOp, [x], [approximate === "tanh" ? 1 : 0]);
}

/**
 * The sigmoid linear unit x sigmoid(x), also called swish: Hendrycks and Gimpel (2016, arXiv:1606.08415), Ramachandran
 * et al. (2017, arXiv:1710.05941). Integers and bool give float32.
 */
export const silu = (x: Tensor): Tensor => apply(siluOp, [x], none);

/** The options of `softplus`. */
export interface SoftplusOptions {
  /** The sharpness of the bend at 0; must not be 0. Default 1. */
  readonly beta?: number;
  /** The result is x if beta x is larger than this. Default 20. */
  readonly threshold?: number;
}

/**
 * ln(1 + e^(beta x)) / beta, a smooth `relu`. Integers and bool give float32.
 *
 * @throws ArgumentError if beta is 0 or not finite, or threshold is NaN
 */
export function softplus(x: Tensor, options: SoftplusOptions = {}): Tensor {
  const { beta = 1, threshold = 20 } = options;
  if (!Number.isFinite(beta) || beta === 0)
    throw new ArgumentError(`softplus: beta must be finite and must not be 0, got ${beta}`);
  if (Number.isNaN(threshold)) throw new ArgumentError("softplus: threshold must not be NaN");
  return apply(softplusOp, [x], [beta, threshold]);
}
