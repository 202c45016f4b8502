/**
 * Makes checkpoint parts of modules, optimizers, generators and other objects with a state. Trainer and users pass them
 * to `saveCheckpoint` and `loadCheckpoint`.
 */
import { ArgumentError } from "../core/errors.js";
import type { Generator, GeneratorState } from "../core/random/generator.js";
import type { Tensor } from "../tensor.js";
import { type CheckpointPart, compareTensors, type SavedState } from "./checkpoint.js";
import type { NamedTensors } from "./safetensors.js";
import type { Value } from "./values.js";

/** An object with tensors by name that can load others: a `Module`. */
export interface ModuleLike {
  /** The tensors by name. */
  stateDict(): ReadonlyMap<string, Tensor>;
  /**
   * Copies the values into the tensors.
   *
   * @throws WengertError if names, shapes or dtypes differ; nothing has changed then
   */
  loadStateDict(values: NamedTensors): void;
}

/** An object with a state of plain values: a `Generator`, a `DataLoader`, a `ReduceLROnPlateau`, a metric. */
export interface HasState {
  /** The state, which can be written as JSON. */
  getState(): unknown;
  /**
   * Goes on from a state that `getState` gave.
   *
   * @throws WengertError if it does not fit; nothing has changed then
   */
  setState(state: never): void;
}

/**
 * An optimizer that can be saved. `loadStateDict` checks the state against its parameters and options before it changes
 * anything, and throws a FormatError that names what differs.
 */
export interface StatefulOptimizer {
  /** The state: averages and step counts, and the options they belong to. */
  stateDict(): SavedState;
  /**
   * Restores a state that `stateDict` gave.
   *
   * @throws FormatError if it does not fit; nothing has changed then
   */
  loadStateDict(saved: SavedState): void;
  /**
   * The reasons, in words, why a state does not fit. It lets a checkpoint with several parts change nothing if one does
   * not fit.
   */
  stateDifferences?(saved: SavedState): string[];
}

/** The part of a module: its parameters and buffers. */
export function modulePart(module: ModuleLike): CheckpointPart {
  return {
    state: () => ({ tensors: module.stateDict(), values: null }),
    differences: ({ tensors }) => compareTensors(module.stateDict(), tensors),
    restore: ({ tensors }) => module.loadStateDict(tensors),
  };
}

/** The part of a random generator: its seed and its position in the stream. */
export const generatorPart = (generator: Generator): CheckpointPart => ({
  ...statePart(generator),
  differences({ values }) {
    const { seed, offset } = (values ?? {}) as Partial<GeneratorState>;
    const fits = [seed, offset].every((value) => Number.isSafeInteger(value) && (value as number) >= 0);
    return fits ? [] : ["the values are not the state of a generator"];
  },
});

/** The part of any object with `getState` and `setState` whose state is plain values. */
export function statePart(object: HasState): CheckpointPart {
  return {
    state: () => ({ tensors: new Map(), values: object.getState() as Value }),
    differences: ({ values }) => stateDifferences(object, values),
    restore: ({ values }) => object.setState(values as never),
  };
}

/** @internal Why an object does not take a state; none if it does. It is tried, and taken back. */
export function stateDifferences(object: HasState, values: Value): string[] {
  const before = object.getState();
  try {
    object.setState(values as never);
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  } finally {
    object.setState(before as never);
  }
}

/** Whether an optimizer can be saved. */
export const isStateful = (optimizer: object): optimizer is StatefulOptimizer =>
  "stateDict" in optimizer && "loadStateDict" in optimizer;

/**
 * The part of an optimizer: averages, step counts and learning rate. An optimizer without `stateDifferences` must be
 * the first part: its `loadStateDict` then finds the differences before any part has changed.
 *
 * @throws ArgumentError if the optimizer cannot be saved
 */
export function optimizerPart(optimizer: object): CheckpointPart {
  if (!isStateful(optimizer))
    throw new ArgumentError(
      `optimizerPart: ${optimizer.constructor.name} has no stateDict or loadStateDict method, so its state cannot be saved`,
    );
  return {
    state: () => optimizer.stateDict(),
    differences: (saved) => optimizer.stateDifferences?.(saved) ?? [],
    restore: (saved) => optimizer.loadStateDict(saved),
  };
}
