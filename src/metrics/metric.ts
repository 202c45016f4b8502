/**
 * The base class of metrics: state, saving and restoring, and the error for no data. Users and Trainer call `update`
 * and `compute`.
 */
import { ArgumentError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import type { Tensor } from "../tensor.js";
import { MetricError } from "./errors.js";

/** The state of a metric: plain numbers and lists of them, which can be saved anywhere. */
export type MetricState = Readonly<Record<string, number | number[]>>;

/**
 * A figure over all batches since the start, or since `reset`. It is not the mean of the figures of the batches.
 *
 * ```ts
 * const accuracy = new Accuracy();
 * for await (const { x, y } of batches) accuracy.update(model.forward(x), y);
 * console.log(accuracy.compute());
 * ```
 *
 * `update` reads its arguments from the device, so it waits for the device. It keeps no tensor and records nothing.
 *
 * @typeParam V - the type that `compute` returns
 * @typeParam S - the type of the state
 */
export abstract class Metric<V = number, S extends MetricState = MetricState> {
  /** The name of the class, for messages and tables. */
  readonly name: string;
  /** The sums and counts so far. Subclasses update it. */
  protected state: S;

  /**
   * @param name - the name of the class
   * @param initial - the state without any data
   */
  protected constructor(name: string, initial: S) {
    this.name = name;
    this.#initial = structuredClone(initial);
    this.state = structuredClone(initial);
  }

  readonly #initial: S;

  /**
   * Adds a batch; if it throws, nothing has changed.
   *
   * @param predictions - the output of the model; each metric documents the shapes
   * @param targets - the values or labels to predict
   * @throws ShapeError, DTypeError or ArgumentError if the batch does not fit the metric
   */
  abstract update(predictions: Tensor, targets: Tensor): void;

  /**
   * The figure over all batches so far. More batches can follow.
   *
   * @throws MetricError if the batches do not define it
   */
  abstract compute(): V;

  /** Returns to the state without any data. */
  reset(): void {
    this.state = structuredClone(this.#initial);
  }

  /** A copy of the state; `setState` of a metric with the same options goes on from it. */
  getState(): S {
    return structuredClone(this.state);
  }

  /**
   * Goes on from a state that `getState` gave.
   *
   * @throws ArgumentError if it is not what `getState` of such a metric gives; nothing has changed then
   */
  setState(state: S): void {
    const refuse = (rule: string): never => {
      throw new ArgumentError(`${this.name}.setState: ${rule}`);
    };
    if (typeof state !== "object" || state === null) refuse(`the state must be an object, got ${quote(state)}`);
    const names = Object.keys(this.#initial);
    if (Object.keys(state).sort().join() !== [...names].sort().join())
      refuse(`the state must have the fields ${names.join(", ")}, got ${Object.keys(state).join(", ")}`);
    for (const name of names) {
      const [initial, given] = [this.#initial[name], state[name]];
      if (Array.isArray(initial) !== Array.isArray(given))
        refuse(`${name} must be ${Array.isArray(initial) ? "a list" : "a number"}, got ${quote(given)}`);
      // A list that is empty at first grows; any other keeps its length.
      if (Array.isArray(initial) && Array.isArray(given) && initial.length > 0 && initial.length !== given.length)
        refuse(`${name} must have ${initial.length} numbers, got ${given.length}`);
      const wrong = [given].flat().find((value) => !Number.isFinite(value));
      if (wrong !== undefined) refuse(`${name} contains ${quote(wrong)}, which is not a finite number`);
    }
    const rule = this.stateRule(state);
    if (rule !== null) refuse(rule);
    this.state = structuredClone(state);
  }

  /**
   * Checks a state whose names and types are right. Returns the reason, in words, why it cannot be; null if it is
   * valid.
   */
  protected stateRule(_state: S): string | null {
    return null;
  }

  /** Returns `value()`, or throws a MetricError if `count`, the number of targets, is 0. */
  protected defined(count: number, value: () => V): V {
    if (count > 0) return value();
    throw new MetricError(
      `${this.name}.compute: there are no targets: update was not called, or all targets were ignored`,
    );
  }
}
