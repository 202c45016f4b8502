/** Makes an objective of a score over several folds. The folds come from `kFold` of src/data. */
import { ArgumentError } from "../core/errors.js";
import type { Trial } from "./search.js";
import type { Space } from "./space.js";
import type { Objective } from "./study.js";

/**
 * The mean score over folds as the score of a trial: every fold is held out once.
 *
 * ```ts
 * const folds = kFold(dataset.length, 5);
 * const objective = crossValidation(folds, async ({ params }, { train, validation }) =>
 *   trainAndEvaluate(params, subset(dataset, train), subset(dataset, validation)),
 * );
 * await study.run(objective, { trials: 30 });
 * ```
 *
 * @param folds - the ways to split, such as those of `kFold` or `stratifiedKFold`
 * @param score - of one fold; NaN and infinities make the trial a failed one
 * @throws ArgumentError if there are no folds
 */
export function crossValidation<F, S extends Space = Space>(
  folds: readonly F[],
  score: (trial: Trial<S>, fold: F, index: number) => number | Promise<number>,
): Objective<S> {
  if (folds.length === 0) throw new ArgumentError("crossValidation: folds must not be empty");
  return async (trial) => {
    let sum = 0;
    for (const [i, fold] of folds.entries()) sum += await score(trial, fold, i);
    return sum / folds.length;
  };
}
