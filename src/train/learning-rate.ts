/** The LearningRateScheduler callback. Users pass it to Trainer. The schedules are in src/optim. */
import { ArgumentError } from "../core/errors.js";
import type { CheckpointPart } from "../io/checkpoint.js";
import { type HasState, statePart } from "../io/parts.js";
import type { Callback, Run } from "./callback.js";
import { Monitor, type MonitorOptions } from "./monitor.js";
import type { Logs } from "./types.js";

/** A schedule that sets the rate after each epoch by one of its numbers, such as a `ReduceLROnPlateau`. */
export interface PlateauSchedule extends HasState {
  /** The current learning rate. */
  readonly lr: number;
  /**
   * Records the number of an epoch.
   *
   * @returns the rate from now on
   */
  step(metric: number): number;
}

/**
 * Sets the learning rate: before every step by a function of the steps taken so far, which has no state, so that a
 * resumed run finds its place by itself; or after each epoch by a `ReduceLROnPlateau`.
 *
 * ```ts
 * new LearningRateScheduler(schedules.cosine(1e-3, { tMax: 1000 }));
 * new LearningRateScheduler(new ReduceLROnPlateau(1e-3, { patience: 2 }), { monitor: "valLoss" });
 * ```
 */
export class LearningRateScheduler implements Callback {
  readonly part?: CheckpointPart;
  readonly #schedule: ((step: number) => number) | PlateauSchedule;
  readonly #monitor: Monitor;

  /**
   * @param schedule - the rate as a function of the step, or a plateau schedule
   * @param options - the number that a plateau schedule watches. Default: `valLoss`, or `loss` without validation
   * @throws ArgumentError if an option is out of range
   */
  constructor(schedule: ((step: number) => number) | PlateauSchedule, options: Pick<MonitorOptions, "monitor"> = {}) {
    this.#schedule = schedule;
    this.#monitor = new Monitor("LearningRateScheduler", options);
    if (typeof schedule !== "function") this.part = statePart(schedule);
  }

  /**
   * Sets the learning rate of the step.
   *
   * @throws ArgumentError if the schedule returns a negative number or one that is not finite
   */
  onStepStart({ optimizer, step }: Run): void {
    const lr = typeof this.#schedule === "function" ? this.#schedule(step) : this.#schedule.lr;
    if (!Number.isFinite(lr) || lr < 0)
      throw new ArgumentError(
        `LearningRateScheduler: the learning rate of step ${step} must be a finite non-negative number, got ${lr}`,
      );
    optimizer.lr = lr;
  }

  onEpochEnd(_run: Run, logs: Logs): void {
    if (typeof this.#schedule !== "function") this.#schedule.step(this.#monitor.read(logs).value);
  }
}
