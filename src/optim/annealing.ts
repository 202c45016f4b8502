/**
 * Schedules that anneal the learning rate along a curve: cosine, warm restarts, one cycle, and the warm-up before any
 * schedule. Exported as `schedules.*`. Schedules that multiply or step are in decay.ts.
 */

import { ArgumentError } from "../core/errors.js";
import { checkInteger } from "../core/option-checks.js";
import { quote } from "../core/quote.js";
import { between, checkLength, checkRate, define, type Schedule } from "./schedule.js";

/** Options of `schedules.cosine`. */
export interface CosineOptions {
  /** The steps until the rate is `etaMin`. */
  readonly tMax: number;
  /** The lowest rate. Default 0. */
  readonly etaMin?: number;
}

/**
 * Half a period of a cosine from lr down to etaMin, then constant (Loshchilov and Hutter, "SGDR", 2017,
 * arXiv:1608.03983): PyTorch's CosineAnnealingLR up to its tMax, after which
 * PyTorch's rises again; Keras's CosineDecay.
 *
 * @throws ArgumentError if lr or etaMin is negative, or tMax is not above 0
 */
export function cosine(lr: number, { tMax, etaMin = 0 }: CosineOptions): Schedule {
  checkRate("cosine", "lr", lr);
  checkRate("cosine", "etaMin", etaMin);
  checkLength("cosine", "tMax", tMax);
  return define("cosine", (step) => cosineBetween(lr, etaMin, Math.min(step / tMax, 1)));
}

/** Options of `schedules.cosineWarmRestarts`. */
export interface WarmRestartsOptions {
  /** The steps until the first restart. */
  readonly t0: number;
  /** How much longer each period is than the one before. Default 1. */
  readonly tMult?: number;
  /** The lowest rate. Default 0. */
  readonly etaMin?: number;
  /** The factor of each restart on the height above `etaMin`. Default 1. */
  readonly mMul?: number;
}

/**
 * Cosines from lr down to etaMin, one after the other (Loshchilov and Hutter, "SGDR: stochastic gradient descent with
 * warm restarts", 2017): PyTorch's CosineAnnealingWarmRestarts, Keras's CosineDecayRestarts.
 *
 * @throws ArgumentError if lr, etaMin or mMul is negative, t0 is not above 0, or tMult is below 1
 */
export function cosineWarmRestarts(lr: number, { t0, tMult = 1, etaMin = 0, mMul = 1 }: WarmRestartsOptions): Schedule {
  const name = "cosineWarmRestarts";
  checkRate(name, "lr", lr);
  checkRate(name, "etaMin", etaMin);
  checkRate(name, "mMul", mMul);
  checkLength(name, "t0", t0);
  if (!Number.isFinite(tMult) || tMult < 1)
    throw new ArgumentError(`schedules.${name}: tMult must be a finite number of at least 1, got ${quote(tMult)}`);
  return define(name, (step) => {
    if (tMult === 1)
      return cosineBetween(etaMin + (lr - etaMin) * mMul ** Math.floor(step / t0), etaMin, (step % t0) / t0);
    let [start, period, peak] = [0, t0, lr - etaMin];
    while (step >= start + period) {
      start += period;
      period *= tMult;
      peak *= mMul;
    }
    return cosineBetween(etaMin + peak, etaMin, (step - start) / period);
  });
}

/** Options of `schedules.oneCycle`. */
export interface OneCycleOptions {
  /** The steps of the whole cycle. */
  readonly totalSteps: number;
  /** The fraction of the cycle in which the rate rises. Default 0.3. */
  readonly pctStart?: number;
  /** The curve of each phase. Default "cos". */
  readonly annealStrategy?: "cos" | "linear";
  /** The first rate is maxLr / divFactor. Default 25. */
  readonly divFactor?: number;
  /** The last rate is the first one / finalDivFactor. Default 1e4. */
  readonly finalDivFactor?: number;
  /** Fall to the first rate in as many steps as it rose, and then to the last one. Default false: two phases. */
  readonly threePhase?: boolean;
}

/**
 * Up to maxLr and down to nearly nothing (Smith and Topin, "Super-convergence: very fast training of neural networks
 * using large learning rates", 2017): PyTorch's OneCycleLR, with its defaults. After totalSteps, when PyTorch's throws,
 * the last rate stays.
 *
 * @throws ArgumentError if maxLr is negative, totalSteps is not an integer above 0, a factor is not above 0, or
 *   pctStart is not from 0 to 1, or to 0.5 with three phases
 */
export function oneCycle(
  maxLr: number,
  {
    totalSteps,
    pctStart = 0.3,
    annealStrategy = "cos",
    divFactor = 25,
    finalDivFactor = 1e4,
    threePhase = false,
  }: OneCycleOptions,
): Schedule {
  checkRate("oneCycle", "maxLr", maxLr);
  checkLength("oneCycle", "divFactor", divFactor);
  checkLength("oneCycle", "finalDivFactor", finalDivFactor);
  checkInteger("schedules.oneCycle", "totalSteps", totalSteps, 1);
  const most = threePhase ? 0.5 : 1;
  if (!(pctStart >= 0 && pctStart <= most))
    throw new ArgumentError(`schedules.oneCycle: pctStart must be between 0 and ${most}, got ${quote(pctStart)}`);
  if (annealStrategy !== "cos" && annealStrategy !== "linear")
    throw new ArgumentError(
      `schedules.oneCycle: annealStrategy must be "cos" or "linear", got ${quote(annealStrategy)}`,
    );
  const form = annealStrategy === "cos" ? cosineBetween : between;
  const first = maxLr / divFactor;
  const last = first / finalDivFactor;
  const peak = pctStart * totalSteps - 1;
  const points: readonly (readonly [step: number, rate: number])[] = [
    [0, first],
    [peak, maxLr],
    ...(threePhase ? [[2 * peak, first] as const] : []),
    [totalSteps - 1, last],
  ];
  return define("oneCycle", (step) => {
    const end = points.findIndex(([at], i) => i > 0 && step <= at);
    if (end < 0) return last;
    const [[from, a], [to, b]] = [points[end - 1], points[end]];
    return to > from ? form(a, b, (step - from) / (to - from)) : b;
  });
}

/** Options of `schedules.warmUp`. */
export interface WarmUpOptions {
  /** The steps before `schedule` begins. */
  readonly steps: number;
  /** The rate at step 0, as a fraction of the first rate of `schedule`. Default 0. */
  readonly startFactor?: number;
}

/**
 * A linear rise to the first rate of `schedule`, before it begins: the steps of `schedule` are counted from the end of
 * the warm-up. PyTorch's SequentialLR of a LinearLR and a schedule.
 *
 * @throws ArgumentError if steps is not above 0, or startFactor is negative
 */
export function warmUp(schedule: Schedule, { steps, startFactor = 0 }: WarmUpOptions): Schedule {
  checkLength("warmUp", "steps", steps);
  checkRate("warmUp", "startFactor", startFactor);
  return define("warmUp", (step) =>
    step < steps ? schedule(0) * between(startFactor, 1, step / steps) : schedule(step - steps),
  );
}

const cosineBetween = (start: number, end: number, part: number): number =>
  end + ((start - end) * (1 + Math.cos(Math.PI * part))) / 2;
