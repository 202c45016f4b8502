/** The type of learning-rate schedules and the checks that all of them share. Used by annealing.ts and decay.ts. */
import { checkNonNegative, checkPositive } from "../core/option-checks.js";

/**
 * The learning rate as a function of the number of steps taken so far, and of nothing else: it has no state to save.
 *
 * ```ts
 * const schedule = schedules.warmUp(schedules.cosine(1e-3, { tMax: 900 }), { steps: 100 });
 * for (let step = 0; step < 1000; step++) {
 *   optimizer.lr = schedule(step);
 *   ...
 * }
 * ```
 *
 * A step may be a fraction, such as an epoch and a half. It throws ArgumentError for a step below 0 or not finite.
 */
export type Schedule = (step: number) => number;

/** @internal A schedule that checks the step. */
export function define(name: string, rate: Schedule): Schedule {
  return (at) => {
    checkNonNegative(`schedules.${name}`, "the step", at);
    return rate(at);
  };
}

/** @internal Throws unless `value` is finite and not negative. */
export function checkRate(schedule: string, name: string, value: number): void {
  checkNonNegative(`schedules.${schedule}`, name, value);
}

/** @internal Throws unless `value` is finite and positive. */
export function checkLength(schedule: string, name: string, value: number): void {
  checkPositive(`schedules.${schedule}`, name, value);
}

/** @internal The point a part of the way from `start` to `end`. */
export const between = (start: number, end: number, part: number): number => start + (end - start) * part;
