/**
 * The base class of optimizers: groups, learning rate, checks of gradients, saved state. SGD, Adam and the others
 * extend it; Trainer and checkpoints use it. The formula of a step belongs in the subclass and its op.
 */
import { isFloat } from "../core/dtype.js";
import { ArgumentError, DeviceError, DTypeError, FormatError, ShapeError } from "../core/errors.js";
import { checkTensor } from "../core/memory/scope.js";
import { quote } from "../core/quote.js";
import { sameShape, show } from "../core/shape.js";
import { compareTensors, type SavedState } from "../io/checkpoint.js";
import type { Value } from "../io/values.js";
import { Tensor } from "../tensor.js";
import { checkNumber, ParameterGroup, type Rule, type StepTensors } from "./group.js";
import { compareOptions, readOptimizer, type SavedGroup, type SavedOptimizer } from "./state.js";

/** Parameters with their own options; an option that is left out has the optimizer's value. */
export type GroupOptions<O> = Partial<O> & {
  /** The parameters of the group. */
  readonly params: Iterable<Tensor>;
  /** Their learning rate, which keeps its proportion to the optimizer's when that changes. */
  readonly lr?: number;
};

/** The parameters of an optimizer: tensors, or groups of them with their own options. */
export type ParameterList<O> = Iterable<Tensor> | Iterable<GroupOptions<O>>;

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
 * @typeParam O - its options, all but the learning rate
 * @typeParam S - the names of the tensors it keeps for each parameter
 */
export abstract class Optimizer<O extends object = object, S extends string = string> implements Disposable {
  /** The parameters of all groups, in order. */
  readonly parameters: readonly Tensor[];
  /** The groups; a single one if parameters were given without groups. */
  readonly groups: readonly ParameterGroup<O, S>[];
  readonly #name: string;
  #lr: number;

  /**
   * @param options - for the groups that say nothing else
   * @throws ArgumentError if there are no parameters, one is listed twice or is not a leaf, or an option is unknown or
   *   out of range; DTypeError if a parameter is not a float
   */
  protected constructor(rule: Rule<O, S>, parameters: ParameterList<O>, lr: number, options: O) {
    const { name } = rule;
    this.#name = name;
    checkNumber(name, "lr", lr);
    rule.check(options);
    this.#lr = lr;
    const groups: ParameterGroup<O, S>[] = [];
    let first = 0;
    for (const [i, { params, lr: groupLr, ...others }] of readGroups(name, parameters).entries()) {
      const place = `${name}: groups[${i}]`;
      const list = [...params];
      const merged = mergeOptions(place, options, others);
      rule.check(merged);
      const group = new ParameterGroup<O, S>({ place, first, base: lr }, list, merged, rule.slots(merged));
      if (groupLr !== undefined) group.lr = groupLr;
      groups.push(group);
      first += list.length;
    }
    this.groups = groups;
    this.parameters = groups.flatMap((group) => group.parameters);
    if (this.parameters.length === 0) throw new ArgumentError(`${name}: there are no parameters to optimize`);
    if (new Set(this.parameters).size !== this.parameters.length)
      throw new ArgumentError(`${name}: a parameter appears twice in the list`);
    this.parameters.forEach((p, i) => {
      checkTensor(name, `parameters[${i}]`, p);
      p.checkLive(name);
      if (!isFloat(p.dtype))
        throw new DTypeError(`${name}: parameters[${i}] must have a float dtype, got ${p.describe()}`);
      if (p.variable?.entry)
        throw new ArgumentError(`${name}: parameters[${i}] is the result of an op, not a leaf: ${p.describe()}`);
    });
  }

  /** The learning rate; set it to follow a schedule. Groups that set their own rate keep their proportion to it. */
  get lr(): number {
    return this.#lr;
  }

