/**
 * ReduceLROnPlateau, which cuts the learning rate when a metric stops improving. Users call it after each epoch,
 * directly or through LearningRateScheduler. Schedules without state are in decay.ts and annealing.ts.
 */

import { ArgumentError } from "../core/errors.js";
import { checkNonNegative } from "../core/option-checks.js";
import { quote } from "../core/quote.js";

/** Options of `ReduceLROnPlateau`. */
export interface PlateauOptions {
  /** Whether a metric is better when it is lower or higher. Default "min". */
  readonly mode?: "min" | "max";
  /** The factor on the rate at each cut, below 1. Default 0.1. */
  readonly factor?: number;
  /** The number of steps in a row without improvement that do not cut the rate. Default 10. */
  readonly patience?: number;
  /** How much better than the best a metric must be. Default 1e-4. */
  readonly threshold?: number;
  /** Whether `threshold` is a fraction of the best metric ("rel") or a difference ("abs"). Default "rel". */
  readonly thresholdMode?: "rel" | "abs";
  /** The number of steps after a cut that do not count. Default 0. */
  readonly cooldown?: number;
  /** The lowest rate. Default 0. */
  readonly minLr?: number;
  /** A cut of at most this size is skipped. Default 1e-8. */
  readonly eps?: number;
}

/** The state of a `ReduceLROnPlateau`: plain values, which can be saved anywhere. */
export interface PlateauState {
  /** The learning rate. */
  readonly lr: number;
  /** The best metric so far; null before the first. */
  readonly best: number | null;
  /** The number of steps in a row without improvement. */
  readonly badSteps: number;
  /** The number of steps left that do not count. */
  readonly cooldownLeft: number;
}

/**
 * Cuts the learning rate when a metric no longer improves; the rules are those of PyTorch's class of this name.
 *
 * ```ts
 * const plateau = new ReduceLROnPlateau(0.1, { patience: 2 });
 * for (const epoch of epochs) optimizer.lr = plateau.step(validationLoss);
 * ```
 */
export class ReduceLROnPlateau {
  readonly #options: Required<PlateauOptions>;
  #state: PlateauState;

  /**
   * @param lr - the learning rate at the start
   * @throws ArgumentError if an option is out of range
   */
  constructor(
    lr: number,
    {
      mode = "min",
      factor = 0.1,
      patience = 10,
      threshold = 1e-4,
      thresholdMode = "rel",
      cooldown = 0,
      minLr = 0,
      eps = 1e-8,
    }: PlateauOptions = {},
  ) {
    for (const [name, value] of Object.entries({ lr, factor, patience, threshold, cooldown, minLr, eps }))
      checkNonNegative("ReduceLROnPlateau", name, value);
    if (factor >= 1) throw new ArgumentError(`ReduceLROnPlateau: factor must be less than 1, got ${factor}`);
    if (mode !== "min" && mode !== "max")
      throw new ArgumentError(`ReduceLROnPlateau: mode must be "min" or "max", got ${quote(mode)}`);
    if (thresholdMode !== "rel" && thresholdMode !== "abs")
      throw new ArgumentError(`ReduceLROnPlateau: thresholdMode must be "rel" or "abs", got ${quote(thresholdMode)}`);
    this.#options = { mode, factor, patience, threshold, thresholdMode, cooldown, minLr, eps };
    this.#state = { lr, best: null, badSteps: 0, cooldownLeft: 0 };
  }

  /** The current learning rate. */
  get lr(): number {
    return this.#state.lr;
  }

  /**
   * Records a metric, such as the validation loss after an epoch. NaN and infinities count as no
   * improvement.
   *
   * @returns the rate from now on
   * @throws ArgumentError if the metric is not a number
   */
  step(metric: number): number {
    if (typeof metric !== "number")
      throw new ArgumentError(`ReduceLROnPlateau.step: the metric must be a number, got ${quote(metric)}`);
    const { factor, patience, cooldown, minLr, eps } = this.#options;
    let { lr, best, badSteps, cooldownLeft } = this.#state;
    if (Number.isFinite(metric) && this.#isBetter(metric)) {
      best = metric;
      badSteps = 0;
    } else {
      badSteps++;
    }
    if (cooldownLeft > 0) {
      cooldownLeft--;
      badSteps = 0;
    }
    if (badSteps > patience) {
      const cut = Math.max(lr * factor, minLr);
      if (lr - cut > eps) lr = cut;
      cooldownLeft = cooldown;
      badSteps = 0;
    }
    this.#state = { lr, best, badSteps, cooldownLeft };
    return lr;
  }

  #isBetter(metric: number): boolean {
    const { mode, threshold, thresholdMode } = this.#options;
    const sign = mode === "min" ? -1 : 1;
    const best = this.#state.best ?? -sign * Number.POSITIVE_INFINITY;
    const bar = thresholdMode === "rel" ? best * (1 + sign * threshold) : best + sign * threshold;
    return mode === "min" ? metric < bar : metric > bar;
  }

  /** The state, to be saved; `setState` restores it. */
  getState(): PlateauState {
    return this.#state;
  }

  /**
   * Goes on from a state that `getState` gave.
   *
   * @throws ArgumentError if a value is not what `getState` gives; the state stays as it is then
   */
  setState({ lr, best, badSteps, cooldownLeft }: PlateauState): void {
    for (const [name, value] of Object.entries({ lr, badSteps, cooldownLeft }))
      checkNonNegative("ReduceLROnPlateau.setState", name, value);
    if (best !== null && !Number.isFinite(best))
      throw new ArgumentError(`ReduceLROnPlateau.setState: best must be a finite number or null, got ${quote(best)}`);
    this.#state = { lr, best, badSteps, cooldownLeft };
  }
}
