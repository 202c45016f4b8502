/**
 * A group of parameters with the same options, and the tensors that an optimizer keeps for them: averages, step counts,
 * the learning rate on the device. Made and stepped by Optimizer. The formulas of a step are in the optimizer's own
 * file and its op.
 */
import type { DType } from "../core/dtype.js";
import { ArgumentError } from "../core/errors.js";
import { outsideScopes } from "../core/memory/scope.js";
import { tick } from "../core/memory/storage.js";
import type { Meta } from "../core/op.js";
import { fill } from "../ops/creation/fill.js";
import { copyValues } from "../ops/optimizer/copy.js";
import type { Tensor } from "../tensor.js";
import type { SavedGroup } from "./state.js";

/** The parts in which optimizers differ: name, options and the tensors kept for each parameter. */
export interface Rule<O, S extends string> {
  /** Its class, for messages and in saved states. */
  readonly name: string;
  /** Checks the options of a group. @throws ArgumentError if an option is out of range */
  check(options: O): void;
  /** The tensors to keep for each parameter, with the number that fills them at the start. */
  slots(options: O): Readonly<Partial<Record<S, number>>>;
}

/** Parameters that take the same step: lists in the same order, one element for each parameter. */
export interface StepTensors<S extends string> {
  /** The parameters to change in place. */
  readonly parameters: readonly Tensor[];
  /** The gradients, each of the shape of its parameter. */
  readonly gradients: readonly Tensor[];
  /** The averages by name, each a list in the order of the parameters. */
  readonly slots: Readonly<Record<S, readonly Tensor[]>>;
  /** The learning rate, on the device: float64 [1]. */
  readonly rate: Tensor;
  /** The device's own count of these steps, int32 [2], for updates that need it; they advance it. */
  readonly counter: () => Tensor;
}

/** The state of one parameter: how many steps it has taken, and its averages by name. */
interface ParameterState {
  steps: number;
  readonly slots: Readonly<Record<string, Tensor>>;
}

/**
 * Parameters of an optimizer that share their options. The group's own tensors live outside all scopes until `dispose`.
 */
export class ParameterGroup<O = unknown, S extends string = string> {
  /** The parameters of the group. */
  readonly parameters: readonly Tensor[];
  /** The options of the group: the optimizer's, except for those that the group sets itself. */
  readonly options: O;
  readonly #place: string;
  readonly #first: number;
  readonly #starts: readonly (readonly [name: S, start: number])[];
  readonly #state = new Map<Tensor, ParameterState>();
  // Numbers that change from step to step are kept on the device, so that a recorded step can be repeated unchanged.
  readonly #counters = new Map<number, Tensor>();
  #rate: Tensor | null = null;
  #lr: number;
  // The rate of the optimizer, and this group's as a multiple of it.
  #base: number;
  #share = 1;

  /**
   * @internal
   * @param place - for messages
   * @param first - the index of its first parameter among all parameters of the optimizer
   * @param base - the learning rate of the optimizer
   */
  constructor(
    { place, first, base }: { readonly place: string; readonly first: number; readonly base: number },
    parameters: readonly Tensor[],
    options: O,
    starts: Readonly<Partial<Record<S, number>>>,
  ) {
    this.#place = place;
    this.#first = first;
    this.#base = base;
    this.#lr = base;
    this.parameters = parameters;
    this.options = options;
    this.#starts = Object.entries(starts) as [S, number][];
  }

  /** The learning rate. One that is set keeps its proportion to the optimizer's when that changes. */
  get lr(): number {
    return this.#lr;
  }

