/**
 * DataLoader: shuffled, prefetched, resumable batches of a dataset, with worker threads. Users and Trainer loop over
 * it. Stacking is in collate.ts, threads in workers.ts.
 */

import type { DeviceName } from "../../core/device.js";
import type { DType } from "../../core/dtype.js";
import { ArgumentError } from "../../core/errors.js";
import { checkInteger } from "../../core/option-checks.js";
import { defaultGenerator } from "../../core/random/generator.js";
import type { Dataset, Sample } from "../dataset.js";
import type { BatchTransform } from "../transform.js";
import {
  type BatchPlan,
  batchGenerator,
  epochOrder,
  type HostBatch,
  makeBatch,
  type TensorBatch,
  toTensors,
} from "./collate.js";
import { moduleOf, WorkerPool } from "./workers.js";

/** Options of `DataLoader`. */
export interface DataLoaderOptions<S extends Sample = Sample> {
  /** Samples in a batch; the last one of an epoch may have fewer. */
  readonly batch: number;
  /** A new random order in each epoch. Default false. */
  readonly shuffle?: boolean;
  /**
   * Decides the order of every epoch and all random changes to the samples. Default: drawn from the default generator,
   * which `manualSeed` seeds.
   */
  readonly seed?: number;
  /** Leave out a last batch that is not full. Default false. */
  readonly dropLast?: boolean;
  /** Batches that are prepared while the program works on an earlier one. Default 2 for each worker, or else 1. */
  readonly prefetch?: number;
  /** Threads that prepare batches; they need a dataset made by `moduleDataset`. Default 0: the program's own thread. */
  readonly workers?: number;
  /** Changes to whole batches, such as `mixup`, one after the other. */
  readonly transforms?: readonly BatchTransform[];
  /** The dtypes of fields. Default: float32 for numbers, for arrays the dtype they have. */
  readonly dtypes?: { readonly [K in keyof S]?: DType };
  /** The device of the tensors. Default: the device in use. */
  readonly device?: DeviceName;
}

/** The position of a loader in its data: plain numbers, which can be saved anywhere. */
export interface DataLoaderState {
  /** The seed of all epochs. */
  readonly seed: number;
  /** The epoch, counted from 0. */
  readonly epoch: number;
  /** The number of batches of this epoch that the loop has received. */
  readonly batch: number;
}

/**
 * The samples of a dataset, a batch at a time. Each loop over it is an epoch:
 *
 * ```ts
 * const loader = new DataLoader(dataset, { batch: 64, shuffle: true, seed: 0 });
 * for await (const { x, y } of loader) { ... }
 * ```
 *
 * The tensors of a batch live until the next iteration, or the end of the loop; `x.detach()` keeps one for longer.
 * The batches depend only on dataset, seed and options, not on prefetching or the number of workers.
 *
 * @throws ArgumentError if the dataset is empty, a batch is larger than it, or an option is outside its range
 */
export class DataLoader<S extends Sample = Sample> implements AsyncIterable<TensorBatch<S>>, Disposable {
  readonly #dataset: Dataset<S>;
  readonly #options: DataLoaderOptions<S>;
  readonly #prefetch: number;
  readonly #pool: WorkerPool | null;
  #seed: number;
  #epoch = 0;
  #batch = 0;

  /**
   * @param dataset - the samples; made by `moduleDataset` if there are workers
   * @throws ArgumentError if the dataset is empty, a batch is larger than it, or an option is out of range
   */
  constructor(dataset: Dataset<S>, options: DataLoaderOptions<S>) {
    const { batch, workers = 0, prefetch = Math.max(1, 2 * workers), seed } = options;
    checkAtLeast("batch", batch, 1);
    checkAtLeast("workers", workers, 0);
    checkAtLeast("prefetch", prefetch, 0);
    if (seed !== undefined) checkAtLeast("seed", seed, 0);
    if (!(dataset.length >= 1)) throw new ArgumentError("DataLoader: the dataset is empty");
    if (batch > dataset.length)
      throw new ArgumentError(
        `DataLoader: a batch of ${batch} is larger than the dataset of ${dataset.length} samples`,
      );
    const module = moduleOf(dataset);
    if (workers > 0 && module === null)
      throw new ArgumentError(
        `DataLoader: with ${workers} workers, the dataset must come from moduleDataset, so that workers can load it`,
      );
    this.#dataset = dataset;
    this.#options = options;
    this.#prefetch = prefetch;
    this.#pool = workers > 0 && module !== null ? new WorkerPool(module, workers) : null;
    this.#seed = seed ?? defaultGenerator.integer(2 ** 32);
  }

  /** Batches in an epoch. */
  get length(): number {
    const batches = this.#dataset.length / this.#options.batch;
    return this.#options.dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  /** The current position; `setState` of this loader, or of another one for the same data, goes on from it. */
  getState(): DataLoaderState {
    return { seed: this.#seed, epoch: this.#epoch, batch: this.#batch };
  }

  /**
   * The next loop continues from the state, with the batch after the last one that was received.
   *
   * @throws ArgumentError if the numbers do not fit a loader of this length; nothing has changed then
   */
  setState({ seed, epoch, batch }: DataLoaderState): void {
    checkAtLeast("seed", seed, 0);
    checkAtLeast("epoch", epoch, 0);
    checkAtLeast("the batch in the state", batch, 0);
    if (batch > this.length)
      throw new ArgumentError(`DataLoader: the state is at batch ${batch}, but an epoch has only ${this.length}`);
    this.#seed = seed;
    this.#epoch = epoch;
    this.#batch = batch;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TensorBatch<S>, void, undefined> {
    const { dtypes = {}, device } = this.#options;
    const epoch = this.#epoch;
    const plans = this.#plans();
    const pending: Promise<HostBatch>[] = [];
    try {
      for (let at = this.#batch, next = at; at < this.length; at++) {
        for (; next < this.length && pending.length <= this.#prefetch; next++) {
          const batch = this.#prepare(plans(next), next);
          batch.catch(() => {}); // reported when its turn comes
          pending.push(batch);
        }
        const tensors = toTensors(await (pending.shift() as Promise<HostBatch>), dtypes, device);
        this.#batch = at + 1;
        try {
          yield tensors as TensorBatch<S>;
        } finally {
          for (const value of Object.values(tensors)) value.dispose();
        }
      }
    } finally {
      this.#epoch = epoch + 1;
      this.#batch = 0;
    }
  }

  /** Ends the workers. Without any there is nothing to do. */
  dispose(): void {
    this.#pool?.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** What belongs into each batch of the epoch. */
  #plans(): (batch: number) => BatchPlan {
    const { length: count } = this.#dataset;
    const { shuffle = false, batch: size } = this.#options;
    const [seed, epoch] = [this.#seed, this.#epoch];
    const order = shuffle ? epochOrder(seed, epoch, count) : Int32Array.from({ length: count }, (_, i) => i);
    return (batch) => ({ seed, epoch, count, indices: [...order.subarray(batch * size, (batch + 1) * size)] });
  }

  async #prepare(plan: BatchPlan, at: number): Promise<HostBatch> {
    const batch = await (this.#pool ? this.#pool.make(plan) : makeBatch(this.#dataset, plan));
    const { transforms = [] } = this.#options;
    const generator = batchGenerator(plan.seed, plan.epoch, plan.count, at);
    return transforms.reduce((changed, transform) => transform(changed, generator), batch);
  }
}

const checkAtLeast = (name: string, value: number, least: number): void =>
  checkInteger("DataLoader", name, value, least);
