/** A DataLoader for evaluations, shared by the examples. */
import { DataLoader, type Dataset, type Sample } from "wengert/data";

/** Batches to evaluate a model on: all samples once, in order. A dataset smaller than a batch is one batch. */
export const evaluationLoader = <S extends Sample>(dataset: Dataset<S>, batch: number): DataLoader<S> =>
  new DataLoader(dataset, { batch: Math.min(batch, dataset.length) });
