/** In-place updates: the copy, and the steps of SGD and of the Adam family. The classes in src/optim call the
 * steps; copy.ts and the batch norm of nn call the copy. */
import { defineUpdate } from "../../core/op.js";
import { type Counter, type NumberLists, type Rate, slopeAt } from "./step-operands.js";

/** target = source, in the target's dtype. */
export const copyUpdate = defineUpdate({
  name: "copy",
  inputs: ["source"],
  targets: ["target"],
  args: () => [],
  cpu(sources: NumberLists, targets: NumberLists) {
    for (let t = 0; t < sources.length; t++) targets[t].set(sources[t]);
  },
});

/** The numbers of the SGD update. */
export interface SgdAttrs {
  /** The factor of the penalty weightDecay p^2 / 2 on the loss. */
  readonly weightDecay: number;
}

/** Gradient descent: g += weightDecay p;  p -= lr g */
export const sgdUpdate = defineUpdate({
  name: "sgd",
  inputs: ["gradient"],
  targets: ["parameter"],
  shared: ["rate"],
  args: ({ weightDecay }: SgdAttrs) => [weightDecay],
  cpu(gradients: NumberLists, parameters: NumberLists, [lr]: Rate, weightDecay: number) {
    for (let t = 0; t < parameters.length; t++) {
      const [g, p] = [gradients[t], parameters[t]];
      for (let i = 0; i < p.length; i++) p[i] -= lr * slopeAt(g, p, i, weightDecay);
    }
  },
});

/** The numbers of the SGD update with momentum. */
export interface MomentumAttrs extends SgdAttrs {
  /** The decay of the velocity. */
  readonly momentum: number;
  /** A gradient enters the velocity with the factor 1 - dampening, except in the first step. */
  readonly dampening: number;
  /** Whether to use Nesterov's form. */
  readonly nesterov: boolean;
}

/**
 * Gradient descent with momentum (Polyak 1964), or Nesterov's form of it (Sutskever et al. 2013), as in PyTorch:
 *
 *     g += weightDecay p
 *     v = momentum v + (1 - dampening) g      in the first step v = g
 *     p -= lr v                               Nesterov: lr (g + momentum v)
 */
export const sgdMomentumUpdate = defineUpdate({
  name: "sgdMomentum",
  inputs: ["gradient"],
  targets: ["parameter", "velocity"],
  shared: ["rate", "counter"],
  args: ({ weightDecay, momentum, dampening, nesterov }: MomentumAttrs) => [
    weightDecay,
    momentum,
    dampening,
    +nesterov,
  ],
  cpu(
    gradients: NumberLists,
    parameters: NumberLists,
    velocities: NumberLists,
    [lr]: Rate,
    counter: Counter,
    weightDecay: number,
    momentum: number,
    dampening: number,
    nesterov: number,
  ) {
    const first = ++counter[0] === 1;
    for (let t = 0; t < parameters.length; t++) {
      const [g, p, v] = [gradients[t], parameters[t], velocities[t]];
      for (let i = 0; i < p.length; i++) {
        const slope = slopeAt(g, p, i, weightDecay);
        const velocity = first ? slope : momentum * v[i] + (1 - dampening) * slope;
        v[i] = velocity;
        p[i] -= lr * (nesterov ? slope + momentum * velocity : velocity);
      }
    }
  },
});

/** The numbers of the Adam family. */
export interface AdamAttrs {
  /** The decay of the mean of the gradient. */
  readonly beta1: number;
  /** The decay of the mean of its square. */
  readonly beta2: number;
  /** Added to the divisor. */
  readonly eps: number;
  /** A penalty on the loss (Adam), or how much a step shrinks the weights, times lr (AdamW). */
  readonly weightDecay: number;
}

const adamArgs = ({ beta1, beta2, eps, weightDecay }: AdamAttrs): number[] => [beta1, beta2, eps, weightDecay];

/**
 * The loop of the Adam family (Kingma and Ba 2015):
 *
 *     g += weightDecay p                      decoupled: p *= 1 - lr weightDecay
 *     m = beta1 m + (1 - beta1) g
 *     v = beta2 v + (1 - beta2) g^2
 *     w = max(w, v)                           AMSGrad only; w = v otherwise
 *     p -= lr m / (1 - beta1^step) / (sqrt(w / (1 - beta2^step)) + eps)
 *
 * The averages start at 0, which `1 - beta^step` corrects; step counts from 1.
 */
function adamLoop(
  decoupled: boolean,
  gradients: NumberLists,
  parameters: NumberLists,
  means: NumberLists,
  variances: NumberLists,
  maxima: NumberLists | null,
  [lr]: Rate,
  counter: Counter,
  beta1: number,
  beta2: number,
  eps: number,
  weightDecay: number,
): void {
  const step = ++counter[0];
  const shrink = decoupled ? 1 - lr * weightDecay : 1;
  const penalty = decoupled ? 0 : weightDecay;
  const stepSize = lr / (1 - beta1 ** step);
  const scale = Math.sqrt(1 - beta2 ** step);
  for (let t = 0; t < parameters.length; t++) {
    const [g, p, m, v] = [gradients[t], parameters[t], means[t], variances[t]];
    const w = maxima === null ? null : maxima[t];
    for (let i = 0; i < p.length; i++) {
      const slope = slopeAt(g, p, i, penalty);
      const mean = m[i] + (slope - m[i]) * (1 - beta1);
      const variance = beta2 * v[i] + (1 - beta2) * slope * slope;
      const largest = w === null ? variance : Math.max(w[i], variance);
      m[i] = mean;
      v[i] = variance;
      if (w !== null) w[i] = largest;
      p[i] = p[i] * shrink - (stepSize * mean) / (Math.sqrt(largest) / scale + eps);
    }
  }
}

type AdamNumbers = [rate: Rate, counter: Counter, beta1: number, beta2: number, eps: number, weightDecay: number];

/** A row of the Adam family. */
const adamFamily = (name: string, decoupled: boolean) =>
  defineUpdate({
    name,
    inputs: ["gradient"],
    targets: ["parameter", "mean", "variance"],
    shared: ["rate", "counter"],
    args: adamArgs,
    cpu(g: NumberLists, p: NumberLists, m: NumberLists, v: NumberLists, ...numbers: AdamNumbers) {
      adamLoop(decoupled, g, p, m, v, null, ...numbers);
    },
  });

/** A row of the AMSGrad family (Reddi, Kale and Kumar 2018), which divides by the largest variance so far. */
const amsgradFamily = (name: string, decoupled: boolean) =>
  defineUpdate({
    name,
    inputs: ["gradient"],
    targets: ["parameter", "mean", "variance", "maximum"],
    shared: ["rate", "counter"],
    args: adamArgs,
    cpu(g: NumberLists, p: NumberLists, m: NumberLists, v: NumberLists, w: NumberLists, ...numbers: AdamNumbers) {
      adamLoop(decoupled, g, p, m, v, w, ...numbers);
    },
  });

/** Adam, with weight decay as a penalty on the loss. */
export const adamUpdate = adamFamily("adam", false);
/** AdamW: decay shrinks the weights directly (Loshchilov and Hutter 2019). */
export const adamWUpdate = adamFamily("adamW", true);
/** AMSGrad, with weight decay as a penalty on the loss. */
export const amsgradUpdate = amsgradFamily("amsgrad", false);
/** AMSGrad, with decay that shrinks the weights directly, as in AdamW. */
export const amsgradWUpdate = amsgradFamily("amsgradW", true);
