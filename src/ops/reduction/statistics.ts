/**
 * Statistics over axes: variance, standard deviation, logsumexp and vector norms. Gradient clipping and
 * `cosineSimilarity` call `norm`. The ops that normalize are in ops/normalization.
 */
import { apply } from "../../core/apply.js";
import { isFloat } from "../../core/dtype.js";
import { ArgumentError } from "../../core/errors.js";
import type { Numbers } from "../../core/loops/numbers.js";
import { defineOp } from "../../core/op.js";
import { checkFinite } from "../../core/option-checks.js";
import { type Axes, sizeOf } from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";
import { exponentialsAbout, maxima, powers, squaresAbout, sums } from "./folds.js";
import {
  checkTerms,
  countTerms,
  type ReduceAttrs,
  type ReduceOptions,
  reduceAttrs,
  reduceDims,
  reducedMeta,
  reduceInto,
  unreduce,
} from "./reduction.js";

/** The options of `variance` and `std`. */
export interface VarianceOptions extends ReduceOptions {
  /** Subtracted from the number of elements in the divisor: 1 for a sample, 0 for a whole population. Default 1. */
  readonly correction?: number;
}

interface VarianceAttrs extends ReduceAttrs {
  readonly correction: number;
}

function varianceAttrs(name: string, x: Tensor, axes: Axes, options: VarianceOptions): VarianceAttrs {
  const { correction = 1 } = options;
  return { ...reduceAttrs(name, x, axes, options), correction: checkFinite(name, "correction", correction) };
}

/** n - correction, which may be 0 (and the variance then infinite or NaN) but not negative. */
const degreesOfFreedom = (n: number, correction: number): number => Math.max(0, n - correction);

/** x - mean(x). */
const centred = (x: Tensor, { axes }: ReduceAttrs): Tensor => x.sub(x.mean(axes, { keepDims: true }));

/** Two passes, the mean first: the squares of the distances do not cancel, however far the mean is from 0. */
function varianceInto(
  x: Numbers,
  y: Numbers,
  dims: readonly number[],
  reduced: readonly number[],
  correction: number,
  finish: (variance: number) => number,
): void {
  const n = sizeOf(dims.filter((_, axis) => reduced[axis]));
  const means = new Float64Array(y.length);
  reduceInto(x, means, dims, reduced, sums, (sum) => sum / n);
  const divisor = degreesOfFreedom(n, correction);
  reduceInto(x, y, dims, reduced, squaresAbout(means), (sum) => finish(sum / divisor));
}

/** y = sum (x - m)^2 / (n - c), m = mean x  =>  dx = dy 2 (x - m) / (n - c) */
export const varianceOp = defineOp({
  name: "variance",
  inputs: ["x"],
  types: { x: "float" },
  save: ["x"],
  infer: (inputs, attrs: VarianceAttrs) => reducedMeta(inputs, attrs),
  args: ({ x }, _, { axes, correction }) => [...reduceDims(x.shape, axes), correction],
  cpu(x: Numbers, y: Numbers, dims: readonly number[], reduced: readonly number[], correction: number) {
    varianceInto(x, y, dims, reduced, correction, (variance) => variance);
  },
  vjp: {
    x(dy, { x }, attrs) {
      const scale = 2 / degreesOfFreedom(countTerms(attrs.from, attrs.axes), attrs.correction);
      return centred(x, attrs).mul(unreduce(dy.mul(scale), attrs));
    },
  },
});

/**
 * The variance over `axes`, sum (x - mean)^2 / (n - correction); over all axes if none are given. Integers and bool
 * give float32. With n <= correction it is NaN or infinite.
 *
 * @throws ShapeError for axes that `x` does not have, ArgumentError for a correction that is not finite
 */
export const variance = (x: Tensor, axes?: Axes, options: VarianceOptions = {}): Tensor =>
  apply(varianceOp, [x], varianceAttrs("variance", x, axes, options));

/** y = sqrt(variance)  =>  dx = dy (x - m) / ((n - c) y), and 0 where y = 0 */
export const stdOp = defineOp({
  name: "std",
  inputs: ["x"],
  types: { x: "float" },
  save: ["x", "y"],
  infer: (inputs, attrs: VarianceAttrs) => reducedMeta(inputs, attrs),
  args: ({ x }, _, { axes, correction }) => [...reduceDims(x.shape, axes), correction],
  cpu(x: Numbers, y: Numbers, dims: readonly number[], reduced: readonly number[], correction: number) {
    varianceInto(x, y, dims, reduced, correction, Math.sqrt);
  },
  vjp: {
    x(dy, { x, y }, attrs) {
      const divisor = degreesOfFreedom(countTerms(attrs.from, attrs.axes), attrs.correction);
      return centred(x, attrs).mul(unreduce(dy.div(infinityForZero(y)).div(divisor), attrs));
    },
  },
});

/**
 * The standard deviation over `axes`, the square root of `variance`. Integers and bool give float32. The gradient is 0
 * where the standard deviation is 0.
 *
 * @throws ShapeError for axes that `x` does not have, ArgumentError for a correction that is not finite
 */
