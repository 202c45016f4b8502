import { ArgumentError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import type { Generator } from "../core/random/generator.js";
import type { Params, Scalar, Space } from "./space.js";

/** One run of the function under study. */
export interface Trial<S extends Space = Space> {
  /** From 0. */
  readonly number: number;
  readonly params: Params<S>;
  /** How much the trial may spend, such as epochs; 1 for searches that know no budgets. */
  readonly budget: number;
  /** The trial with the same parameters and a smaller budget, whose checkpoint may be gone on from; null for none. */
  readonly parent: number | null;
}

export interface FinishedTrial<S extends Space = Space> extends Trial<S> {
  /** null where the function gave NaN or an infinity: worse than any number. */
  readonly score: number | null;
  readonly seconds: number;
}

/** A finished trial as searches see it: whatever the direction of the study, a lower loss is better. */
export interface Outcome {
  readonly params: Params;
  readonly budget: number;
  /** Infinity for a trial that failed. */
  readonly loss: number;
}

export interface Suggestion {
  readonly params: Params;
  /** Default 1. */
  readonly budget?: number;
  /** Default null. */
  readonly parent?: number | null;
}

/**
 * A way to choose the next trial. The choice depends on nothing but the arguments, so that a study that is resumed has
 * the trials it would have had.
 */
export interface Search {
  readonly name: string;
  /** What it was made with; a study is resumed only with the same. */
  readonly options: Readonly<Record<string, Scalar>>;
  /** Whether it has nothing left to try at some time. Default false. */
  readonly finite?: boolean;
  /**
   * @param outcomes - of all trials so far, in their order
   * @param generator - the random numbers of this trial, always the same ones
   * @returns null if there is nothing left to try
   */
  suggest(space: Space, outcomes: readonly Outcome[], generator: Generator): Suggestion | null;
}

/** @internal Throws unless an option is an integer from `least` on. */
export function checkCount(search: string, name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least)
    throw new ArgumentError(`${search}: ${name} is an integer of ${least} or more, got ${quote(value)}`);
}
