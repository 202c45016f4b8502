/**
 * Losses that are compositions of other ops and need no kernel: squared and absolute error, Huber, Kullback-Leibler,
 * hinge, and the cosine similarity.
 */
import { ArgumentError } from "../../core/errors.js";
import { checkEps, checkFinite } from "../../core/option-checks.js";
import { broadcastShapes, normalizeAxis } from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";
import { checkReduction, checkSameShape, type LossOptions, type Reduction, reduceLosses } from "./loss-options.js";

/**
 * The squared error, (input - target)^2.
 *
 * @param target - of the shape of `input`; losses do not broadcast
 * @returns a scalar, or the shape of `input` with reduction "none"
 * @throws ShapeError if the shapes differ
 */
export function mse(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  const { reduction = "mean" } = options;
  checkReduction("mse", reduction);
  checkSameShape("mse", input, target);
  return reduceLosses(input.sub(target).square(), reduction);
}

/**
 * The absolute error, |input - target|. Its gradient at 0 is 0.
 *
 * @param target - of the shape of `input`; losses do not broadcast
 * @returns a scalar, or the shape of `input` with reduction "none"
 * @throws ShapeError if the shapes differ
 */
export function l1(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  const { reduction = "mean" } = options;
  checkReduction("l1", reduction);
  checkSameShape("l1", input, target);
  return reduceLosses(input.sub(target).abs(), reduction);
}

/** The options of `huber`. */
export interface HuberOptions extends LossOptions {
  /** The distance at which the parabola becomes a line; above 0. Default 1. */
  readonly delta?: number;
}

/**
 * The loss of Huber (1964), quadratic near 0 and linear beyond: d^2 / 2 for d = |input - target| up to `delta`, and
 * delta (d - delta / 2) above.
 *
 * @param target - of the shape of `input`; losses do not broadcast
 * @returns a scalar, or the shape of `input` with reduction "none"
 * @throws ShapeError if the shapes differ, ArgumentError unless delta > 0
 */
export function huber(input: Tensor, target: Tensor, options: HuberOptions = {}): Tensor {
  const { delta = 1, reduction = "mean" } = options;
  checkReduction("huber", reduction);
  if (!(delta > 0)) throw new ArgumentError(`huber: delta must be positive, got ${delta}`);
  checkSameShape("huber", input, target);
  // Both pieces in one: c (d - c / 2) with c = min(d, delta).
  const d = input.sub(target).abs();
  const c = d.minimum(delta);
  return reduceLosses(c.mul(d.sub(c.div(2))), reduction);
}

/** The options of `klDivergence`. */
export interface KlDivergenceOptions {
  /** Whether the target holds logarithms too. Default false. */
  readonly logTarget?: boolean;
  /**
   * "batchMean" is the sum divided by the size of the first axis, the divergence as defined. Default "mean", over all
   * elements.
   */
  readonly reduction?: Reduction | "batchMean";
}

/**
 * The Kullback-Leibler divergence of a distribution from the target, target (ln target - input). An element is 0 where
 * the target is 0 and the input is finite.
 *
 * @param input - logarithms of probabilities
 * @param target - probabilities, or their logarithms with `logTarget`; of the shape of `input`
 * @returns a scalar, or the shape of `input` with reduction "none"
 * @throws ShapeError if the shapes differ
 */
export function klDivergence(input: Tensor, target: Tensor, options: KlDivergenceOptions = {}): Tensor {
  const { logTarget = false, reduction = "mean" } = options;
  if (reduction !== "batchMean") checkReduction("klDivergence", reduction);
  checkSameShape("klDivergence", input, target);
  // The logarithm of 1 in place of 0 keeps 0 ln 0 and its gradient finite.
  const losses = logTarget
    ? target.exp().mul(target.sub(input))
    : target.mul(target.eq(0).where(1, target).log()).sub(target.mul(input));
  if (reduction === "batchMean") return losses.sum().div(input.shape[0] ?? 1);
  return reduceLosses(losses, reduction);
}

/** The options of `hinge`. */
export interface HingeOptions extends LossOptions {
  /** The smallest score, in the direction of the target, without a loss. Default 1. */
  readonly margin?: number;
}

/**
 * The hinge loss of support vector machines, max(0, margin - target score).
 *
 * @param scores - of any shape; the sign is the decision
 * @param target - 1 or -1, of the same shape
 * @returns a scalar, or the shape of `scores` with reduction "none"
 * @throws ShapeError if the shapes differ, ArgumentError if the margin is not finite
 */
export function hinge(scores: Tensor, target: Tensor, options: HingeOptions = {}): Tensor {
  const { margin = 1, reduction = "mean" } = options;
  checkReduction("hinge", reduction);
  checkSameShape("hinge", scores, target);
  return reduceLosses(
    scores
      .mul(target)
      .neg()
      .add(checkFinite("hinge", "margin", margin))
      .relu(),
    reduction,
  );
}

/** The options of `cosineSimilarity`. */
export interface CosineSimilarityOptions {
  /** Smaller lengths count as this one, against division by 0. Default 1e-8. */
  readonly eps?: number;
}

/**
 * The cosine of the angle between vectors along an axis: a . b / (max(|a|, eps) max(|b|, eps)). The shapes broadcast.
 *
 * @param axis - the axis of the vectors, which the result does not have. Default 1
 * @throws ShapeError if the shapes do not broadcast or have no such axis, ArgumentError if eps is negative
 */
export function cosineSimilarity(a: Tensor, b: Tensor, axis = 1, options: CosineSimilarityOptions = {}): Tensor {
  const { eps = 1e-8 } = options;
  const shape = broadcastShapes("cosineSimilarity", a.shape, b.shape);
  const along = normalizeAxis("cosineSimilarity", axis, shape.length);
  const [p, q] = [a.expand(shape), b.expand(shape)];
  const length = (x: Tensor): Tensor => x.norm(along).maximum(checkEps("cosineSimilarity", eps));
  return p
    .mul(q)
    .sum(along)
    .div(length(p).mul(length(q)));
}
