/**
 * The pool of worker threads of DataLoader, and `moduleDataset`, which names a module so that threads can load the
 * dataset themselves. The code of a thread is in worker.ts.
 */
import { Worker } from "node:worker_threads";
import { ArgumentError, DisposedError, WengertError } from "../../core/errors.js";
import type { Dataset, Sample } from "../dataset.js";
import type { BatchPlan, HostBatch } from "./collate.js";

/** The module that makes a dataset, so that a worker thread can make it too. */
export interface DatasetModule {
  /** The module's URL. */
  readonly url: string;
  /** The argument of its function `dataset`: anything that can be sent to a worker. */
  readonly argument: unknown;
}

/** @internal What a worker answers. */
export type WorkerAnswer =
  | { readonly id: number; readonly batch: HostBatch }
  | { readonly id: number; readonly error: string };

/** @internal What a worker is asked for. */
export interface WorkerTask {
  readonly id: number;
  readonly plan: BatchPlan;
}

const modules = new WeakMap<Dataset, DatasetModule>();

/** The module that a dataset was made by; null for others. */
export const moduleOf = (dataset: Dataset): DatasetModule | null => modules.get(dataset) ?? null;

/**
 * A dataset that other threads can make as well: `url` names a module that exports a function `dataset`, which
 * gives it, at once or as a promise.
 *
 * ```ts
 * // faces.js
 * export const dataset = ({ folder }) => transformed(facesIn(folder), { x: [randomCrop(64, { padding: 4 })] });
 * // train.js
 * const faces = await moduleDataset(new URL("./faces.js", import.meta.url), { folder: "faces" });
 * const loader = new DataLoader(faces, { batch: 64, workers: 4 });
 * ```
 *
 * @param argument - handed to the function; it is copied to the workers, so it holds no functions
 * @throws ArgumentError if the module exports no such function, or that gives no dataset
 */
export async function moduleDataset<S extends Sample = Sample>(
  url: URL | string,
  argument?: unknown,
): Promise<Dataset<S>> {
  const module = { url: String(url), argument };
  const dataset = await loadModule(module);
  // A new object: the module may give the same dataset twice, with other arguments.
  const wrapper: Dataset<S> = {
    length: dataset.length,
    get: (index, generator) => dataset.get(index, generator) as S | Promise<S>,
  };
  modules.set(wrapper, module);
  return wrapper;
}

/** @internal Makes the dataset of a module, here and in workers. */
export async function loadModule({ url, argument }: DatasetModule): Promise<Dataset> {
  const exported: { readonly dataset?: unknown } = await import(url);
  if (typeof exported.dataset !== "function")
    throw new ArgumentError(`moduleDataset: ${url} does not export a function "dataset"`);
  const made: unknown = await exported.dataset(argument);
  if (typeof made === "object" && made !== null && "get" in made && "length" in made) return made as Dataset;
  throw new ArgumentError(`moduleDataset: the function "dataset" of ${url} must return a dataset with length and get`);
}

interface Waiting {
  readonly resolve: (batch: HostBatch) => void;
  readonly reject: (error: unknown) => void;
}

/** Threads that make batches; each task goes to the one with the fewest. */
export class WorkerPool {
  readonly #module: DatasetModule;
  readonly #count: number;
  readonly #members: { readonly worker: Worker; readonly waiting: Map<number, Waiting> }[] = [];
  #tasks = 0;
  #disposed = false;

  constructor(module: DatasetModule, count: number) {
    this.#module = module;
    this.#count = count;
  }

  make(plan: BatchPlan): Promise<HostBatch> {
    if (this.#disposed) throw new DisposedError("DataLoader: used after dispose; create a new DataLoader");
    if (this.#members.length < this.#count) this.#start();
    const member = this.#members.reduce((a, b) => (b.waiting.size < a.waiting.size ? b : a));
    const task: WorkerTask = { id: this.#tasks++, plan };
    return new Promise<HostBatch>((resolve, reject) => {
      member.waiting.set(task.id, { resolve, reject });
      member.worker.ref(); // the program waits for it
      member.worker.postMessage(task);
    });
  }

  dispose(): void {
    this.#disposed = true;
    for (const { worker } of this.#members) void worker.terminate();
  }

  #start(): void {
    const worker = new Worker(new URL("./worker.js", import.meta.url), { workerData: this.#module });
    const waiting = new Map<number, Waiting>();
    const fail = (reason: string): void => {
      for (const { reject } of waiting.values()) reject(new WengertError(`DataLoader: a worker ${reason}`));
      waiting.clear();
    };
    worker.on("message", (answer: WorkerAnswer) => {
      const asked = waiting.get(answer.id);
      waiting.delete(answer.id);
      if (waiting.size === 0) worker.unref(); // idle workers do not keep the program alive
      if ("batch" in answer) asked?.resolve(answer.batch);
      else asked?.reject(new WengertError(`DataLoader: error in a worker: ${answer.error}`));
    });
    worker.on("error", (error) => fail(`failed: ${error instanceof Error ? error.message : error}`));
    const member = { worker, waiting };
    worker.on("exit", () => {
      // Another one takes its place with the next task.
      this.#members.splice(this.#members.indexOf(member), 1);
      fail("exited unexpectedly");
    });
    this.#members.push(member);
  }
}
