import type { CheckpointPart } from "../io/checkpoint.js";
import type { Module } from "../nn/module.js";
import type { Tensor } from "../tensor.js";
import type { History } from "./history.js";
import type { Logs, TrainableOptimizer } from "./types.js";

/** What a callback sees of the run it belongs to, and can do to it. */
export interface Run {
  readonly model: Module;
  readonly optimizer: TrainableOptimizer;
  /** The epoch, counted from 1, and how many there are to be. */
  readonly epoch: number;
  readonly epochs: number;
  /** Optimizer steps that the whole run has taken. */
  readonly step: number;
  /** Batches of this epoch that have been used, and how many it has; null where that is not known. */
  readonly batch: number;
  readonly batches: number | null;
  /** True where the run goes on from a checkpoint. */
  readonly resumed: boolean;
  /** The numbers of the epochs that are over. */
  readonly history: History;
  /** Ends the run after this epoch. */
  stop(reason: string): void;
  /** Writes everything that is needed to resume the run from here. @throws FileError if the file cannot be written */
  save(path: string): Promise<void>;
  /** @throws ArgumentError, which says why, if the run cannot be saved so that it can be resumed */
  checkSavable(): void;
}

/** One step, before the weights change. */
export interface StepGradients {
  /** The mean over the batches of the step. */
  readonly loss: number;
  /** As the optimizer will get them, in the order of its parameters. */
  readonly gradients: readonly (Tensor | null)[];
}

type Hook<A extends readonly unknown[] = []> = (run: Run, ...args: A) => void | Promise<void>;

/**
 * Something that happens beside training. Every hook may be asynchronous; the callbacks are called one after the other,
 * in the order in which they were given.
 */
export interface Callback {
  /** Before the first epoch, or where a resumed run goes on. */
  onFitStart?: Hook;
  onEpochStart?: Hook;
  /** Before each optimizer step: the place to set the learning rate. */
  onStepStart?: Hook;
  /** With the gradients of a step, before the optimizer gets them. To throw here leaves the weights as they are. */
  onGradients?: Hook<[step: StepGradients]>;
  /** After each optimizer step, with its loss. */
  onStepEnd?: Hook<[loss: number]>;
  /** After each epoch and its validation. */
  onEpochEnd?: Hook<[logs: Logs]>;
  /** After `onStepEnd` or `onEpochEnd` of all callbacks: where the state of the run may be saved. */
  onSavePoint?: (run: Run, at: SavePoint) => void | Promise<void>;
  /** After the last epoch, not if the run was interrupted or failed. */
  onFitEnd?: Hook;
  /** At the very end, whatever has happened: the place to close files. */
  onClose?: Hook;
  /** What the callback remembers, to be saved with the run. */
  readonly part?: CheckpointPart;
}

/** Where a run may be saved; `logs` after an epoch. An interrupted run ends with `report`ing what was saved. */
export type SavePoint =
  | { readonly kind: "step" }
  | { readonly kind: "epoch"; readonly logs: Logs }
  | { readonly kind: "interruption"; report(path: string): void };
