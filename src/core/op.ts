/**
 * The records of ops and updates: the type in which an author writes one, checked by the compiler, and the form in
 * which the engine uses it. Every op and update in src/ops, and every op of a user, is made here. Running one is in
 * apply.ts.
 */
import type { Tensor } from "../tensor.js";
import type { KernelArgs } from "./backend.js";
import type { DType } from "./dtype.js";
import { ArgumentError } from "./errors.js";
import { quote } from "./quote.js";
import type { Shape } from "./shape.js";

/** The shape and dtype of a tensor: `infer` gets them for the inputs and returns them for the outputs. */
export interface Meta {
  /** The shape. */
  readonly shape: Shape;
  /** The dtype. */
  readonly dtype: DType;
}

// An input is written "x"; "bias?" may be left out; "...xs", as the last, represents any number of tensors.
type Plain<I extends string> = I extends `${string}?` | `...${string}` ? never : I;
type Optional<I extends string> = I extends `${infer N}?` ? N : never;
type Rest<I extends string> = I extends `...${infer N}` ? N : never;
type NameOf<I extends string> = Plain<I> | Optional<I> | Rest<I>;
type Flat<T> = { [K in keyof T]: T[K] } & {};

/** Values by input name. */
export type Named<I extends string, V> = Flat<
  { readonly [K in Plain<I>]: V } & { readonly [K in Optional<I>]: V | undefined } & {
    readonly [K in Rest<I>]: readonly V[];
  }
>;

/** One value for an op with the single output "y"; values by name for an op with several. */
type PerOutput<O extends string, V> = [O] extends ["y"] ? V : { readonly [K in O]: V };

type SavedValues<I extends string, S extends string> = {
  readonly [K in S]: K extends Optional<I> ? Tensor | undefined : K extends Rest<I> ? readonly Tensor[] : Tensor;
};

/** The dtypes that an input takes, and the dtype to which it is converted before the kernel runs. */
export type InputType =
  /** Any dtype; promoted with the op's other inputs. */
  | "any"
  /** As "any", but bool becomes int32. */
  | "numeric"
  /** As "any", but bool and integers become float32. */
  | "float"
  /** Takes no part in promotion; integers only, which become int32. For indices and labels. */
  | "index"
  /** Takes no part in promotion; bool only. For masks. */
  | "bool"
  /** Takes no part in promotion and is never converted. */
  | "unchanged";

/**
 * The gradient of an op: a table of rules, one per input, or, if one kernel gives several gradients at once, a function
 * that returns all of them. A rule receives the cotangent of the output, the values named in
 * `save`, and the attributes; it may use any differentiable op. `null` instead of a rule says that the op has no
 * gradient for that input: asking for one throws.
 */
export type Vjp<I extends string, S extends string, O extends string, A> =
  | VjpTable<I, S, O, A>
  | VjpFunction<I, S, O, A>;

type VjpTable<I extends string, S extends string, O extends string, A> = Flat<
  {
    readonly [K in Plain<I> | Optional<I>]:
      | ((dy: PerOutput<O, Tensor>, saved: SavedValues<I, S>, attrs: A) => Tensor)
      | null;
  } & {
    readonly [K in Rest<I>]:
      | ((dy: PerOutput<O, Tensor>, saved: SavedValues<I, S>, attrs: A, index: number) => Tensor)
      | null;
  }
>;

type VjpFunction<I extends string, S extends string, O extends string, A> = (
  dy: PerOutput<O, Tensor>,
  saved: SavedValues<I, S>,
  attrs: A,
  needs: Named<I, boolean>,
) => Flat<
  { readonly [K in Plain<I> | Optional<I>]: Tensor | null } & { readonly [K in Rest<I>]: readonly (Tensor | null)[] }
>;

/**
 * An op as its author writes it; see docs/how-to/op.md.
 *
 * @typeParam I - input names
 * @typeParam S - names of the inputs and outputs that the gradient reads
 * @typeParam O - output names; "y" for a single output
 * @typeParam A - attributes: everything else that the op needs, such as axes or a stride
 */
