/**
 * The base class of all layers and models. It finds parameters and buffers by walking fields, switches between training
 * and use, and saves and loads state. Layers extend it; Trainer, optimizers and checkpoints use it. It must not know
 * any layer.
 */
import { backend, type DeviceName } from "../core/device.js";
import { dtypeInfo, isFloat } from "../core/dtype.js";
import { DTypeError, FormatError, ShapeError } from "../core/errors.js";
import { checkTensor } from "../core/memory/scope.js";
import { sameShape, show } from "../core/shape.js";
import type { NamedTensors } from "../io/index.js";
import { copyValues } from "../ops/optimizer/copy.js";
import { Tensor } from "../tensor.js";
import { type Role, roleOf } from "./parameter.js";

/** Options of `Module.loadStateDict`. */
export interface LoadStateDictOptions {
  /** Whether all names must be there, and no others. Default true. */
  readonly strict?: boolean;
}

/** The names in which a state and a module differ; none if it was loaded strictly. */
export interface IncompatibleKeys {
  /** Names that the module has and the state lacks. */
  readonly missingKeys: readonly string[];
  /** Names that the state has and the module lacks. */
  readonly unexpectedKeys: readonly string[];
}

/**
 * A part of a network: an object with parameters and a `forward` function.
 *
 * ```ts
 * class Net extends Module {
 *   hidden = new Linear(784, 128);
 *   output = new Linear(128, 10);
 *   forward(x: Tensor): Tensor {
 *     return this.output.forward(this.hidden.forward(x).relu());
 *   }
 * }
 * ```
 *
 * State is found by walking the public fields, through arrays and plain objects: what `parameter` made, or a leaf that
 * requires a gradient, is a parameter; what `buffer` made is a buffer (state that is saved but not trained); a module
 * has its own. Names are PyTorch's: `hidden.weight`, `layers.0.bias`. Other tensors in fields are not state.
 */
export abstract class Module implements Disposable {
  #training = true;
  /** While the mode is being set: a field may lead back. */
  #settingMode = false;

  /** Computes the output of the module. Each layer documents the shapes of its inputs and its output. */
  abstract forward(...inputs: never[]): unknown;

  /** Whether layers such as dropout behave as in training. True until `eval` is called. */
  get training(): boolean {
    return this.#training;
  }

