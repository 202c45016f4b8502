import { ArgumentError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import type { Tensor } from "../tensor.js";
import { MetricError } from "./errors.js";

/** What a metric has gathered: plain numbers and lists of them, to be saved anywhere. */
export type MetricState = Readonly<Record<string, number | number[]>>;

/**
 * A figure over all batches since the beginning, or since `reset`: not the mean of the figures of the batches.
 *
 * ```ts
 * const accuracy = new Accuracy();
 * for await (const { x, y } of batches) accuracy.update(model.forward(x), y);
 * console.log(accuracy.compute());
 * ```
 *
 * `update` reads what it is given from the device, so it waits for the device; it keeps no tensor and records nothing.
 *
 * @typeParam V - what `compute` gives
 */
export abstract class Metric<V = number, S extends MetricState = MetricState> {
  /** The name of the class, for messages and tables. */
  readonly name: string;
  protected state: S;

  protected constructor(name: string, initial: S) {
    this.name = name;
    this.#initial = structuredClone(initial);
    this.state = structuredClone(initial);
  }

  readonly #initial: S;

  /**
   * Takes in a batch; what throws has changed nothing.
   *
   * @throws ShapeError, DTypeError or ArgumentError if the batch does not fit the metric
   */
  abstract update(predictions: Tensor, targets: Tensor): void;

  /**
   * The figure over all that was taken in; it may go on after that.
   *
   * @throws MetricError if that does not define it
   */
  abstract compute(): V;

  /** Forgets all that was taken in. */
  reset(): void {
    this.state = structuredClone(this.#initial);
  }

  /** A copy of what was gathered; `setState` of a metric with the same options goes on from there. */
  getState(): S {
    return structuredClone(this.state);
  }

  /** @throws ArgumentError if it is not what `getState` of such a metric gives; nothing has changed then */
  setState(state: S): void {
    const refuse = (rule: string): never => {
      throw new ArgumentError(`${this.name}.setState: ${rule}`);
    };
    if (typeof state !== "object" || state === null) refuse(`a state is an object, got ${quote(state)}`);
    const names = Object.keys(this.#initial);
    if (Object.keys(state).sort().join() !== [...names].sort().join())
      refuse(`the state has ${names.join(", ")}, got ${Object.keys(state).join(", ")}`);
    for (const name of names) {
      const [own, given] = [this.#initial[name], state[name]];
      if (Array.isArray(own) !== Array.isArray(given)) refuse(`${name} is ${quote(given)}`);
      // A list that is empty at first grows; any other keeps its length.
      if (Array.isArray(own) && Array.isArray(given) && own.length > 0 && own.length !== given.length)
        refuse(`${name} has ${own.length} numbers, got ${given.length}`);
      const wrong = [given].flat().find((value) => !Number.isFinite(value));
      if (wrong !== undefined) refuse(`${name} holds ${quote(wrong)}, which is no finite number`);
    }
    const rule = this.stateRule(state);
    if (rule !== null) refuse(rule);
    this.state = structuredClone(state);
  }

  /** What else is wrong with a state whose names and types are right; null for nothing. */
  protected stateRule(_state: S): string | null {
    return null;
  }

  /** `value`, which came from `count` targets. */
  protected defined(count: number, value: () => V): V {
    if (count > 0) return value();
    throw new MetricError(`${this.name}.compute: there are no targets: no update came, or all were ignored`);
  }
}
