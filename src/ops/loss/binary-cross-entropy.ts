/**
 * The binary cross-entropy, from probabilities (a fused op) and from logits (a composition). Losses for several classes
 * are in cross-entropy.ts.
 */
import { apply } from "../../core/apply.js";
import { ShapeError } from "../../core/errors.js";
import type { Numbers } from "../../core/loops/numbers.js";
import { defineOp, type Op } from "../../core/op.js";
import { broadcastShapes, type Shape, sameShape, show, sizeOf } from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";
import { checkReduction, checkSameShape, type LossOptions, reduceLosses } from "./loss-options.js";

/** Smaller logarithms count as this one, so that a loss is finite if p is 0 or 1 and wrong; as in PyTorch. */
const leastLog = -100;
/** Smaller values of p (1 - p) count as this one in the gradient; as in PyTorch, which holds it in float32. */
const leastSlope = Math.fround(1e-12);

/** y = -t ln p - (1 - t) ln(1 - p)  =>  dp = dy (p - t) / (p (1 - p)),  dt = dy (ln(1 - p) - ln p) */
export const binaryCrossEntropyOp = defineOp({
  name: "binaryCrossEntropy",
  inputs: ["p", "target"],
  types: { p: "float", target: "float" },
  save: ["p", "target"],
  infer: ({ p }) => ({ shape: p.shape, dtype: p.dtype }),
  args: (_, y) => [sizeOf(y.shape)],
  cpu(p: Numbers, target: Numbers, y: Numbers, n: number) {
    for (let i = 0; i < n; i++) {
      const logP = Math.max(Math.log(p[i]), leastLog);
      const logQ = Math.max(Math.log1p(-p[i]), leastLog);
      y[i] = (target[i] - 1) * logQ - target[i] * logP;
    }
  },
  vjp: {
    p: (dy, { p, target }) => apply(binaryCrossEntropyGradOp, [dy, p, target], undefined),
    target: (dy, { p }) => dy.mul(p.neg().log1p().maximum(leastLog).sub(p.log().maximum(leastLog))),
  },
});

/**
 * With v = p (1 - p): y = dy (p - t) / v
 *   =>  d(dy) = ddp (p - t) / v, the same kernel;  dp = ddp dy (1 - (p - t) (1 - 2p) / v) / v;  dt = -ddp dy / v
 */
export const binaryCrossEntropyGradOp: Op<void> = defineOp<"dy" | "p" | "target", "dy" | "p" | "target">({
  name: "binaryCrossEntropyGrad",
  inputs: ["dy", "p", "target"],
  types: { dy: "float", p: "float", target: "float" },
  save: ["dy", "p", "target"],
  infer: ({ p }) => ({ shape: p.shape, dtype: p.dtype }),
  args: (_, y) => [sizeOf(y.shape)],
  cpu(dy: Numbers, p: Numbers, target: Numbers, y: Numbers, n: number) {
    for (let i = 0; i < n; i++) y[i] = (dy[i] * (p[i] - target[i])) / Math.max(p[i] * (1 - p[i]), leastSlope);
  },
  vjp: {
    dy: (ddp, { p, target }) => apply(binaryCrossEntropyGradOp, [ddp, p, target], undefined),
    p(ddp, { dy, p, target }) {
      const v = slope(p);
      const bend = p.sub(target).mul(p.mul(-2).add(1)).div(v);
      return ddp.mul(dy).mul(bend.neg().add(1)).div(v);
    },
    target: (ddp, { dy, p }) => ddp.mul(dy).div(slope(p)).neg(),
  },
});

const slope = (p: Tensor): Tensor => p.mul(p.neg().add(1)).maximum(leastSlope);

/** The options of `binaryCrossEntropy`. */
export interface BinaryCrossEntropyOptions extends LossOptions {
  /** A factor on each loss, which broadcasts to the shape of the input. Default: none. */
  readonly weight?: Tensor | null;
}

const weigh = (losses: Tensor, weight: Tensor | null | undefined): Tensor => (weight ? losses.mul(weight) : losses);

/** Throws unless the weight stretches to the shape of the losses: the other way round it would repeat them. */
function checkWeight(op: string, name: string, weight: Tensor | null | undefined, shape: Shape): void {
  if (weight && !sameShape(broadcastShapes(op, weight.shape, shape), shape))
    throw new ShapeError(`${op}: ${name} ${show(weight.shape)} does not broadcast to the input ${show(shape)}`);
}

/**
 * The binary cross-entropy, -target ln p - (1 - target) ln(1 - p). Logarithms below -100 count as -100, so that losses
 * stay finite. For probabilities that come from a sigmoid, `binaryCrossEntropyWithLogits` is more accurate.
 *
 * @param p - probabilities of any shape; outside [0, 1] the loss is NaN
 * @param target - from 0 to 1, of the same shape
 * @returns a scalar, or the shape of `p` with reduction "none"
 * @throws ShapeError if the shapes differ, or a weight does not broadcast to them
 */
export function binaryCrossEntropy(p: Tensor, target: Tensor, options: BinaryCrossEntropyOptions = {}): Tensor {
  const { weight, reduction = "mean" } = options;
  checkReduction("binaryCrossEntropy", reduction);
  checkSameShape("binaryCrossEntropy", p, target);
  checkWeight("binaryCrossEntropy", "weight", weight, p.shape);
  return reduceLosses(weigh(apply(binaryCrossEntropyOp, [p, target], undefined), weight), reduction);
}

/** The options of `binaryCrossEntropyWithLogits`. */
export interface BinaryCrossEntropyWithLogitsOptions extends BinaryCrossEntropyOptions {
  /**
   * A factor on the loss of positives, which broadcasts to the shape of the input: above 1 it trades precision for
   * recall. Default: none.
   */
  readonly posWeight?: Tensor | null;
}

/** Exact everywhere: no x is large enough to count as its own softplus. */
const exactSoftplus = (x: Tensor): Tensor => x.softplus({ threshold: Number.POSITIVE_INFINITY });

/**
 * The binary cross-entropy of p = sigmoid(logits), -target ln p - (1 - target) ln(1 - p), without overflow.
 *
 * @param logits - of any shape
 * @param target - from 0 to 1, of the same shape
 * @returns a scalar, or the shape of `logits` with reduction "none"
 * @throws ShapeError if the shapes differ, or a weight does not broadcast to them
 */
export function binaryCrossEntropyWithLogits(
  logits: Tensor,
  target: Tensor,
  options: BinaryCrossEntropyWithLogitsOptions = {},
): Tensor {
  const { weight, posWeight, reduction = "mean" } = options;
  checkReduction("binaryCrossEntropyWithLogits", reduction);
  checkSameShape("binaryCrossEntropyWithLogits", logits, target);
  checkWeight("binaryCrossEntropyWithLogits", "weight", weight, logits.shape);
  checkWeight("binaryCrossEntropyWithLogits", "posWeight", posWeight, logits.shape);
  // -ln p = softplus(-x) and -ln(1 - p) = softplus(x)
  const positives = weigh(target.mul(exactSoftplus(logits.neg())), posWeight);
  const negatives = target.neg().add(1).mul(exactSoftplus(logits));
  return reduceLosses(weigh(positives.add(negatives), weight), reduction);
}
