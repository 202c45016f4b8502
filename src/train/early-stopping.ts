import { ArgumentError } from "../core/errors.js";
import { outsideScopes } from "../core/memory/scope.js";
import { quote } from "../core/quote.js";
import type { CheckpointPart } from "../io/checkpoint.js";
import type { Value } from "../io/values.js";
import { copyValues } from "../ops/optimizer/copy.js";
import type { Tensor } from "../tensor.js";
import type { Callback, Run } from "./callback.js";
import { Monitor, type MonitorOptions } from "./monitor.js";
import type { Logs } from "./types.js";

export interface EarlyStoppingOptions extends MonitorOptions {
  /** Epochs without improvement after which the run ends. Default 3. */
  readonly patience?: number;
  /** Give the model its weights of the best epoch when the run is over. Default true. */
  readonly restoreBest?: boolean;
}

interface State {
  readonly best: { readonly value: number; readonly epoch: number } | null;
  readonly waited: number;
}

/**
 * Ends a run when a number no longer improves, and gives the model the weights of its best epoch back, also where the
 * run comes to its last epoch. After Ctrl-C the weights are those of the last step: the run is not over.
 *
 * @throws ArgumentError if an option is outside its range
 */
export class EarlyStopping implements Callback, Disposable {
  readonly part: CheckpointPart;
  readonly #monitor: Monitor;
  readonly #patience: number;
  readonly #restoreBest: boolean;
  #waited = 0;
  /** Copies of the best weights, by name; none before the first epoch is over. */
  #weights = new Map<string, Tensor>();

  constructor(options: EarlyStoppingOptions = {}) {
    const { patience = 3, restoreBest = true } = options;
    if (!Number.isSafeInteger(patience) || patience < 0)
      throw new ArgumentError(`EarlyStopping: patience is an integer of 0 or more, got ${quote(patience)}`);
    this.#monitor = new Monitor("EarlyStopping", options);
    this.#patience = patience;
    this.#restoreBest = restoreBest;
    this.part = {
      state: () => ({
        tensors: this.#weights,
        values: { best: this.#monitor.best, waited: this.#waited } satisfies State as Value,
      }),
      differences: () => [], // the weights are those of the model, which are compared
      restore: ({ tensors, values }) => {
        const { best, waited } = values as unknown as State;
        this.#monitor.best = best;
        this.#waited = waited;
        if (tensors.size > 0) this.#copyWeights(tensors);
        else this.dispose();
      },
    };
  }

  /** The best epoch so far, counted from 1, and its number; null before the first. */
  get best(): { readonly value: number; readonly epoch: number } | null {
    return this.#monitor.best;
  }

  onFitStart({ resumed }: Run): void {
    if (resumed) return;
    this.#monitor.best = null;
    this.#waited = 0;
    this.dispose();
  }

  onEpochEnd(run: Run, logs: Logs): void {
    if (this.#monitor.update(run.epoch, logs)) {
      this.#waited = 0;
      if (this.#restoreBest) this.#copyWeights(run.model.stateDict());
      return;
    }
    this.#waited++;
    if (this.#waited >= this.#patience)
      run.stop(`no improvement for ${this.#waited} epochs; the best was epoch ${this.best?.epoch ?? "none"}`);
  }

  onFitEnd({ model }: Run): void {
    if (this.#weights.size > 0) model.loadStateDict(this.#weights);
  }

  onClose(): void {
    this.dispose(); // an interrupted run has saved them
  }

  /** Frees the copy of the best weights. The end of a run does so. */
  dispose(): void {
    for (const weight of this.#weights.values()) weight.dispose();
    this.#weights = new Map();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #copyWeights(source: ReadonlyMap<string, Tensor>): void {
    if (this.#weights.size === 0)
      this.#weights = outsideScopes(() => new Map([...source].map(([name, weight]) => [name, weight.zeros()])));
    const target = [...source.keys()].map((name) => this.#weights.get(name) as Tensor);
    copyValues("EarlyStopping", [...source.values()], target);
  }
}