export interface OpDefinition<I extends string, S extends string, O extends string, A> {
  /** The one name: of the op, its method, its launcher in `kernels/`, its test case and its bench row. */
  readonly name: string;
  /** The names of the inputs, in order. "bias?" may be left out; "...xs", as the last, is any number of tensors. */
  readonly inputs: readonly I[];
  /** The names of the outputs, in order. Default: the single output "y". */
  readonly outputs?: readonly O[];
  /** Outputs that carry no gradient although they are floats, such as statistics kept for the gradient kernel. */
  readonly auxiliary?: readonly NoInfer<O>[];
  /** The dtypes of the inputs. Default for each: "any". */
  readonly types?: { readonly [K in NameOf<NoInfer<I>>]?: InputType };
  /** The inputs and outputs that the gradient may read. Nothing else is kept for it. */
  readonly save?: readonly S[];
  /** True for an op whose output shares the buffer of its first input. It has no kernel. */
  readonly view?: boolean;
  /** True for an op that copies its only input to another device as it is. It has no kernel. */
  readonly transfer?: boolean;
  /**
   * The shapes and dtypes of the outputs.
   *
   * @throws ShapeError, DTypeError or ArgumentError for inputs that do not fit; nothing has been computed then
   */
  infer(inputs: Named<NoInfer<I>, Meta>, attrs: A): PerOutput<NoInfer<O>, Meta>;
  /** The kernel's numbers: plain numbers, and lists such as dimensions. Default: none. */
  args?(inputs: Named<NoInfer<I>, Meta>, outputs: PerOutput<NoInfer<O>, Meta>, attrs: A): KernelArgs;
  /**
   * The kernel on the CPU, which is also the specification of the launcher of this name: inputs (null if left out, an
   * array for a rest input), then outputs, then numbers. It writes every element of every output.
   */
  cpu?(...operands: never[]): void;
  /** The gradient; see `Vjp`. */
  readonly vjp: Vjp<NoInfer<I>, NoInfer<S>, NoInfer<O>, A>;
}

/** One kernel for a backend to run: of an op or of an update. */
export interface Kernel {
  /** The name of the op or update, and of the launcher. */
  readonly name: string;
  /** The position of the first buffer that the kernel writes; those before it are only read. */
  readonly firstOutput: number;
  /** The loop on the CPU. */
  readonly cpu: (...operands: unknown[]) => void;
}

interface OpInput {
  readonly name: string;
  readonly optional: boolean;
  readonly type: InputType;
}

/** The place of a saved value: its position among the inputs or among the outputs; the other one is -1. */
export interface SavedSlot {
  readonly name: string;
  readonly input: number;
  readonly output: number;
}

type VjpRule = (dy: unknown, saved: unknown, attrs: unknown, index: number) => Tensor;
type VjpRules = { readonly [input: string]: VjpRule | null };
type AllVjpRules = (
  dy: unknown,
  saved: unknown,
  attrs: unknown,
  needs: unknown,
) => Record<string, Tensor | null | readonly (Tensor | null)[]>;

/** An op as the engine uses it: the definition, checked by the compiler, with names resolved to positions. */
export interface Op<A = unknown> extends Kernel {
  /** Tells ops from updates. */
  readonly kind: "op";
  /** The inputs, in order. */
  readonly inputs: readonly OpInput[];
  /** The position of the rest input, or -1. */
  readonly rest: number;
  /** The names of the outputs, in order. */
  readonly outputs: readonly string[];
  /** For each output, whether it may carry a gradient. */
  readonly differentiable: readonly boolean[];
  /** The inputs and outputs that are saved for the gradient. */
  readonly save: readonly SavedSlot[];
  /** Whether the output shares the buffer of the first input. */
  readonly view: boolean;
  /** Whether the op copies its input to another device. */
  readonly transfer: boolean;
  // Methods, not properties, so that an Op<A> is assignable to an Op of unknown attributes.
  /** The shapes and dtypes of the outputs; see `OpDefinition`. */
  infer(inputs: Readonly<Record<string, unknown>>, attrs: A): Meta | Readonly<Record<string, Meta>>;
  /** The kernel's numbers; see `OpDefinition`. */
  args(inputs: unknown, outputs: unknown, attrs: A): KernelArgs;
  /** The gradient: a table of rules by input, or a function that returns all gradients. */
  readonly vjp: VjpRules | AllVjpRules;
}

/**
 * The inputs of a call in the order of the record: null for an input left out; the tensors of a rest input one after
 * the other.
 */
export type OpInputs = readonly (Tensor | null)[];

const noArgs: KernelArgs = [];

const withKernel = new Set<string>();

/** @internal The names of all ops and updates that were defined and have a kernel, in alphabetical order. */
export const kernelNames = (): string[] => [...withKernel].sort();

