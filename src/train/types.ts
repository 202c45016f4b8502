import type { Value } from "../io/values.js";
import type { Tensor } from "../tensor.js";

/** Tensors by name, the first axis of each counting samples. */
export type Batch = Readonly<Record<string, Tensor>>;

/** The batch that is expected where nothing else is said: inputs and what they should give. */
export type LabelledBatch = { readonly x: Tensor; readonly y: Tensor };

/** Batches, one epoch a loop: a `DataLoader`, `Batches`, an array. The trainer does not dispose them. */
export type TrainingData<B extends Batch = LabelledBatch> = (Iterable<B> | AsyncIterable<B>) & {
  /** Batches in an epoch, where that is known. */
  readonly length?: number;
};

/** Data whose place in their order can be saved, as a `DataLoader`'s can: a run over them can be resumed. */
export interface ResumableData {
  getState(): Value;
  setState(state: Value): void;
}

/** Whether a run over the data can be resumed. */
export const isResumable = (data: object): data is ResumableData => "getState" in data && "setState" in data;

/** What an optimizer does for the trainer. Those of `wengert/optim` do it. */
export interface TrainableOptimizer {
  lr: number;
  readonly parameters: readonly Tensor[];
  step(gradients: readonly (Tensor | null)[]): void;
}

/** A number that is gathered over batches. Those of `wengert/metrics` are such. */
export interface TrainingMetric {
  update(output: Tensor, target: Tensor): void | Promise<void>;
  compute(): number | Promise<number>;
  reset(): void;
}

/** The numbers of an epoch by name: `loss`, a metric's name, and with `val` in front those of the validation data. */
export type Logs = Readonly<Record<string, number>>;
