/**
 * Watches one number of the epochs for its best value. Used by EarlyStopping, ModelCheckpoint and
 * LearningRateScheduler.
 */
import { ArgumentError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import type { Logs } from "./types.js";

/** Whether lower or higher is better. */
export type Mode = "min" | "max";

/** Options of callbacks that watch one number of the epochs. */
export interface MonitorOptions {
  /** The name of the number to watch. Default: `valLoss`, or `loss` without validation. */
  readonly monitor?: string;
  /**
   * Whether lower ("min") or higher ("max") is better. Default: told by the name, for example "loss" or "accuracy"; for
   * other names it must be given.
   */
  readonly mode?: Mode;
  /** How much better than the best so far a number must be. Default 0. */
  readonly minDelta?: number;
}

const lowerIsBetter = /(loss|error|mse|mae|rmse|perplexity)$/i;
const higherIsBetter = /(accuracy|auc|precision|recall|f1|r2|top\d*k?|score)$/i;

/** Watches one number of the epochs for its best value. */
export class Monitor {
  /** The best so far, and its epoch; null before the first. */
  best: { readonly value: number; readonly epoch: number } | null = null;
  readonly #user: string;
  readonly #options: MonitorOptions;

  /** @param user - whose monitor, for messages */
  constructor(user: string, options: MonitorOptions) {
    const { mode, minDelta = 0 } = options;
    if (mode !== undefined && mode !== "min" && mode !== "max")
      throw new ArgumentError(`${user}: mode must be "min" or "max", got ${quote(mode)}`);
    if (!(minDelta >= 0)) throw new ArgumentError(`${user}: minDelta must be at least 0, got ${quote(minDelta)}`);
    this.#user = user;
    this.#options = options;
  }

  /**
   * Whether an epoch is the best so far; NaN never is.
   *
   * @throws ArgumentError if the epoch has no such number, or its name does not tell whether lower is better
   */
  update(epoch: number, logs: Logs): boolean {
    const { minDelta = 0 } = this.#options;
    const { name, value } = this.read(logs);
    const sign = this.#modeOf(name) === "min" ? -1 : 1;
    const isBetter = this.best === null ? !Number.isNaN(value) : sign * (value - this.best.value) > minDelta;
    if (isBetter) this.best = { value, epoch };
    return isBetter;
  }

  /** The number that is watched. @throws ArgumentError if there is no such number */
  read(logs: Logs): { name: string; value: number } {
    const { monitor: name = "valLoss" in logs ? "valLoss" : "loss" } = this.#options;
    if (!Object.hasOwn(logs, name))
      throw new ArgumentError(
        `${this.#user}: there is no value ${quote(name)} to monitor; available: ${Object.keys(logs).join(", ")}`,
      );
    return { name, value: logs[name] };
  }

  #modeOf(name: string): Mode {
    const { mode } = this.#options;
    if (mode) return mode;
    if (lowerIsBetter.test(name)) return "min";
    if (higherIsBetter.test(name)) return "max";
    throw new ArgumentError(
      `${this.#user}: cannot tell whether a lower or a higher ${quote(name)} is better; set mode to "min" or "max"`,
    );
  }
}
