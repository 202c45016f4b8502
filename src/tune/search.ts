/**
 * The interface of searches and their view of trials. Implemented by bayesian.ts, hyperband.ts, simple.ts and by users;
 * called by Study.
 */
import type { Generator } from "../core/random/generator.js";
import type { Params, Scalar, Space } from "./space.js";

/** One run of the function under study. */
export interface Trial<S extends Space = Space> {
  /** The number of the trial, counted from 0. */
  readonly number: number;
  /** The values to try. */
  readonly params: Params<S>;
  /** How much the trial may spend, such as epochs; 1 for searches without budgets. */
  readonly budget: number;
  /**
   * The trial with the same parameters and a smaller budget, from whose checkpoint this one can continue; null for
   * none.
   */
  readonly parent: number | null;
}

/** A trial with its result. */
export interface FinishedTrial<S extends Space = Space> extends Trial<S> {
  /** The score; null if the function returned NaN or an infinity, which counts as worse than any number. */
  readonly score: number | null;
  /** The time that the trial took, in seconds. */
  readonly seconds: number;
}

/** A finished trial as searches see it: a lower loss is always better, for both directions of the study. */
export interface Outcome {
  /** The values that were tried. */
  readonly params: Params;
  /** The budget of the trial. */
  readonly budget: number;
  /** The loss; Infinity for a failed trial. */
  readonly loss: number;
}

/** The choice of a search for the next trial. */
export interface Suggestion {
  /** The values to try. */
  readonly params: Params;
  /** The budget of the trial. Default 1. */
  readonly budget?: number;
  /** The number of the trial to continue from. Default null: none. */
  readonly parent?: number | null;
}

/**
 * A way to choose the next trial. The choice depends on nothing but the arguments, so that a study that is resumed has
 * the trials it would have had.
 */
export interface Search {
  /** The name of the search, for messages and study files. */
  readonly name: string;
  /** The options of the search; a study can only be resumed with the same. */
  readonly options: Readonly<Record<string, Scalar>>;
  /** Whether the search ends on its own. Default false. */
  readonly finite?: boolean;
  /**
   * Chooses the next trial.
   *
   * @param outcomes - of all trials so far, in their order
   * @param generator - the random numbers of this trial, always the same ones
   * @returns null if there is nothing left to try
   */
  suggest(space: Space, outcomes: readonly Outcome[], generator: Generator): Suggestion | null;
}
