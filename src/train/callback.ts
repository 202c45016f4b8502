/**
 * The interface of callbacks and what a callback sees of its run. Implemented by the callbacks of this folder and by
 * users; called by fit.ts.
 */
import type { CheckpointPart } from "../io/checkpoint.js";
import type { Module } from "../nn/module.js";
import type { Tensor } from "../tensor.js";
import type { History } from "./history.js";
import type { Logs, TrainableOptimizer } from "./types.js";

/** The training run that a callback belongs to: its state, and the ways to stop and save it. */
export interface Run {
  /** The model that is trained. */
  readonly model: Module;
  /** The optimizer of the run. */
  readonly optimizer: TrainableOptimizer;
  /** The current epoch, counted from 1. */
  readonly epoch: number;
  /** The number of epochs of the run. */
  readonly epochs: number;
  /** The number of optimizer steps that the whole run has taken. */
  readonly step: number;
  /** The number of batches of this epoch that have been used. */
  readonly batch: number;
  /** The number of batches in an epoch; null if it is not known. */
  readonly batches: number | null;
  /** Whether the run was resumed from a checkpoint. */
  readonly resumed: boolean;
  /** The numbers of the epochs that have ended. */
  readonly history: History;
  /**
   * Ends the run after this epoch.
   *
   * @param reason - kept in `History.stopped`
   */
  stop(reason: string): void;
  /** Writes everything that is needed to resume the run from here. @throws FileError if the file cannot be written */
  save(path: string): Promise<void>;
  /**
   * Checks that the run can be saved and resumed.
   *
   * @throws ArgumentError, which says why, if the run cannot be saved so that it can be resumed
   */
  checkSavable(): void;
}

/** One step, before the weights change. */
export interface StepGradients {
  /** The mean loss over the batches of the step. */
  readonly loss: number;
  /** The gradients that the optimizer will get, in the order of its parameters. */
  readonly gradients: readonly (Tensor | null)[];
}

type Hook<A extends readonly unknown[] = []> = (run: Run, ...args: A) => void | Promise<void>;

/**
 * Something that happens beside training. Every hook may be asynchronous; the callbacks are called one after the other,
 * in the order in which they were given.
 */
export interface Callback {
  /** Before the first epoch, or before a resumed run continues. */
  onFitStart?: Hook;
  /** Before the first batch of each epoch. */
  onEpochStart?: Hook;
  /** Before each optimizer step: the place to set the learning rate. */
  onStepStart?: Hook;
  /** With the gradients of a step, before the optimizer gets them. If it throws, the weights stay as they are. */
  onGradients?: Hook<[step: StepGradients]>;
  /** After each optimizer step, with its loss. */
  onStepEnd?: Hook<[loss: number]>;
  /** After each epoch and its validation. */
  onEpochEnd?: Hook<[logs: Logs]>;
  /** After `onStepEnd` or `onEpochEnd` of all callbacks, when the state of the run can be saved. */
  onSavePoint?: (run: Run, at: SavePoint) => void | Promise<void>;
  /** After the last epoch, not if the run was interrupted or failed. */
  onFitEnd?: Hook;
  /** At the very end, even if the run failed or was interrupted: the place to close files. */
  onClose?: Hook;
  /** The state of the callback, which is saved with the run. */
  readonly part?: CheckpointPart;
}

/** A point at which a run can be saved. */
export type SavePoint =
  | {
      /** After an optimizer step. */
      readonly kind: "step";
    }
  | {
      /** After an epoch and its validation. */
      readonly kind: "epoch";
      /** The numbers of the epoch. */
      readonly logs: Logs;
    }
  | {
      /** After the last step of an interrupted run. */
      readonly kind: "interruption";
      /** Adds the path of a saved file to `Interruption.saved`. */
      report(path: string): void;
    };
