/**
 * Study, the public class of this folder: it runs trials of an objective, keeps them in a file, and reports them. The
 * searches choose the trials; the file format is in study-file.ts.
 */
import { ArgumentError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import { Generator } from "../core/random/generator.js";
import { writeAtomic } from "../io/files.js";
import { chartOf, tableOf } from "./report.js";
import type { FinishedTrial, Outcome, Search, Trial } from "./search.js";
import { checkSpace, type Space } from "./space.js";
import { encodeStudy, readStudy } from "./study-file.js";

/** The function under study: it returns the score of a trial. */
export type Objective<S extends Space = Space> = (trial: Trial<S>) => number | Promise<number>;

/** Options of `Study`. */
export interface StudyOptions<S extends Space> {
  /** The parameters to search. */
  readonly space: S;
  /** The way to choose trials: `randomSearch()`, `gridSearch()`, `bayesianSearch()`, `hyperband({ maxBudget })`. */
  readonly search: Search;
  /** Whether a lower or a higher score is better. Default "minimize". */
  readonly direction?: "minimize" | "maximize";
  /** The seed of the random numbers. Default 0. */
  readonly seed?: number;
}

/** The limits of a run. One of the first two is needed, unless the search ends on its own. */
export interface RunOptions {
  /** The number of trials that the study has at the end, including those of earlier runs. */
  readonly trials?: number;
  /** The budget that all trials together may spend, including those of earlier runs. */
  readonly budget?: number;
  /** Stops after the trial that is running. */
  readonly signal?: AbortSignal;
}

/** How many counters of the generator a trial has for itself. */
const countersPerTrial = 2 ** 20;

/**
 * Trials of a function, chosen by a search. It can be stopped at any time, even by force, and resumed: `Study.open`
 * keeps it in a file, which is replaced after each trial, whole or not at all.
 *
 * ```ts
 * const study = await Study.open("study.json", {
 *   space: { lr: logUniform(1e-5, 1e-1), hidden: integer(16, 512, { log: true }) },
 *   search: bayesianSearch(),
 * });
 * await study.run(async ({ params: { lr, hidden } }) => trainAndEvaluate(lr, hidden), { trials: 50 });
 * console.log(study.best?.params, study.table());
 * ```
 */
export class Study<S extends Space = Space> {
  /** The parameters to search. */
  readonly space: S;
  /** The way to choose trials. */
  readonly search: Search;
  /** Whether a lower or a higher score is better. */
  readonly direction: "minimize" | "maximize";
  /** The seed of the random numbers. */
  readonly seed: number;
  #path: string | null = null;
  readonly #trials: FinishedTrial<S>[] = [];
  readonly #outcomes: Outcome[] = [];
  #running = false;

  /**
   * A study in memory.
   *
   * @throws ArgumentError if an option is out of range, or a condition of the space can never hold
   */
  constructor({ space, search, direction = "minimize", seed = 0 }: StudyOptions<S>) {
    checkSpace(space);
    if (direction !== "minimize" && direction !== "maximize")
      throw new ArgumentError(`Study: direction must be "minimize" or "maximize", got ${quote(direction)}`);
    new Generator(seed); // throws if the seed is invalid
    this.space = space;
    this.search = search;
    this.direction = direction;
    this.seed = seed;
  }

  /**
   * The study of a file, or a new one if there is no such file yet. Only one process at a time may run it.
   *
   * @throws FormatError if the file holds no study, or one of another space, search, direction or seed: it names what
   *   differs; FileError if it cannot be read. The file has not changed then
   */
  static async open<S extends Space>(path: string, options: StudyOptions<S>): Promise<Study<S>> {
    const study = new Study(options);
    for (const trial of await readStudy(path, study)) study.#add(trial);
    study.#path = path;
    return study;
  }

  /** The finished trials, by number. */
  get trials(): readonly FinishedTrial<S>[] {
    return this.#trials;
  }

  /** The trial with the best score of those with the largest budget so far; the first of equal ones; null for none. */
  get best(): FinishedTrial<S> | null {
    const most = this.#trials.reduce((budget, trial) => Math.max(budget, trial.budget), 0);
    const sign = this.direction === "minimize" ? 1 : -1;
    let best: FinishedTrial<S> | null = null;
    for (const trial of this.#trials) {
      if (trial.score === null || trial.budget !== most) continue;
      if (best?.score == null || sign * trial.score < sign * best.score) best = trial;
    }
    return best;
  }

  /** The budget that all trials together have spent. */
  get spent(): number {
    return this.#trials.reduce((sum, { budget }) => sum + budget, 0);
  }

  /**
   * Runs trials until one of the limits is reached or there is nothing left to try. A score that is NaN or infinite is
   * a failed trial, worse than any other. If the function throws, the error is passed on: the trial does not count, and
   * comes again when the study is run again.
   *
   * @throws ArgumentError if there is no limit, a score is not a number, or the study is already running; FileError if
   *   the file cannot be written
   */
  async run(objective: Objective<S>, options: RunOptions): Promise<void> {
    this.#checkRun(options);
    const { trials = Number.POSITIVE_INFINITY, budget = Number.POSITIVE_INFINITY, signal } = options;
    this.#running = true;
    try {
      while (this.#trials.length < trials && !signal?.aborted) {
        const trial = this.#next();
        if (trial === null || this.spent + trial.budget > budget) return;
        const start = performance.now();
        const score: unknown = await objective(trial);
        if (typeof score !== "number")
          throw new ArgumentError(
            `Study.run: the score of trial ${trial.number} must be a number, got ${quote(score)}`,
          );
        const seconds = (performance.now() - start) / 1000;
        await this.#finish({ ...trial, score: Number.isFinite(score) ? score : null, seconds });
      }
    } finally {
      this.#running = false;
    }
  }

  /**
   * The trials as a table, the best first.
   *
   * @param top - how many; default all
   */
  table({ top }: { readonly top?: number } = {}): string {
    return tableOf(this, top);
  }

  /** The scores by trial, and the best of the largest budget so far, as an SVG file's text. */
  chart({ yScale = "linear" }: { readonly yScale?: "linear" | "log" } = {}): string {
    return chartOf(this, yScale);
  }

  /**
   * Writes the study to a file that `Study.open` reads.
   *
   * @throws FileError if it cannot be written; a file that was there is as it was then
   */
  async save(path: string): Promise<void> {
    await writeAtomic("Study", path, [encodeStudy(this, this.#trials)]);
  }

  #checkRun({ trials, budget }: RunOptions): void {
    for (const [name, value] of Object.entries({ trials, budget }))
      if (value !== undefined && !(value >= 0))
        throw new ArgumentError(`Study.run: ${name} must be a non-negative number, got ${quote(value)}`);
    if (trials === undefined && budget === undefined && !this.search.finite)
      throw new ArgumentError(`Study.run: ${this.search.name} never ends on its own; pass trials or budget`);
    if (this.#running) throw new ArgumentError("Study.run: the study is already running");
  }

  /** The next trial: a function of the finished ones and of its number, whenever it is asked for. */
  #next(): Trial<S> | null {
    const number = this.#trials.length;
    const generator = new Generator();
    generator.setState({ seed: this.seed, offset: number * countersPerTrial });
    const suggestion = this.search.suggest(this.space, this.#outcomes, generator);
    if (suggestion === null) return null;
    const { params, budget = 1, parent = null } = suggestion;
    return { number, params: params as Trial<S>["params"], budget, parent };
  }

  /** A trial counts once it is in the file. */
  async #finish(trial: FinishedTrial<S>): Promise<void> {
    if (this.#path !== null) await writeAtomic("Study", this.#path, [encodeStudy(this, [...this.#trials, trial])]);
    this.#add(trial);
  }

  #add(trial: FinishedTrial<S>): void {
    const { params, budget, score } = trial;
    const sign = this.direction === "minimize" ? 1 : -1;
    this.#trials.push(trial);
    this.#outcomes.push({ params, budget, loss: score === null ? Number.POSITIVE_INFINITY : sign * score });
  }
}