/**
 * Defines an op, which `apply` runs. A rule that reads an unsaved value and a missing rule do not compile; see
 * docs/how-to/op.md.
 *
 * @throws ArgumentError if two inputs or outputs have one name, if a rest input is not the last, or if an op that
 *   needs a kernel has none
 */
export function defineOp<
  const I extends string,
  const S extends NameOf<I> | O = never,
  A = void,
  const O extends string = "y",
>(definition: OpDefinition<I, S, O, A>): Op<A> {
  const { name, outputs = ["y"], auxiliary = [], save = [], view = false, transfer = false, types = {} } = definition;
  const inputs = definition.inputs.map((spelled): OpInput => {
    const plain = spelled.replace(/^\.\.\.|\?$/, "");
    return {
      name: plain,
      optional: spelled.endsWith("?"),
      type: (types as Record<string, InputType | undefined>)[plain] ?? "any",
    };
  });
  const rest = definition.inputs.findIndex((spelled) => spelled.startsWith("..."));
  if (rest >= 0 && rest !== inputs.length - 1)
    throw new ArgumentError(`${name}: a rest input must be the last input; move ${definition.inputs[rest]} to the end`);
  const names = [...inputs.map((input) => input.name), ...outputs];
  if (new Set(names).size < names.length)
    throw new ArgumentError(`${name}: inputs and outputs must have different names, got ${names.join(", ")}`);
  if (outputs.length === 1 && outputs[0] !== "y")
    throw new ArgumentError(`${name}: a single output must be named "y", got ${quote(outputs[0])}`);
  if (!view && !transfer && !definition.cpu)
    throw new ArgumentError(`${name}: the record needs a cpu function, since the op is neither a view nor a transfer`);
  if (!view && !transfer) withKernel.add(name);
  return {
    kind: "op",
    name,
    inputs,
    rest,
    outputs,
    differentiable: outputs.map((output) => !auxiliary.includes(output as never)),
    save: save.map((saved) => ({
      name: saved,
      input: inputs.findIndex((input) => input.name === saved),
      output: outputs.indexOf(saved as never),
    })),
    view,
    transfer,
    firstOutput: inputs.length,
    infer: definition.infer as Op<A>["infer"],
    args: (definition.args ?? (() => noArgs)) as Op<A>["args"],
    cpu: definition.cpu as Kernel["cpu"],
    vjp: definition.vjp as unknown as VjpRules | AllVjpRules,
  };
}

/** An in-place update as its author writes it: optimizer steps, running statistics. Never taped. */
export interface UpdateDefinition<I extends string, T extends string, A, G extends string = never> {
  /** The name of the update and of its launcher in `kernels/`. */
  readonly name: string;
  /** Lists of tensors that are read: one list for each name, such as the gradients of all parameters of a group. */
  readonly inputs: readonly I[];
  /** Lists of tensors that are changed. All lists of an update have the same length. */
  readonly targets: readonly T[];
  /**
   * Single tensors of any shape for the whole call, which may be changed too. They hold the numbers that differ from
   * call to call, such as a learning rate or a count, so that work recorded for a device can be repeated. Default:
   * none.
   */
  readonly shared?: readonly G[];
  /** The kernel's numbers, from the attributes. */
  args(attrs: A): KernelArgs;
  /**
   * The kernel on the CPU: input lists, then target lists, then single tensors, then numbers. One call updates all
   * tensors, as one launch does on a GPU.
   */
  cpu(...operands: never[]): void;
}

/** An update as the engine uses it. */
export interface Update<I extends string = string, T extends string = string, A = unknown, G extends string = string>
  extends Kernel {
  /** Tells updates from ops. */
  readonly kind: "update";
  /** The names of the lists that are read. */
  readonly inputs: readonly I[];
  /** The names of the lists that are changed. */
  readonly targets: readonly T[];
  /** The names of the single tensors. */
  readonly shared: readonly G[];
  /** The kernel's numbers, from the attributes. */
  args(attrs: A): KernelArgs;
}

/**
 * Defines an in-place update, which `applyUpdate` runs. It is never recorded on a tape; a gradient that would read a
 * tensor changed by it throws.
 */
export function defineUpdate<const I extends string, const T extends string, A, const G extends string = never>(
  definition: UpdateDefinition<I, T, A, G>,
): Update<I, T, A, G> {
  const { name, inputs, targets, shared = [] } = definition;
  withKernel.add(name);
  return {
    kind: "update",
    name,
    inputs,
    targets,
    shared,
    firstOutput: inputs.length,
    args: definition.args,
    cpu: definition.cpu as Kernel["cpu"],
  };
}
