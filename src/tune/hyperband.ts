/** Hyperband search, which gives many trials a small budget and the best of them more. Users pass it to Study. */
import { ArgumentError } from "../core/errors.js";
import { checkInteger } from "../core/option-checks.js";
import type { Search } from "./search.js";
import { draw, pickPoint } from "./unit.js";

/** The options of `hyperband`. */
export interface HyperbandOptions {
  /** The largest budget of one trial, such as epochs: an integer. */
  readonly maxBudget: number;
  /** The smallest budget that gives a useful score: an integer. Default 1. */
  readonly minBudget?: number;
  /** The best 1 / eta of a rung continue, with eta times the budget. Default 3. */
  readonly eta?: number;
}

/** Trials with one budget, of which the best go on to the next rung. */
interface Rung {
  /** The position of its first trial in a pass. */
  readonly start: number;
  readonly trials: number;
  readonly budget: number;
  /** The rung its parameters come from; null for random ones. */
  readonly from: Rung | null;
}

/**
 * Hyperband (Li, Jamieson, DeSalvo, Rostamizadeh and Talwalkar, "Hyperband: a novel bandit-based approach to
 * hyperparameter optimization", JMLR 2018). Many random points get a small budget, the best of them a larger one, and
 * so on (successive halving); brackets that begin with fewer points and larger budgets guard against functions that
 * show late what they are worth. After a pass through all brackets the next begins.
 *
 * The function under study reads `trial.budget`, and may continue from the checkpoint that it saved for `trial.parent`.
 *
 * @throws ArgumentError unless minBudget <= maxBudget are integers of 1 or more, and eta is 2 or more
 */
export function hyperband({ maxBudget, minBudget = 1, eta = 3 }: HyperbandOptions): Search {
  checkInteger("hyperband", "minBudget", minBudget, 1);
  checkInteger("hyperband", "maxBudget", maxBudget, minBudget);
  if (!Number.isFinite(eta) || eta < 2)
    throw new ArgumentError(`hyperband: eta must be a finite number of at least 2, got ${eta}`);
  const rungs = rungsOf(maxBudget, minBudget, eta);
  const last = rungs[rungs.length - 1];
  const pass = last.start + last.trials;
  return {
    name: "hyperband",
    options: { maxBudget, minBudget, eta },
    suggest(space, outcomes, generator) {
      const position = outcomes.length % pass;
      const first = outcomes.length - position;
      const { start, from, budget } = rungs.findLast((rung) => rung.start <= position) ?? last;
      if (from === null) return { params: pickPoint(space, (_, parameter) => draw(parameter, generator)), budget };
      const numbers = Array.from({ length: from.trials }, (_, i) => first + from.start + i);
      const loss = (number: number): number => outcomes[number].loss;
      numbers.sort((a, b) => (loss(a) < loss(b) ? -1 : loss(a) > loss(b) ? 1 : a - b));
      const parent = numbers[position - start];
      return { params: outcomes[parent].params, budget, parent };
    },
  };
}

/** The rungs of all brackets: s_max = floor(log_eta(max / min)), and bracket s has s + 1 rungs. */
function rungsOf(maxBudget: number, minBudget: number, eta: number): Rung[] {
  let brackets = 1;
  while (minBudget * eta ** brackets <= maxBudget) brackets++;
  const rungs: Rung[] = [];
  let start = 0;
  for (let s = brackets - 1; s >= 0; s--) {
    const widest = Math.ceil((brackets / (s + 1)) * eta ** s);
    let from: Rung | null = null;
    for (let i = 0; i <= s; i++) {
      const trials: number = Math.max(1, Math.floor(widest / eta ** i));
      const rung: Rung = { start, trials, budget: Math.max(1, Math.round(maxBudget / eta ** (s - i))), from };
      rungs.push(rung);
      start += trials;
      from = rung;
    }
  }
  return rungs;
}
