/**
 * The ModelCheckpoint callback, which saves a run so that it can be resumed. Users pass it to Trainer. The file format
 * is in src/io.
 */

import { join } from "node:path";
import { ArgumentError } from "../core/errors.js";
import { integerFrom } from "../core/option-checks.js";
import { quote } from "../core/quote.js";
import type { CheckpointPart } from "../io/checkpoint.js";
import { makeFolder } from "../io/files.js";
import type { Value } from "../io/values.js";
import type { Callback, Run, SavePoint } from "./callback.js";
import { Monitor, type MonitorOptions } from "./monitor.js";
import type { Logs } from "./types.js";

/** Options of `ModelCheckpoint`. */
export interface ModelCheckpointOptions extends MonitorOptions {
  /** Write `last.safetensors` after every so many epochs. Default 1. */
  readonly everyEpochs?: number;
  /** Also write it after every so many steps. Default: only after epochs. */
  readonly everySteps?: number;
  /** Write `best.safetensors` after the best epoch so far. Default true. */
  readonly best?: boolean;
}

/**
 * Saves everything that is needed to resume a run in a folder: `last.safetensors`, and `best.safetensors` after the
 * best epoch. Each file is replaced in one step: a program that is killed leaves the previous file or the new one.
 *
 * @throws ArgumentError if an option is out of range
 */
export class ModelCheckpoint implements Callback {
  /** The path of `last.safetensors`. */
  readonly last: string;
  /** The path of `best.safetensors`. */
  readonly best: string;
  readonly part: CheckpointPart;
  readonly #folder: string;
  readonly #monitor: Monitor;
  readonly #options: Required<Pick<ModelCheckpointOptions, "everyEpochs" | "everySteps" | "best">>;
  #isBest = false;

  /**
   * @param folder - made if it does not exist
   * @throws ArgumentError if an option is out of range
   */
  constructor(folder: string, options: ModelCheckpointOptions = {}) {
    const { everyEpochs = 1, everySteps = Number.POSITIVE_INFINITY, best = true } = options;
    for (const [name, value] of Object.entries({ everyEpochs, everySteps }))
      if (!(value >= 1) || (Number.isFinite(value) && !Number.isSafeInteger(value)))
        throw new ArgumentError(`ModelCheckpoint: ${name} must be ${integerFrom(1)}, got ${quote(value)}`);
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

  /**
   * Checks at the start that the run can be saved, and makes the folder.
   *
   * @throws ArgumentError if the run cannot be saved; FileError if the folder cannot be made
   */
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