  /** Sets the mode of this module and, by their own `train`, of all inside it. */
  train(mode = true): this {
    if (this.#settingMode) return this;
    this.#settingMode = true;
    try {
      this.#training = mode;
      for (const child of this.children()) child.train(mode);
    } finally {
      this.#settingMode = false;
    }
    return this;
  }

  /** Sets the mode for use: `train(false)`. */
  eval(): this {
    return this.train(false);
  }

  /**
   * Moves parameters, their gradients and buffers to another device, in place: the tensors stay the same, and so do
   * those that are views of them. An optimizer that has them already goes on there.
   *
   * @returns the same module
   * @throws DeviceError if the device cannot be used, OutOfMemoryError, DisposedError; nothing has moved then
   */
  to(device: DeviceName): this {
    const target = backend(device);
    const tensors = this.#state().flatMap(([, tensor]) => (tensor.grad ? [tensor, tensor.grad] : [tensor]));
    for (const tensor of tensors) tensor.checkLive("Module.to");
    const moved: (() => void)[] = [];
    try {
      for (const { storage } of tensors) {
        const from = storage.backend;
        storage.move(target);
        moved.push(() => storage.move(from));
      }
    } catch (error) {
      for (const moveBack of moved) moveBack();
      throw error;
    }
    return this;
  }

  /** The modules in this one's fields, each once; not those inside them. */
  children(): Module[] {
    const found = membersIn(this.members(), "", [this]).map(([, value]) => value);
    return [...new Set(found.filter((value) => value instanceof Module))];
  }

  /** This module and all inside it, each once. */
  modules(): Module[] {
    return [...this.namedModules().values()];
  }

  /** This module, whose name is empty, and all inside it by name. One that is shared has its first name. */
  namedModules(): Map<string, Module> {
    const names = new Map<Module, string>();
    const visit = (module: Module, name: string): void => {
      if (names.has(module)) return;
      names.set(module, name);
      for (const [key, value] of membersIn(module.members(), name && `${name}.`, [module]))
        if (value instanceof Module) visit(value, key);
    };
    visit(this, "");
    return new Map([...names].map(([module, name]) => [name, module]));
  }

  /** The parameters, each once, in the order of `namedParameters`. Frozen ones are among them. */
  parameters(): Tensor[] {
    return [...this.namedParameters().values()];
  }

  /**
   * The parameters by name: a module's own first, then those of the modules inside it. One that is shared has its first
   * name.
   */
  namedParameters(): Map<string, Tensor> {
    return firstNames(this.#named("parameter"));
  }

  /** The buffers by name, those that are not saved included. */
  namedBuffers(): Map<string, Tensor> {
    return firstNames(this.#named("buffer", "passing buffer"));
  }

  /**
   * Parameters and buffers by name, to be saved. They are the module's own, not copies; one that is shared has several
   * names.
   */
  stateDict(): Map<string, Tensor> {
    return new Map(this.#named("parameter", "buffer"));
  }

  /**
   * Copies values into the parameters and buffers, such as those of `loadSafetensors`, from any device. Floats are
   * converted to the dtype the module has.
   *
   * ```ts
   * const { missingKeys } = model.loadStateDict(pretrained, { strict: false }); // keeps its own head
   * ```
   *
   * @returns what differs in names, which is nothing unless `strict` is false
   * @throws FormatError if a name is missing or too many, unless `strict` is false; ShapeError if shapes differ,
   *   DTypeError if values cannot be converted, ArgumentError if one is not a tensor; nothing has changed then
   */
  loadStateDict(values: NamedTensors, { strict = true }: LoadStateDictOptions = {}): IncompatibleKeys {
    const given = new Map<string, unknown>(values instanceof Map ? values : Object.entries(values));
    const current = this.stateDict();
    const differences = compareNames(current, given);
    if (strict) refuse(differences);
    const pairs = [...current].flatMap(([name, target]) => {
      if (!given.has(name)) return [];
      const source = given.get(name);
      checkTensor("loadStateDict", name, source);
      return [{ name, target, source }];
    });
    const shapes = pairs.filter(({ target, source }) => !sameShape(target.shape, source.shape));
    if (shapes.length > 0) {
      const differences = shapes.map(
        ({ name, target, source }) => `${name} is ${show(target.shape)}, got ${show(source.shape)}`,
      );
      throw new ShapeError(`loadStateDict: the shapes do not match the module: ${list(differences)}`);
    }
    for (const { name, target, source } of pairs)
      if (source.dtype !== target.dtype && !(isFloat(source.dtype) && isFloat(target.dtype)))
        throw new DTypeError(
          `loadStateDict: ${name} is ${target.dtype}, got ${source.dtype} (${dtypeInfo[source.dtype].kind})`,
        );
    copyValues(
      "loadStateDict",
      pairs.map(({ source }) => source),
      pairs.map(({ target }) => target),
    );
    return differences;
  }

  /** Frees parameters, their gradients and buffers. The module cannot be used afterwards. */
  dispose(): void {
    for (const [, tensor] of this.#state()) {
      tensor.grad?.dispose();
      tensor.dispose();
    }
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** The fields to walk, by name. Override it to give them other names. */
  protected members(): (readonly [name: string, value: unknown])[] {
    return Object.entries(this);
  }

  #named(...roles: readonly Role[]): [string, Tensor][] {
    return this.#state().flatMap(([name, tensor, role]) => (roles.includes(role) ? [[name, tensor]] : []));
  }

  /** All state by name, with its role: a module's own first, parameters before buffers. */
  #state(prefix = "", path: readonly object[] = []): [string, Tensor, Role][] {
    if (path.includes(this)) return [];
    const found = membersIn(this.members(), prefix, [...path, this]);
    const direct = found.flatMap(([name, value]): [string, Tensor, Role][] => {
      const role = value instanceof Tensor ? roleOf(value) : null;
      return role === null ? [] : [[name, value as Tensor, role]];
    });
    const inner = found.flatMap(([name, value]) =>
      value instanceof Module ? value.#state(`${name}.`, [...path, this]) : [],
    );
    const isParameter = ([, , role]: (typeof direct)[number]): boolean => role === "parameter";
    return [...direct.filter(isParameter), ...direct.filter((item) => !isParameter(item)), ...inner];
  }
}

/** @internal Takes note of the mode of every module; the function given back sets them again. */
export function rememberModes(model: Module): () => void {
  const modes = model.modules().map((module) => [module, module.training] as const);
  // Inner ones last, since a mode is passed on.
  return () => {
    for (const [module, training] of modes) module.train(training);
  };
}

/** Members under other names: those of PyTorch's state dict for fields whose names are in camelCase here. */
export const renamed = (
  members: readonly (readonly [name: string, value: unknown])[],
  names: Readonly<Record<string, string>>,
): (readonly [string, unknown])[] =>
  members.map(([name, value]) => [Object.hasOwn(names, name) ? names[name] : name, value]);

/** The tensors and modules among values, and those inside arrays and plain objects. */
function membersIn(
  values: (readonly [string, unknown])[],
  prefix: string,
  path: readonly object[],
): [string, Tensor | Module][] {
  return values.flatMap(([key, value]): [string, Tensor | Module][] => {
    if (typeof value !== "object" || value === null || path.includes(value)) return [];
    const name = prefix + key;
    if (value instanceof Tensor || value instanceof Module) return [[name, value]];
    const prototype = Object.getPrototypeOf(value);
    const isContainer = Array.isArray(value) || prototype === Object.prototype || prototype === null;
    return isContainer ? membersIn(Object.entries(value), `${name}.`, [...path, value]) : [];
  });
}

function firstNames(entries: [string, Tensor][]): Map<string, Tensor> {
  const names = new Map<Tensor, string>();
  for (const [name, tensor] of entries) if (!names.has(tensor)) names.set(tensor, name);
  return new Map([...names].map(([tensor, name]) => [name, tensor]));
}

const compareNames = (
  current: ReadonlyMap<string, unknown>,
  given: ReadonlyMap<string, unknown>,
): IncompatibleKeys => ({
  missingKeys: [...current.keys()].filter((name) => !given.has(name)),
  unexpectedKeys: [...given.keys()].filter((name) => !current.has(name)),
});

function refuse({ missingKeys, unexpectedKeys }: IncompatibleKeys): void {
  const problems = [
    ...(missingKeys.length > 0 ? [`missing ${list(missingKeys)}`] : []),
    ...(unexpectedKeys.length > 0 ? [`unexpected ${list(unexpectedKeys)}`] : []),
  ];
  if (problems.length > 0)
    throw new FormatError(`loadStateDict: the names do not match the module: ${problems.join("; ")}`);
}

/** The first ten of a list, for messages. */
const list = (items: readonly string[]): string =>
  items.length <= 10 ? items.join(", ") : `${items.slice(0, 10).join(", ")} and ${items.length - 10} more`;
