/**
 * In-place updates of the adaptive optimizers RMSprop, Adagrad and Lion, and of moving averages. The classes in
 * src/optim call them; SGD and Adam are in updates.ts.
 */
import { defineUpdate } from "../../core/op.js";
import { type Counter, type NumberLists, type Rate, slopeAt } from "./step-operands.js";

/** The numbers of the RMSprop updates. */
export interface RmspropAttrs {
  /** The decay of the moving averages. */
  readonly alpha: number;
  /** Added to the divisor. */
  readonly eps: number;
  /** The factor of the penalty weightDecay p^2 / 2 on the loss. */
  readonly weightDecay: number;
  /** The decay of the velocity. Used by the updates with momentum only. */
  readonly momentum: number;
}

/**
 * The loop of the RMSprop family (Tieleman and Hinton 2012; centred: Graves 2013), as in PyTorch:
 *
 *     g += weightDecay p
 *     s = alpha s + (1 - alpha) g^2
 *     m = alpha m + (1 - alpha) g             centred only; m = 0 otherwise
 *     d = g / (sqrt(s - m^2) + eps)
 *     v = momentum v + d                      with momentum only; v = d otherwise
 *     p -= lr v
 *
 * Rounding can make s - m^2 negative. PyTorch's result is NaN then; here s - m^2 counts as 0.
 */
function rmspropLoop(
  gradients: NumberLists,
  parameters: NumberLists,
  squares: NumberLists,
  means: NumberLists | null,
  velocities: NumberLists | null,
  [lr]: Rate,
  alpha: number,
  eps: number,
  weightDecay: number,
  momentum: number,
): void {
  for (let t = 0; t < parameters.length; t++) {
    const [g, p, s] = [gradients[t], parameters[t], squares[t]];
    const m = means === null ? null : means[t];
    const v = velocities === null ? null : velocities[t];
    for (let i = 0; i < p.length; i++) {
      const slope = slopeAt(g, p, i, weightDecay);
      const square = alpha * s[i] + (1 - alpha) * slope * slope;
      const mean = m === null ? 0 : m[i] + (slope - m[i]) * (1 - alpha);
      s[i] = square;
      if (m !== null) m[i] = mean;
      const scaled = slope / (Math.sqrt(Math.max(0, square - mean * mean)) + eps);
      const velocity = v === null ? scaled : momentum * v[i] + scaled;
      if (v !== null) v[i] = velocity;
      p[i] -= lr * velocity;
    }
  }
}

type RmspropNumbers = [rate: Rate, alpha: number, eps: number, weightDecay: number];
type MomentumNumbers = [...RmspropNumbers, momentum: number];

const rmspropArgs = ({ alpha, eps, weightDecay }: RmspropAttrs): number[] => [alpha, eps, weightDecay];
const momentumArgs = (attrs: RmspropAttrs): number[] => [...rmspropArgs(attrs), attrs.momentum];

/** RMSprop: s is a moving average of g^2, and p -= lr g / (sqrt(s) + eps). */
export const rmspropUpdate = defineUpdate({
  name: "rmsprop",
  inputs: ["gradient"],
  targets: ["parameter", "square"],
  shared: ["rate"],
  args: rmspropArgs,
  cpu(g: NumberLists, p: NumberLists, s: NumberLists, ...numbers: RmspropNumbers) {
    rmspropLoop(g, p, s, null, null, ...numbers, 0);
  },
});

/** RMSprop with momentum. */
export const rmspropMomentumUpdate = defineUpdate({
  name: "rmspropMomentum",
  inputs: ["gradient"],
  targets: ["parameter", "square", "velocity"],
  shared: ["rate"],
  args: momentumArgs,
  cpu(g: NumberLists, p: NumberLists, s: NumberLists, v: NumberLists, ...numbers: MomentumNumbers) {
    rmspropLoop(g, p, s, null, v, ...numbers);
  },
});

/** Centred RMSprop: divides by the standard deviation of the gradient. */
export const centredRmspropUpdate = defineUpdate({
  name: "centredRmsprop",
  inputs: ["gradient"],
  targets: ["parameter", "square", "mean"],
  shared: ["rate"],
  args: rmspropArgs,
  cpu(g: NumberLists, p: NumberLists, s: NumberLists, m: NumberLists, ...numbers: RmspropNumbers) {
    rmspropLoop(g, p, s, m, null, ...numbers, 0);
  },
});

