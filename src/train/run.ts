/**
 * The state of a training run: its counters, its history, and how they are saved to a checkpoint and restored. Used by
 * Trainer.fit and fit.ts.
 */
import { ArgumentError } from "../core/errors.js";
import { defaultGenerator, type Generator } from "../core/random/generator.js";
import { type CheckpointPart, type CheckpointParts, loadCheckpoint, saveCheckpoint } from "../io/checkpoint.js";
import {
  generatorPart,
  type HasState,
  isStateful,
  modulePart,
  optimizerPart,
  stateDifferences,
  statePart,
} from "../io/parts.js";
import type { Value } from "../io/values.js";
import type { Module } from "../nn/module.js";
import type { Callback, Run } from "./callback.js";
import { type EpochLog, History } from "./history.js";
import { isResumable, type ResumableData, type TrainableOptimizer, type TrainingMetric } from "./types.js";

/** The parts of a run that do not change while it runs. */
export interface RunMembers {
  readonly model: Module;
  readonly optimizer: TrainableOptimizer;
  readonly callbacks: readonly Callback[];
  readonly metrics: Readonly<Record<string, TrainingMetric>>;
  /** Generators beside the default one, by name. */
  readonly generators: Readonly<Record<string, Generator>>;
  readonly data: object;
  readonly validation: object | null;
  readonly epochs: number;
  readonly batches: number | null;
}

/** The counters of a run in a checkpoint. */
interface Counters {
  readonly epochsDone: number;
  readonly step: number;
  readonly batch: number;
  readonly batches: number | null;
  readonly lossSum: number;
  readonly samples: number;
  readonly lr: number;
  readonly stopped: string | null;
  readonly history: readonly EpochLog[];
  readonly position: Value;
  readonly validationPosition: Value;
}

/** A run in progress: its position, and how it is saved and restored. */
export class TrainingRun implements Run {
  readonly model: Module;
  readonly optimizer: TrainableOptimizer;
  readonly epochs: number;
  readonly batches: number | null;
  history = new History();
  resumed = false;
  step = 0;
  batch = 0;
  epochsDone = 0;
  /** Of the epoch so far: the losses, each times its samples, and the samples. */
  lossSum = 0;
  samples = 0;
  /** Where the data are, for the next batch of the run; not where they are by reading ahead or by an early end. */
  #position: Value = null;
  #validationPosition: Value = null;
  readonly #members: RunMembers;

  constructor(members: RunMembers) {
    this.#members = members;
    this.model = members.model;
    this.optimizer = members.optimizer;
    this.epochs = members.epochs;
    this.batches = members.batches;
    this.notePositions();
  }

  get epoch(): number {
    return this.epochsDone + 1;
  }

  /** The reason why the run must stop; null to go on. */
  get stopped(): string | null {
    return this.history.stopped;
  }

  stop(reason: string): void {
    this.history.stopped ??= reason;
  }

  /** Takes note of where the data are. */
  notePosition(): void {
    const { data } = this.#members;
    this.#position = isResumable(data) ? data.getState() : null;
  }

  /** After an epoch and its validation: of both. */
  notePositions(): void {
    const { validation } = this.#members;
    this.notePosition();
    this.#validationPosition = validation !== null && isResumable(validation) ? validation.getState() : null;
  }

  checkSavable(): void {
    const { data, optimizer } = this.#members;
    if (!isResumable(data))
      throw new ArgumentError(
        "Trainer.fit: the position in the data cannot be saved because the data has no getState or setState method; use a DataLoader",
      );
    if (!isStateful(optimizer))
      throw new ArgumentError(
        `Trainer.fit: the optimizer ${optimizer.constructor.name} has no stateDict or loadStateDict method, so its state cannot be saved`,
      );
  }

  async save(path: string): Promise<void> {
    this.checkSavable();
    await saveCheckpoint(path, this.#parts());
  }

  /** Brings the run back to where a checkpoint was written. */
  async load(path: string): Promise<void> {
    this.checkSavable();
    await loadCheckpoint(path, this.#parts());
    this.resumed = true;
  }

  #parts(): CheckpointParts {
    const { model, optimizer, callbacks, metrics, generators } = this.#members;
    const [modelPart, optimizersPart] = [{ model: modulePart(model) }, { optimizer: optimizerPart(optimizer) }];
    const parts: Record<string, CheckpointPart> = {
      // An optimizer that checks its state only when it is restored is restored first.
      ...("stateDifferences" in optimizer ? { ...modelPart, ...optimizersPart } : { ...optimizersPart, ...modelPart }),
      trainer: this.#counters(),
      generator: generatorPart(defaultGenerator),
    };
    for (const [name, generator] of Object.entries(generators)) parts[`generators.${name}`] = generatorPart(generator);
    for (const [name, metric] of Object.entries(metrics))
      if (isResumable(metric)) parts[`metrics.${name}`] = statePart(metric as HasState);
    // By class, and by number among those of one class: callbacks that remember nothing may come and go.
    const seen: string[] = [];
    for (const callback of callbacks) {
      if (!callback.part) continue;
      const { name } = callback.constructor;
      parts[`callbacks.${name}.${seen.filter((other) => other === name).length}`] = callback.part;
      seen.push(name);
    }
    return parts;
  }

  #counters(): CheckpointPart {
    return {
      state: () => {
        const { epochsDone, step, batch, batches, lossSum, samples, stopped } = this;
        const counters: Counters = {
          ...{ epochsDone, step, batch, batches, lossSum, samples, stopped },
          lr: this.optimizer.lr,
          history: this.history.epochs,
          position: this.#position,
          validationPosition: this.#validationPosition,
        };
        return { tensors: new Map(), values: counters as unknown as Value };
      },
      differences: ({ values }) => {
        const saved = values as unknown as Counters;
        if (typeof saved?.epochsDone !== "number" || !Array.isArray(saved.history))
          return ["the values are not the state of a Trainer"];
        if (saved.batches !== this.batches)
          return [`an epoch has ${this.batches} batches, but ${saved.batches} in the file`];
        return this.#places(saved).flatMap(([data, position]) => stateDifferences(data, position));
      },
      restore: ({ values }) => this.#restore(values as unknown as Counters),
    };
  }

  /** What has a place in its data, and the place that was saved. */
  #places({ position, validationPosition }: Counters): [ResumableData, Value][] {
    const { data, validation } = this.#members;
    const places: [ResumableData, Value][] = [];
    if (isResumable(data)) places.push([data, position]);
    if (validation !== null && isResumable(validation) && validationPosition !== null)
      places.push([validation, validationPosition]);
    return places;
  }

  #restore(saved: Counters): void {
    const { history, lr, stopped, position, validationPosition, ...counters } = saved;
    const { epochsDone, step, batch, lossSum, samples } = counters;
    Object.assign(this, { epochsDone, step, batch, lossSum, samples });
    this.optimizer.lr = lr;
    this.history = new History(history);
    this.history.stopped = stopped;
    this.#position = position;
    this.#validationPosition = validationPosition;
    for (const [data, place] of this.#places(saved)) data.setState(place);
  }
}
