/**
 * Schedules that lower the learning rate by a formula of the step: constant, exponential, linear, step, multi-step,
 * inverse time and polynomial. Exported as `schedules.*`. Cosines and warm-up are in annealing.ts.
 */
import { between, checkLength, checkRate, define, type Schedule } from "./schedule.js";

/** A schedule that is the same at every step. */
export function constant(lr: number): Schedule {
  checkRate("constant", "lr", lr);
  return define("constant", () => lr);
}

/** Options of `schedules.exponential`. */
export interface ExponentialOptions {
  /** The factor on the rate in each `decaySteps` steps. */
  readonly gamma: number;
  /** The number of steps that one factor of gamma takes. Default 1. */
  readonly decaySteps?: number;
  /** Only after whole `decaySteps`, all at once. Default false: a little at every step. */
  readonly staircase?: boolean;
}

/**
 * lr gamma^(step / decaySteps), the exponent rounded down for a staircase: PyTorch's ExponentialLR, Keras's
 * ExponentialDecay.
 *
 * @throws ArgumentError if lr or gamma is negative, or decaySteps is not above 0
 */
export function exponential(lr: number, { gamma, decaySteps = 1, staircase = false }: ExponentialOptions): Schedule {
  checkRate("exponential", "lr", lr);
  checkRate("exponential", "gamma", gamma);
  checkLength("exponential", "decaySteps", decaySteps);
  return define("exponential", (step) => lr * gamma ** periods(step, decaySteps, staircase));
}

/** Options of `schedules.linear`. */
export interface LinearOptions {
  /** The rate at step 0, as a fraction of lr. Default 1/3. */
  readonly startFactor?: number;
  /** The rate from step `totalIters` on, as a fraction of lr. Default 1. */
  readonly endFactor?: number;
  /** The number of steps from the first rate to the last. Default 5. */
  readonly totalIters?: number;
}

/**
 * A straight line from startFactor lr to endFactor lr, then constant: PyTorch's LinearLR, with its defaults.
 *
 * @throws ArgumentError if lr or a factor is negative, or totalIters is not above 0
 */
export function linear(
  lr: number,
  { startFactor = 1 / 3, endFactor = 1, totalIters = 5 }: LinearOptions = {},
): Schedule {
  checkRate("linear", "lr", lr);
  checkRate("linear", "startFactor", startFactor);
  checkRate("linear", "endFactor", endFactor);
  checkLength("linear", "totalIters", totalIters);
  return define("linear", (step) => lr * between(startFactor, endFactor, Math.min(step / totalIters, 1)));
}

/** Options of `schedules.step`. */
export interface StepOptions {
  /** The number of steps between two cuts. */
  readonly stepSize: number;
  /** The factor on the rate at each cut. Default 0.1. */
  readonly gamma?: number;
}

/**
 * lr gamma^floor(step / stepSize): PyTorch's StepLR.
 *
 * @throws ArgumentError if lr or gamma is negative, or stepSize is not above 0
 */
export function step(lr: number, { stepSize, gamma = 0.1 }: StepOptions): Schedule {
  checkRate("step", "lr", lr);
  checkRate("step", "gamma", gamma);
  checkLength("step", "stepSize", stepSize);
  return define("step", (at) => lr * gamma ** periods(at, stepSize, true));
}

/** Options of `schedules.multiStep`. */
export interface MultiStepOptions {
  /** The steps at which the rate is cut. */
  readonly milestones: readonly number[];
  /** The factor on the rate at each cut. Default 0.1. */
  readonly gamma?: number;
}

/**
 * lr gamma^(number of milestones reached): PyTorch's MultiStepLR.
 *
 * @throws ArgumentError if lr, gamma or a milestone is negative
 */
export function multiStep(lr: number, { milestones, gamma = 0.1 }: MultiStepOptions): Schedule {
  checkRate("multiStep", "lr", lr);
  checkRate("multiStep", "gamma", gamma);
  const steps = [...milestones];
  steps.forEach((milestone, i) => {
    checkRate("multiStep", `milestones[${i}]`, milestone);
  });
  return define("multiStep", (at) => lr * gamma ** steps.filter((milestone) => milestone <= at).length);
}

/** Options of `schedules.inverseTime`. */
export interface InverseTimeOptions {
  /** The amount that each `decaySteps` steps add to the divisor. */
  readonly decayRate: number;
  /** The number of steps that add `decayRate` to the divisor. Default 1. */
  readonly decaySteps?: number;
  /** Only after whole `decaySteps`, all at once. Default false: a little at every step. */
  readonly staircase?: boolean;
}

/**
 * lr / (1 + decayRate step / decaySteps), the quotient rounded down for a staircase: Keras's InverseTimeDecay.
 *
 * @throws ArgumentError if lr or decayRate is negative, or decaySteps is not above 0
 */
export function inverseTime(
  lr: number,
  { decayRate, decaySteps = 1, staircase = false }: InverseTimeOptions,
): Schedule {
  checkRate("inverseTime", "lr", lr);
  checkRate("inverseTime", "decayRate", decayRate);
  checkLength("inverseTime", "decaySteps", decaySteps);
  return define("inverseTime", (at) => lr / (1 + decayRate * periods(at, decaySteps, staircase)));
}

/** Options of `schedules.polynomial`. */
export interface PolynomialOptions {
  /** The steps until the rate is `endLr`. Default 5. */
  readonly totalIters?: number;
  /** The exponent of the curve. Default 1: a straight line. */
  readonly power?: number;
  /** The last rate. Default 0. */
  readonly endLr?: number;
  /**
   * After `totalIters` steps, start again over twice, three times ... as many steps, instead of staying at `endLr`.
   * Default false.
   */
  readonly cycle?: boolean;
}

/**
 * endLr + (lr - endLr) (1 - step / totalIters)^power, then constant: PyTorch's PolynomialLR, Keras's PolynomialDecay.
 *
 * @throws ArgumentError if lr, power or endLr is negative, or totalIters is not above 0
 */
export function polynomial(
  lr: number,
  { totalIters = 5, power = 1, endLr = 0, cycle = false }: PolynomialOptions = {},
): Schedule {
  checkRate("polynomial", "lr", lr);
  checkRate("polynomial", "power", power);
  checkRate("polynomial", "endLr", endLr);
  checkLength("polynomial", "totalIters", totalIters);
  return define("polynomial", (at) => {
    const length = cycle ? totalIters * Math.max(1, Math.ceil(at / totalIters)) : totalIters;
    return endLr + (lr - endLr) * (1 - Math.min(at / length, 1)) ** power;
  });
}

const periods = (at: number, length: number, whole: boolean): number => (whole ? Math.floor(at / length) : at / length);
