import { join } from "node:path";
import { ArgumentError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import type { CheckpointPart } from "../io/checkpoint.js";
import { makeFolder } from "../io/files.js";
import type { Value } from "../io/values.js";
import type { Callback, Run, SavePoint } from "./callback.js";
import { Monitor, type MonitorOptions } from "./monitor.js";
import type { Logs } from "./types.js";

export interface ModelCheckpointOptions extends MonitorOptions {
  /** Epochs from one `last.safetensors` to the next. Default 1. */
  readonly everyEpochs?: number;
  /** Steps from one to the next, besides those after epochs. Default: none. */
  readonly everySteps?: number;
  /** Write `best.safetensors` after the best epoch so far. Default true. */
  readonly best?: boolean;
}

/**
 * Saves all that is needed to resume a run, in a folder: `last.safetensors`, and `best.safetensors` by a number of the
 * epochs. Each file is replaced in one step: a program that is killed leaves the previous file or the new one.
 *
 * @throws ArgumentError if an option is outside its range
 */
export class ModelCheckpoint implements Callback {
  /** The paths of the files. */
  readonly last: string;
  readonly best: string;
  readonly part: CheckpointPart;
  readonly #folder: string;
  readonly #monitor: Monitor;
  readonly #options: Required<Pick<ModelCheckpointOptions, "everyEpochs" | "everySteps" | "best">>;
  #isBest = false;

  constructor(folder: string, options: ModelCheckpointOptions = {}) {
    const { everyEpochs = 1, everySteps = Number.POSITIVE_INFINITY, best = true } = options;
    for (const [name, value] of Object.entries({ everyEpochs, everySteps }))
      if (!(value >= 1) || (Number.isFinite(value) && !Number.isSafeInteger(value)))
        throw new ArgumentError(`ModelCheckpoint: ${name} is an integer of 1 or more, got ${quote(value)}`);
    this.#folder = folder;
    this.#options = { everyEpochs, everySteps, best };
    this.#monitor = new Monitor("ModelCheckpoint", options);
    this.last = join(folder, "last.safetensors");
    this.best = join(folder, "best.safetensors");
    this.part = {
      state: () => ({ tensors: new Map(), values: this.#monitor.best as Value }),
      differences: () => [],
      restore: ({ values }) => {
        this.#monitor.best = values as Monitor["best"];
      },
    };
  }

  /** @throws ArgumentError if the run cannot be saved; FileError if the folder cannot be made: now, not after hours */
  async onFitStart(run: Run): Promise<void> {
    run.checkSavable();
    if (!run.resumed) this.#monitor.best = null;
    await makeFolder(this.#folder, "ModelCheckpoint");
  }

  onEpochEnd({ epoch }: Run, logs: Logs): void {
    this.#isBest = this.#options.best && this.#monitor.update(epoch, logs);
  }

  async onSavePoint(run: Run, at: SavePoint): Promise<void> {
    const { everyEpochs, everySteps } = this.#options;
    if (at.kind === "step") {
      if (run.step % everySteps === 0) await run.save(this.last);
      return;
    }
    if (at.kind === "interruption") {
      await run.save(this.last);
      at.report(this.last);
      return;
    }
    const done = run.history.epochs.length;
    const isEnd = done === run.epochs || run.history.stopped !== null;
    // The best first: killed between the two, the run repeats the epoch and writes the same again.
    if (this.#isBest) await run.save(this.best);
    if (done % everyEpochs === 0 || isEnd) await run.save(this.last);
  }
}
