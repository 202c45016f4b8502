/**
 * The types by which Trainer knows batches, data, optimizers and metrics, so that users can bring their own. No code
 * depends on how they are made.
 */
import type { Value } from "../io/values.js";
import type { Tensor } from "../tensor.js";

/** Tensors by name, the first axis of each counting samples. */
export type TrainingBatch = Readonly<Record<string, Tensor>>;

/** The default form of a batch: inputs and their targets. */
export type LabelledBatch = {
  /** The inputs, (N, ...). */
  readonly x: Tensor;
  /** The targets, (N, ...). */
  readonly y: Tensor;
};

/** Batches; each loop over them is an epoch: a `DataLoader`, `Batches`, an array. The trainer does not dispose them. */
export type TrainingData<B extends TrainingBatch = LabelledBatch> = (Iterable<B> | AsyncIterable<B>) & {
  /** The number of batches in an epoch, if it is known. */
  readonly length?: number;
};

/** Data whose position can be saved, such as a `DataLoader`, so that a run over them can be resumed. */
export interface ResumableData {
  /** The position in the data. */
  getState(): Value;
  /** Goes on from a position that `getState` gave. */
  setState(state: Value): void;
}

/** Whether a run over the data can be resumed. */
export const isResumable = (data: object): data is ResumableData => "getState" in data && "setState" in data;

/** The part of an optimizer that the trainer uses. The optimizers of `wengert/optim` have it. */
export interface TrainableOptimizer {
  /** The learning rate, which callbacks may set. */
  lr: number;
  /** The parameters to train. */
  readonly parameters: readonly Tensor[];
  /**
   * Takes one step.
   *
   * @param gradients - one for each parameter, in order; null skips a parameter
   */
  step(gradients: readonly (Tensor | null)[]): void;
}

/**
 * A number that is computed over batches. Every metric of `wengert/metrics` that computes one number fits.
 */
export interface TrainingMetric {
  /** Adds a batch. */
  update(output: Tensor, target: Tensor): void | Promise<void>;
  /** The number over all batches since `reset`. */
  compute(): number | Promise<number>;
  /** Starts again without any data. */
  reset(): void;
}

/** The numbers of an epoch by name: `loss`, a metric's name, and with `val` in front those of the validation data. */
export type Logs = Readonly<Record<string, number>>;