  set lr(value: number) {
    checkNumber(this.#name, "lr", value);
    if (value === this.#lr) return;
    this.#lr = value;
    for (const group of this.groups) group.follow(value);
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
    let first = 0;
    for (const group of this.groups) {
      const groupGradients = gradients.slice(first, first + group.parameters.length);
      group.step(groupGradients, (tensors) => this.update(tensors, group.options));
      first += group.parameters.length;
    }
  }

  /** Changes parameters that take the same step: one call of an update. */
  protected abstract update(tensors: StepTensors<S>, options: O): void;

  /** Forgets the gradients that `backward` has added up. */
  zeroGrad(): void {
    for (const p of this.parameters) {
      p.grad?.dispose();
      p.grad = null;
    }
  }

  /**
   * The whole state: its own tensors (`7.mean` belongs to `parameters[7]`), its class, learning rates, options, and
   * how many steps each parameter has had.
   */
  stateDict(): SavedState {
    const groups = this.groups.map((group) => ({ ...group.saved(), options: valuesOf(group.options) }));
    const state: SavedOptimizer = { type: this.#name, lr: this.#lr, groups };
    return {
      tensors: new Map(this.groups.flatMap((group) => [...group.tensors()])),
      values: state as unknown as Value,
    };
  }

  /**
   * Loads a state, copying its tensors: the next steps are those of the optimizer that it came from.
   *
   * @throws FormatError that names the differences in class, groups, options or tensors, or if it is not such a state;
   *   DisposedError. Nothing has changed then
   */
  loadStateDict({ tensors, values }: SavedState): void {
    const op = `${this.#name}.loadStateDict`;
    const saved = readOptimizer(op, values);
    const differences = this.#differences(saved, tensors);
    if (differences.length > 0) throw new FormatError(`${op}: ${differences.join("; ")}`);
    for (const tensor of tensors.values()) tensor.checkLive(op);
    this.#lr = saved.lr;
    this.groups.forEach((group, i) => {
      group.restore(saved.groups[i], saved.lr, tensors);
    });
  }

  /** The reasons, in words, why a state does not fit; none if it can be loaded. Changes nothing. */
  stateDifferences({ tensors, values }: SavedState): string[] {
    try {
      return this.#differences(readOptimizer(this.#name, values), tensors);
    } catch (error) {
      if (error instanceof FormatError) return [error.message];
      throw error;
    }
  }

  #differences({ type, groups }: SavedOptimizer, tensors: ReadonlyMap<string, Tensor>): string[] {
    if (type !== this.#name) return [`the optimizer is ${this.#name}, but ${type} in the state`];
    const sizes = this.groups.map(({ parameters }) => parameters.length);
    const savedSizes = groups.map(({ steps }) => steps.length);
    if (String(sizes) !== String(savedSizes))
      return [`the groups have ${sizes.join(", ")} parameters, but ${savedSizes.join(", ")} in the state`];
    const options = this.groups.flatMap((group, i) =>
      compareOptions(valuesOf(group.options), groups[i].options).map((text) => `groups[${i}].${text}`),
    );
    // The options decide which tensors there are.
    if (options.length > 0) return options;
    const expected = new Map(this.groups.flatMap((group, i) => [...group.expected(groups[i].steps)]));
    return compareTensors(expected, tensors, "the state");
  }

  /** Frees the optimizer's own tensors; a later step starts from fresh ones. The parameters stay. */
  dispose(): void {
    for (const group of this.groups) group.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #check(gradients: readonly (Tensor | null)[]): void {
    const op = `${this.#name}.step`;
    if (gradients.length !== this.parameters.length)
      throw new ShapeError(
        `${op}: expected ${this.parameters.length} gradients, one for each parameter, got ${gradients.length}`,
      );
    gradients.forEach((gradient, i) => {
      const p = this.parameters[i];
      if (!gradient) return;
      p.checkLive(op);
      gradient.checkLive(op);
      if (!sameShape(gradient.shape, p.shape))
        throw new ShapeError(
          `${op}: gradients[${i}] is ${show(gradient.shape)}, but its parameter is ${show(p.shape)}`,
        );
      if (!isFloat(gradient.dtype))
        throw new DTypeError(`${op}: gradients[${i}] must have a float dtype, got ${gradient.describe()}`);
      if (gradient.storage.backend !== p.storage.backend)
        throw new DeviceError(`${op}: gradients[${i}] is on ${gradient.device}, but its parameter is on ${p.device}`);
    });
  }
}

/** Groups as they were given, or one of all parameters. */
function readGroups<O>(name: string, parameters: ParameterList<O>): readonly GroupOptions<O>[] {
  const items: (Tensor | GroupOptions<O>)[] = [...parameters];
  const tensors = items.filter((item) => item instanceof Tensor);
  const groups = items.filter((item): item is GroupOptions<O> => !(item instanceof Tensor));
  if (groups.length === 0) return [{ params: tensors } as unknown as GroupOptions<O>];
  groups.forEach((group: unknown, i) => {
    if (tensors.length > 0 || typeof group !== "object" || group === null || !("params" in group))
      throw new ArgumentError(
        `${name}: pass only tensors, or only groups that have params; group ${i} is ${quote(group)}`,
      );
  });
  return groups;
}

/** The options of a group: its own and, for those it does not set, the optimizer's. */
function mergeOptions<O extends object>(place: string, defaults: O, groupOptions: object): O {
  for (const name of Object.keys(groupOptions))
    if (!(name in defaults)) throw new ArgumentError(`${place}: unknown option ${quote(name)}`);
  const given = Object.entries(groupOptions).filter(([, value]) => value !== undefined);
  const merged = { ...defaults, ...Object.fromEntries(given) };
  // Lists are copied: nothing that the caller does to them later counts.
  return Object.fromEntries(Object.entries(merged).map(([k, v]) => [k, Array.isArray(v) ? [...v] : v])) as O;
}

/** Options as they are saved. */
const valuesOf = (options: object): SavedGroup["options"] => options as { readonly [name: string]: Value };
