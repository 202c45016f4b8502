import { type DType, isFloat } from "../core/dtype.js";
import { ArgumentError, DeviceError, DTypeError, ShapeError } from "../core/errors.js";
import { outsideScopes } from "../core/scope.js";
import { sameShape, show } from "../core/shape.js";
import { tick } from "../core/storage.js";
import type { Tensor } from "../tensor.js";

/** What an optimizer knows of one parameter: how many steps it has had, and its averages by name. */
interface ParameterState {
  steps: number;
  readonly slots: Readonly<Record<string, Tensor>>;
}

/** Parameters that take the same step: lists that belong together element by element. */
export interface Group<S extends string> {
  readonly parameters: readonly Tensor[];
  readonly gradients: readonly Tensor[];
  /** The averages, one list a name. */
  readonly slots: Readonly<Record<S, readonly Tensor[]>>;
  /** The learning rate, on the device: float64 [1]. */
  readonly rate: Tensor;
  /** The device's own count of the group's steps, int32 [2], for updates that need it; they advance it. */
  readonly counter: () => Tensor;
}

/**
 * Changes parameters in place so that a loss falls. Its own tensors live outside all scopes until `dispose`.
 *
 * ```ts
 * const optimizer = new Adam(model.parameters(), { lr: 1e-3 });
 * using tape = new Tape();
 * const loss = crossEntropy(model.forward(x), y);
 * optimizer.step(tape.gradients(loss, optimizer.parameters));
 * ```
 *
 * @typeParam S - the names of the tensors it keeps for each parameter
 */
export abstract class Optimizer<S extends string = string> implements Disposable {
  readonly parameters: readonly Tensor[];
  readonly #name: string;
  readonly #slotNames: readonly S[];
  readonly #state = new Map<Tensor, ParameterState>();
  // What changes from step to step lies on the device, so that a recorded step can be repeated there as it is.
  readonly #counters = new Map<number, Tensor>();
  #rate: Tensor | null = null;
  #lr = 0;

  /**
   * @param name - for messages
   * @param slotNames - the tensors to keep for each parameter; they start as zeros
   * @throws ArgumentError if there are no parameters, one stands twice or is not a leaf, or `lr` is out of range;
   *   DTypeError if one is not a float
   */
  protected constructor(name: string, parameters: Iterable<Tensor>, lr: number, slotNames: readonly S[]) {
    this.#name = name;
    this.#slotNames = slotNames;
    this.parameters = [...parameters];
    this.lr = lr;
    if (this.parameters.length === 0) throw new ArgumentError(`${name}: there are no parameters to optimize`);
    if (new Set(this.parameters).size !== this.parameters.length)
      throw new ArgumentError(`${name}: a parameter stands twice in the list`);
    this.parameters.forEach((p, i) => {
      p.checkLive(name);
      if (!isFloat(p.dtype)) throw new DTypeError(`${name}: parameters[${i}] is no float: ${p.describe()}`);
      if (p.variable?.entry)
        throw new ArgumentError(`${name}: parameters[${i}] is a result, not a leaf: ${p.describe()}`);
    });
  }

  /** The learning rate; set it to follow a schedule. */
  get lr(): number {
    return this.#lr;
  }

