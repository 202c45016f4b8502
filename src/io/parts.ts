import { ArgumentError } from "../core/errors.js";
import type { Generator, GeneratorState } from "../core/random/generator.js";
import type { Tensor } from "../tensor.js";
import { type CheckpointPart, compareTensors, type SavedState } from "./checkpoint.js";
import type { NamedTensors } from "./safetensors.js";
import type { Value } from "./values.js";

/** What has tensors by name and takes others in their place: a `Module`. */
export interface ModuleLike {
  stateDict(): ReadonlyMap<string, Tensor>;
  loadStateDict(values: NamedTensors): void;
}

/** What has a state of plain values: a `Generator`, a `DataLoader`, a `ReduceLROnPlateau`, a metric. */
export interface HasState {
  getState(): unknown;
  setState(state: never): void;
}

/**
 * An optimizer that can be saved. `loadStateDict` checks the state against its parameters and options before it changes
 * anything, and throws a FormatError that names what differs.
 */
export interface StatefulOptimizer {
  stateDict(): SavedState;
  loadStateDict(saved: SavedState): void;
  /** What in a state does not fit, in words, so that nothing at all changes where something does not. */
  stateDifferences?(saved: SavedState): string[];
}

/** Parameters and buffers of a module. */
export function modulePart(module: ModuleLike): CheckpointPart {
  return {
    state: () => ({ tensors: module.stateDict(), values: null }),
    differences: ({ tensors }) => compareTensors(module.stateDict(), tensors),
    restore: ({ tensors }) => module.loadStateDict(tensors),
  };
}

/** Where a generator is in its stream. */
export const generatorPart = (generator: Generator): CheckpointPart => ({
  ...statePart(generator),
  differences({ values }) {
    const { seed, offset } = (values ?? {}) as Partial<GeneratorState>;
    const fits = [seed, offset].every((value) => Number.isSafeInteger(value) && (value as number) >= 0);
    return fits ? [] : ["no state of a generator"];
  },
});

/** Any object with `getState` and `setState`, whose state is plain values. */
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
 * Averages, step counts and learning rate of an optimizer. One without `stateDifferences` stands first among the parts:
 * what does not fit is then found by its `loadStateDict`, before any part has changed.
 *
 * @throws ArgumentError if the optimizer cannot be saved
 */
export function optimizerPart(optimizer: object): CheckpointPart {
  if (!isStateful(optimizer))
    throw new ArgumentError(
      `optimizerPart: ${optimizer.constructor.name} has no stateDict and loadStateDict, so its state cannot be saved`,
    );
  return {
    state: () => optimizer.stateDict(),
    differences: (saved) => optimizer.stateDifferences?.(saved) ?? [],
    restore: (saved) => optimizer.loadStateDict(saved),
  };
}
