/** The EarlyStopping callback. Users pass it to Trainer. The choice of the number to watch is in monitor.ts. */

import { outsideScopes } from "../core/memory/scope.js";
import { checkInteger } from "../core/option-checks.js";
import type { CheckpointPart } from "../io/checkpoint.js";
import type { Value } from "../io/values.js";
import { copyValues } from "../ops/optimizer/copy.js";
import type { Tensor } from "../tensor.js";
import type { Callback, Run } from "./callback.js";
import { Monitor, type MonitorOptions } from "./monitor.js";
import type { Logs } from "./types.js";

/** Options of `EarlyStopping`. */
export interface EarlyStoppingOptions extends MonitorOptions {
  /** The number of epochs in a row without improvement after which the run ends. Default 3. */
  readonly patience?: number;
  /** Load the weights of the best epoch into the model when the run ends. Default true. */
  readonly restoreBest?: boolean;
}

interface Progress {
  readonly best: { readonly value: number; readonly epoch: number } | null;
  readonly waited: number;
}

/**
 * Ends a run when a number no longer improves, and loads the weights of the best epoch into the model, also after the
 * last epoch. After Ctrl-C the weights are those of the last step, since the run can go on.
 *
 * @throws ArgumentError if an option is out of range
 */
export class EarlyStopping implements Callback, Disposable {
  readonly part: CheckpointPart;
  readonly #monitor: Monitor;
  readonly #patience: number;
  readonly #restoreBest: boolean;
  #waited = 0;
  /** Copies of the best weights, by name; none before the first epoch is over. */
  #weights = new Map<string, Tensor>();

  /** @throws ArgumentError if an option is out of range */
  constructor(options: EarlyStoppingOptions = {}) {
    const { patience = 3, restoreBest = true } = options;
    checkInteger("EarlyStopping", "patience", patience, 0);
    this.#monitor = new Monitor("EarlyStopping", options);
    this.#patience = patience;
    this.#restoreBest = restoreBest;
    this.part = {
      state: () => ({
        tensors: this.#weights,
        values: { best: this.#monitor.best, waited: this.#waited } satisfies Progress as Value,
      }),
      differences: () => [], // the weights are those of the model, which are compared
      restore: ({ tensors, values }) => {
        const { best, waited } = values as unknown as Progress;
        this.#monitor.best = best;
        this.#waited = waited;
        if (tensors.size > 0) this.#copyWeights(tensors);
        else this.dispose();
      },
    };
  }

  /** The value and the number of the best epoch so far, counted from 1; null before the first epoch ends. */
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
      run.stop(`no improvement for ${this.#waited} epochs; the best epoch was ${this.best?.epoch ?? "none"}`);
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