/** Centred RMSprop with momentum. */
export const centredRmspropMomentumUpdate = defineUpdate({
  name: "centredRmspropMomentum",
  inputs: ["gradient"],
  targets: ["parameter", "square", "mean", "velocity"],
  shared: ["rate"],
  args: momentumArgs,
  cpu(g: NumberLists, p: NumberLists, s: NumberLists, m: NumberLists, v: NumberLists, ...numbers: MomentumNumbers) {
    rmspropLoop(g, p, s, m, v, ...numbers);
  },
});

/** The numbers of the Adagrad update. */
export interface AdagradAttrs {
  /** The decay of the learning rate: lr / (1 + (step - 1) lrDecay). */
  readonly lrDecay: number;
  /** Added to the divisor. */
  readonly eps: number;
  /** The factor of the penalty weightDecay p^2 / 2 on the loss. */
  readonly weightDecay: number;
}

/**
 * Adagrad (Duchi, Hazan and Singer 2011), as in PyTorch:
 *
 *     g += weightDecay p
 *     s += g^2
 *     p -= lr / (1 + (step - 1) lrDecay) g / (sqrt(s) + eps)      step counts from 1
 */
export const adagradUpdate = defineUpdate({
  name: "adagrad",
  inputs: ["gradient"],
  targets: ["parameter", "sum"],
  shared: ["rate", "counter"],
  args: ({ lrDecay, eps, weightDecay }: AdagradAttrs) => [lrDecay, eps, weightDecay],
  cpu(
    gradients: NumberLists,
    parameters: NumberLists,
    sums: NumberLists,
    [lr]: Rate,
    counter: Counter,
    lrDecay: number,
    eps: number,
    weightDecay: number,
  ) {
    const stepSize = lr / (1 + counter[0]++ * lrDecay);
    for (let t = 0; t < parameters.length; t++) {
      const [g, p, s] = [gradients[t], parameters[t], sums[t]];
      for (let i = 0; i < p.length; i++) {
        const slope = slopeAt(g, p, i, weightDecay);
        const sum = s[i] + slope * slope;
        s[i] = sum;
        p[i] -= (stepSize * slope) / (Math.sqrt(sum) + eps);
      }
    }
  },
});

/** The numbers of the Lion update. */
export interface LionAttrs {
  /** The weight of the mean in the direction of a step. */
  readonly beta1: number;
  /** The decay of the mean. */
  readonly beta2: number;
  /** How much a step shrinks the parameters, times lr. */
  readonly weightDecay: number;
}

/**
 * Lion (Chen et al., "Symbolic discovery of optimization algorithms", 2023):
 *
 *     p -= lr (sign(beta1 m + (1 - beta1) g) + weightDecay p)
 *     m = beta2 m + (1 - beta2) g
 */
export const lionUpdate = defineUpdate({
  name: "lion",
  inputs: ["gradient"],
  targets: ["parameter", "mean"],
  shared: ["rate"],
  args: ({ beta1, beta2, weightDecay }: LionAttrs) => [beta1, beta2, weightDecay],
  cpu(
    gradients: NumberLists,
    parameters: NumberLists,
    means: NumberLists,
    [lr]: Rate,
    beta1: number,
    beta2: number,
    weightDecay: number,
  ) {
    for (let t = 0; t < parameters.length; t++) {
      const [g, p, m] = [gradients[t], parameters[t], means[t]];
      for (let i = 0; i < p.length; i++) {
        const direction = Math.sign(beta1 * m[i] + (1 - beta1) * g[i]);
        p[i] = p[i] * (1 - lr * weightDecay) - lr * direction;
        m[i] = beta2 * m[i] + (1 - beta2) * g[i];
      }
    }
  },
});

/** average = decay average + (1 - decay) source */
export const emaUpdate = defineUpdate({
  name: "ema",
  inputs: ["source"],
  targets: ["average"],
  args: ({ decay }: { readonly decay: number }) => [decay],
  cpu(sources: NumberLists, averages: NumberLists, decay: number) {
    for (let t = 0; t < sources.length; t++) {
      const [x, average] = [sources[t], averages[t]];
      for (let i = 0; i < x.length; i++) average[i] = decay * average[i] + (1 - decay) * x[i];
    }
  },
});