  set lr(value: number) {
    checkNumber(this.#name, "lr", value);
    this.#lr = value;
    if (this.#rate) writeNumbers(this.#rate, [value]);
  }

  /**
   * One step against the gradients.
   *
   * @param gradients - one a parameter, in the order of `parameters`, as `tape.gradients` gives them; null skips a
   *   parameter. Left out: the `grad` of each parameter, as `backward` sets it
   * @throws ShapeError if the number or the shape of gradients does not fit; nothing has changed then
   */
  step(gradients: readonly (Tensor | null)[] = this.parameters.map(({ grad }) => grad)): void {
    this.#check(gradients);
    const bySteps = new Map<number, number[]>();
    gradients.forEach((gradient, i) => {
      if (!gradient) return;
      const { steps } = this.#stateOf(this.parameters[i]);
      const group = bySteps.get(steps);
      if (group) group.push(i);
      else bySteps.set(steps, [i]);
    });
    // One group, unless some parameters had no gradient in an earlier step. Those ahead go first, out of the way of
    // those who come to have as many steps.
    const groups = [...bySteps].sort(([a], [b]) => b - a);
    this.#rate ??= this.#keep([this.#lr], "float64");
    for (const [steps, indices] of groups) {
      const parameters = indices.map((i) => this.parameters[i]);
      const states = parameters.map((p) => this.#stateOf(p));
      const slots = Object.fromEntries(this.#slotNames.map((name) => [name, states.map((state) => state.slots[name])]));
      this.update({
        parameters,
        gradients: indices.map((i) => gradients[i] as Tensor),
        slots: slots as Record<S, Tensor[]>,
        rate: this.#rate,
        counter: () => this.#counterAt(steps),
      });
      for (const state of states) state.steps++;
      this.#advance(steps);
    }
  }

  /** Changes the parameters of a group: one call of an update. */
  protected abstract update(group: Group<S>): void;

  /** Forgets the gradients that `backward` has added up. */
  zeroGrad(): void {
    for (const p of this.parameters) {
      p.grad?.dispose();
      p.grad = null;
    }
  }

  /** Frees what the optimizer keeps for the parameters; a later step starts anew. The parameters stay. */
  dispose(): void {
    for (const { slots } of this.#state.values()) for (const name of this.#slotNames) slots[name].dispose();
    this.#state.clear();
    for (const counter of this.#counters.values()) counter.dispose();
    this.#counters.clear();
    this.#rate?.dispose();
    this.#rate = null;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** The counter of those parameters that have had `steps` steps. */
  #counterAt(steps: number): Tensor {
    let counter = this.#counters.get(steps);
    if (!counter) {
      counter = this.#keep([steps, 0], "int32");
      this.#counters.set(steps, counter);
    }
    return counter;
  }

  /** The counter of a group that has taken a step now counts one more, as others may do already. */
  #advance(steps: number): void {
    const counter = this.#counters.get(steps);
    if (!counter) return;
    this.#counters.delete(steps);
    if (this.#counters.has(steps + 1)) counter.dispose();
    else this.#counters.set(steps + 1, counter);
  }

  /** A tensor beside the parameters that stays until `dispose`. */
  #keep(values: readonly number[], dtype: DType): Tensor {
    const kept = outsideScopes(() => this.parameters[0].zeros([values.length], dtype));
    writeNumbers(kept, values);
    return kept;
  }

  #check(gradients: readonly (Tensor | null)[]): void {
    const op = `${this.#name}.step`;
    if (gradients.length !== this.parameters.length)
      throw new ShapeError(`${op}: ${gradients.length} gradients for ${this.parameters.length} parameters`);
    gradients.forEach((gradient, i) => {
      const p = this.parameters[i];
      if (!gradient) return;
      p.checkLive(op);
      gradient.checkLive(op);
      if (!sameShape(gradient.shape, p.shape))
        throw new ShapeError(`${op}: gradients[${i}] is ${show(gradient.shape)}, its parameter ${show(p.shape)}`);
      if (!isFloat(gradient.dtype)) throw new DTypeError(`${op}: gradients[${i}] is no float: ${gradient.describe()}`);
      if (gradient.storage.backend !== p.storage.backend)
        throw new DeviceError(`${op}: gradients[${i}] is on ${gradient.device}, its parameter on ${p.device}`);
    });
  }

  /** The state of a parameter: averages in float32 at least, since in 16 bits small changes would be lost. */
  #stateOf(p: Tensor): ParameterState {
    let state = this.#state.get(p);
    if (!state) {
      const dtype = p.dtype === "float64" ? "float64" : "float32";
      const slots = outsideScopes(() =>
        Object.fromEntries(this.#slotNames.map((name) => [name, p.zeros(p.shape, dtype)])),
      );
      state = { steps: 0, slots };
      this.#state.set(p, state);
    }
    return state;
  }
}

/** Changes what a tensor on a device holds. */
function writeNumbers({ storage }: Tensor, values: readonly number[]): void {
  storage.backend.write(storage.handle, values);
  storage.writtenAt = tick();
}

/** Throws unless `value` is a finite number of 0 or more, and below `below` where that is given. */
export function checkNumber(optimizer: string, name: string, value: number, below = Number.POSITIVE_INFINITY): void {
  if (Number.isFinite(value) && value >= 0 && value < below) return;
  const range = below === Number.POSITIVE_INFINITY ? "a finite number of 0 or more" : `from 0 to below ${below}`;
  throw new ArgumentError(`${optimizer}: ${name} is ${range}, got ${value}`);
}
