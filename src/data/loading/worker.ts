/**
 * The code of one worker thread of DataLoader: it loads the dataset's module and answers each task with a batch.
 * Started by workers.ts; nothing imports it.
 */
import { parentPort, workerData } from "node:worker_threads";
import type { Dataset } from "../dataset.js";
import { makeBatch } from "./collate.js";
import { type DatasetModule, loadModule, type WorkerAnswer, type WorkerTask } from "./workers.js";

/** The dataset, made at the first task. */
let dataset: Promise<Dataset> | null = null;

async function answer({ id, plan }: WorkerTask): Promise<WorkerAnswer> {
  try {
    dataset ??= loadModule(workerData as DatasetModule);
    return { id, batch: await makeBatch(await dataset, plan) };
  } catch (error) {
    return { id, error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
}

parentPort?.on("message", async (task: WorkerTask) => {
  const given = await answer(task);
  const buffers = "batch" in given ? Object.values(given.batch).map(({ data }) => data.buffer as ArrayBuffer) : [];
  parentPort?.postMessage(given, [...new Set(buffers)]);
});