export const std = (x: Tensor, axes?: Axes, options: VarianceOptions = {}): Tensor =>
  apply(stdOp, [x], varianceAttrs("std", x, axes, options));

/** A divisor whose quotients are 0, and so are their derivatives, where it is 0. */
const infinityForZero = (y: Tensor): Tensor => y.eq(0).where(Number.POSITIVE_INFINITY, y);

/** y = log sum e^x  =>  dx = dy e^(x - y) */
export const logsumexpOp = defineOp({
  name: "logsumexp",
  inputs: ["x"],
  types: { x: "float" },
  save: ["x", "y"],
  infer: (inputs, attrs: ReduceAttrs) => reducedMeta(inputs, attrs),
  args: ({ x }, _, { axes }) => reduceDims(x.shape, axes),
  // log sum e^x = m + log sum e^(x - m), with m = max x, so that no exponential overflows.
  cpu(x: Numbers, y: Numbers, dims: readonly number[], reduced: readonly number[]) {
    const maxes = new Float64Array(y.length);
    reduceInto(x, maxes, dims, reduced, maxima, (max) => (Number.isFinite(max) ? max : 0));
    reduceInto(x, y, dims, reduced, exponentialsAbout(maxes), (sum, at) => maxes[at] + Math.log(sum));
  },
  // If every x is -inf, y is -inf too and dx = 0.
  vjp: {
    x(dy, { x, y }, attrs) {
      const finite = y.eq(Number.NEGATIVE_INFINITY).where(0, y);
      return x.sub(unreduce(finite, attrs)).exp().mul(unreduce(dy, attrs));
    },
  },
});

/**
 * log(sum(exp(x))) over `axes`, without overflow; over all axes if none are given. Integers and bool give float32. If
 * all elements are -infinity, or there are none, it is -infinity with a gradient of 0.
 *
 * @throws ShapeError for axes that `x` does not have
 */
export const logsumexp = (x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor =>
  apply(logsumexpOp, [x], reduceAttrs("logsumexp", x, axes, options));

/** The options of `norm`. */
export interface NormOptions extends ReduceOptions {
  /** The order: any number, or an infinity. Default 2, the Euclidean norm. */
  readonly p?: number;
}

interface NormAttrs extends ReduceAttrs {
  readonly p: number;
}

/** For a p other than 0, 1 and the infinities. */
export const normOp = defineOp({
  name: "norm",
  inputs: ["x"],
  types: { x: "float" },
  save: ["x", "y"],
  infer: (inputs, attrs: NormAttrs) => reducedMeta(inputs, attrs),
  args: ({ x }, _, { axes, p }) => [...reduceDims(x.shape, axes), p],
  cpu(x: Numbers, y: Numbers, dims: readonly number[], reduced: readonly number[], p: number) {
    reduceInto(x, y, dims, reduced, powers(p), p === 2 ? Math.sqrt : (sum) => sum ** (1 / p));
  },
  // y = (sum |x|^p)^(1/p)  =>  dx = dy sign(x) (|x| / y)^(p - 1), and 0 where x or y is 0; for p = 2, dx = dy x / y
  vjp: {
    x(dy, { x, y }, attrs) {
      const { p } = attrs;
      if (p === 2) return x.mul(unreduce(dy.div(infinityForZero(y)), attrs));
      const power =
        p > 1
          ? x
              .abs()
              .div(unreduce(infinityForZero(y), attrs))
              .pow(p - 1)
          : unreduce(y, attrs)
              .div(infinityForZero(x.abs()))
              .pow(1 - p);
      return x.sign().mul(power).mul(unreduce(dy, attrs));
    },
  },
});

/**
 * The vector norm over `axes`, (sum |x|^p)^(1/p); over all axes if none are given. For p = Infinity it is the largest
 * |x|, for -Infinity the smallest, for 0 the number of elements that are not 0. The gradient is 0 where the norm is 0.
 * Integers and bool give float32.
 *
 * @throws ShapeError for axes that `x` does not have, or for empty axes if p is negative or infinite; ArgumentError if
 *   p is not a number
 */
export function norm(x: Tensor, axes?: Axes, options: NormOptions = {}): Tensor {
  const { p = 2, ...reduction } = options;
  if (typeof p !== "number" || Number.isNaN(p)) throw new ArgumentError(`norm: p must be a number, got ${p}`);
  const attrs = { ...reduceAttrs("norm", x, axes, reduction), p };
  if (p < 0 || p === Number.POSITIVE_INFINITY) checkTerms("norm", x.shape, attrs.axes);
  const floats = isFloat(x.dtype) ? x : x.cast("float32");
  if (p === 0) return x.ne(0).cast(floats.dtype).sum(axes, reduction);
  if (p === 1) return floats.abs().sum(axes, reduction);
  if (Number.isFinite(p)) return apply(normOp, [floats], attrs);
  return p > 0 ? floats.abs().max(axes, reduction) : floats.abs().min(axes, reduction);
}