  /** @throws ArgumentError if it is out of range, or if the optimizer's rate is 0, so that there is no ratio */
  set lr(value: number) {
    checkNumber(this.#place, "lr", value);
    if (value === this.#lr) return;
    if (this.#base === 0)
      throw new ArgumentError(
        `${this.#place}: lr cannot be set to ${value} while the optimizer's lr is 0; set the optimizer's lr first`,
      );
    this.#share = value / this.#base;
    this.#write(value);
  }

  /** @internal The optimizer's rate has changed. */
  follow(base: number): void {
    this.#base = base;
    this.#write(base * this.#share);
  }

  #write(lr: number): void {
    this.#lr = lr;
    if (this.#rate) writeNumbers(this.#rate, [lr]);
  }

  /** @internal Steps with all parameters that have a gradient: a call of `update` for those that have had as many. */
  step(gradients: readonly (Tensor | null)[], update: (tensors: StepTensors<S>) => void): void {
    const bySteps = new Map<number, number[]>();
    gradients.forEach((gradient, i) => {
      if (!gradient) return;
      const { steps } = this.#stateOf(this.parameters[i]);
      const indices = bySteps.get(steps);
      if (indices) indices.push(i);
      else bySteps.set(steps, [i]);
    });
    // One call, unless some parameters had no gradient in an earlier step. Parameters with more steps are
    // updated first, before others reach the same number of steps.
    const calls = [...bySteps].sort(([a], [b]) => b - a);
    for (const [steps, indices] of calls) {
      this.#rate ??= this.#keep([this.#lr], "float64");
      this.#rate.storage.move(this.parameters[0].storage.backend);
      const parameters = indices.map((i) => this.parameters[i]);
      const states = parameters.map((p) => this.#stateOf(p));
      const slots = Object.fromEntries(this.#starts.map(([name]) => [name, states.map((state) => state.slots[name])]));
      update({
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

  /** @internal The plain part of its state. */
  saved(): Omit<SavedGroup, "options"> {
    const steps = this.parameters.map((p) => this.#state.get(p)?.steps ?? 0);
    return { lr: this.#lr, share: this.#share, steps };
  }

  /** @internal Its own tensors by name; those of a parameter without a step are left out. */
  tensors(): Map<string, Tensor> {
    return new Map(
      [...this.#names(this.saved().steps)].map(([name, { p, slot }]) => {
        const state = this.#state.get(p) as ParameterState;
        return [name, state.slots[slot]];
      }),
    );
  }

  /** @internal What the tensors are like where its parameters have had so many steps. */
  expected(steps: readonly number[]): Map<string, Meta> {
    return new Map(
      [...this.#names(steps)].map(([name, { p }]) => [name, { shape: p.shape, dtype: slotType(p) }] as const),
    );
  }

  /** @internal Takes a state over that fits. Tensors that it has stay where they are, since a recorded step uses them. */
  restore({ lr, share, steps }: Omit<SavedGroup, "options">, base: number, saved: ReadonlyMap<string, Tensor>): void {
    this.#base = base;
    this.#share = share;
    this.#write(lr);
    this.parameters.forEach((p, i) => {
      if (steps[i] > 0) this.#stateOf(p).steps = steps[i];
      else this.#forget(p);
    });
    const targets = this.tensors();
    const source = [...targets.keys()].map((name) => saved.get(name) as Tensor);
    copyValues(this.#place, source, [...targets.values()]);
    const counters = [...this.#counters.values()];
    this.#counters.clear();
    for (const count of new Set(steps)) {
      const counter = counters.pop();
      if (!counter) break;
      writeNumbers(counter, [count, 0]);
      this.#counters.set(count, counter);
    }
    for (const counter of counters) counter.dispose();
  }

  /** @internal Frees what it keeps for the parameters. */
  dispose(): void {
    for (const p of this.parameters) this.#forget(p);
    for (const counter of this.#counters.values()) counter.dispose();
    this.#counters.clear();
    this.#rate?.dispose();
    this.#rate = null;
  }

  #forget(p: Tensor): void {
    const state = this.#state.get(p);
    if (state) for (const [name] of this.#starts) state.slots[name].dispose();
    this.#state.delete(p);
  }

  /** The names of all tensors, `7.mean` being of the optimizer's parameter 7, where it has had a step. */
  #names(steps: readonly number[]): Map<string, { readonly p: Tensor; readonly slot: S }> {
    const stepped = this.parameters.map((p, i) => [p, i] as const).filter(([, i]) => steps[i] > 0);
    return new Map(
      stepped.flatMap(([p, i]) => this.#starts.map(([slot]) => [`${this.#first + i}.${slot}`, { p, slot }] as const)),
    );
  }

  /** The counter of those parameters that have had `steps` steps. */
  #counterAt(steps: number): Tensor {
    let counter = this.#counters.get(steps);
    if (!counter) {
      counter = this.#keep([steps, 0], "int32");
      this.#counters.set(steps, counter);
    }
    counter.storage.move(this.parameters[0].storage.backend);
    return counter;
  }

  /** The counter of those that have taken a step now counts one more, as others may do already. */
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

  /** The state of a parameter, which follows it to the device where it is. */
  #stateOf(p: Tensor): ParameterState {
    let state = this.#state.get(p);
    if (!state) {
      const slots = outsideScopes(() =>
        Object.fromEntries(
          this.#starts.map(([name, start]) => [name, fill(p.shape, start, slotType(p), p.storage.backend)]),
        ),
      );
      state = { steps: 0, slots };
      this.#state.set(p, state);
    }
    for (const [name] of this.#starts) state.slots[name].storage.move(p.storage.backend);
    return state;
  }
}

/** Averages are in float32 at least, since in 16 bits small changes would be lost. */
export const slotType = ({ dtype }: Tensor): DType => (dtype === "float64" ? "float64" : "float32");

/** Changes what a tensor on a device holds. */
function writeNumbers({ storage }: Tensor, values: readonly number[]): void {
  storage.backend.write(storage.handle, values);
  storage.writtenAt = tick();
}

/** Throws unless `value` is finite, not negative, and less than `below` if `below` is given. */
export function checkNumber(optimizer: string, name: string, value: number, below = Number.POSITIVE_INFINITY): void {
  if (Number.isFinite(value) && value >= 0 && value < below) return;
  const range =
    below === Number.POSITIVE_INFINITY ? "a finite non-negative number" : `at least 0 and less than ${below}`;
  throw new ArgumentError(`${optimizer}: ${name} must be ${range}, got ${value}`);
}
