/** Prints a table of a model's layers with output shapes and parameter counts. Users call `summary(model, shape)`. */
import { noGrad } from "../core/autograd/grad.js";
import type { DType } from "../core/dtype.js";
import { ArgumentError } from "../core/errors.js";
import { tensorsIn, tidy } from "../core/memory/scope.js";
import { quote } from "../core/quote.js";
import { type Shape, show } from "../core/shape.js";
import { zeros } from "../create.js";
import { Tensor } from "../tensor.js";
import { type Module, rememberModes } from "./module.js";

/** Options of `summary`. */
export interface SummaryOptions {
  /**
   * The dtype of inputs that are given as shapes. Default: that of the first parameter; use int32 for models that take
   * tokens.
   */
  readonly dtype?: DType;
}

/** A shape, for which zeros are made, or a tensor. */
type SummaryInput = Shape | Tensor;

/**
 * A table of the modules of a model, with the shapes of their outputs and their numbers of parameters:
 *
 * ```ts
 * console.log(summary(model, [1, 1, 28, 28]));
 * ```
 *
 * The model is run once in eval mode: nothing is recorded, and nothing changes. A module's own parameters are counted
 * in its own row, once. A module that is not run by its `forward` has no shape.
 *
 * @param input - the shape of the input, the batch included; a list of shapes or tensors for several
 * @throws ArgumentError for another input, and what the model throws
 */
export function summary(
  model: Module,
  input: SummaryInput | readonly SummaryInput[],
  { dtype }: SummaryOptions = {},
): string {
  const first = model.parameters()[0];
  const make = (item: SummaryInput): Tensor =>
    item instanceof Tensor ? item : zeros(item, { dtype: dtype ?? first?.dtype, device: first?.device });
  const shapes = tidy(() => noGrad(() => outputShapes(model, inputsOf(input).map(make))));
  const rows = [["layer", "output", "parameters"], ...rowsOf(model, shapes)];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column].length)));
  const lines = rows.map(([layer, output, count]) =>
    [layer.padEnd(widths[0]), output.padEnd(widths[1]), count.padStart(widths[2])].join("  ").trimEnd(),
  );
  const rule = "-".repeat(Math.max(...lines.map(({ length }) => length)));
  return [lines[0], rule, ...lines.slice(1), rule, ...totals(model)].join("\n");
}

function inputsOf(input: SummaryInput | readonly SummaryInput[]): readonly SummaryInput[] {
  if (input instanceof Tensor) return [input];
  if (!Array.isArray(input))
    throw new ArgumentError(
      `summary: the input must be a shape, a tensor, or a list of shapes and tensors, got ${quote(input)}`,
    );
  return input.every((item) => typeof item === "number") ? [input] : input;
}

/** Runs the model and notes what comes out of each of its modules. */
function outputShapes(model: Module, inputs: readonly Tensor[]): ReadonlyMap<Module, string> {
  const shapes = new Map<Module, string>();
  const modules = model.modules();
  const setBack = rememberModes(model);
  const replaced = modules.map((module) => Object.getOwnPropertyDescriptor(module, "forward"));
  try {
    for (const module of modules) watchForward(module, (y) => shapes.set(module, shapesIn(y)));
    model.eval();
    Reflect.apply(model.forward, model, inputs);
  } finally {
    modules.forEach((module, i) => {
      Reflect.deleteProperty(module, "forward");
      if (replaced[i]) Object.defineProperty(module, "forward", replaced[i]);
    });
    setBack();
  }
  return shapes;
}

/** Puts, for as long as the model is run, a function before `forward` that sees what it returns. */
function watchForward(module: Module, see: (y: unknown) => void): void {
  const forward = module.forward as (...inputs: unknown[]) => unknown;
  const value = (...inputs: unknown[]): unknown => {
    const y = Reflect.apply(forward, module, inputs);
    see(y);
    return y;
  };
  Object.defineProperty(module, "forward", { value, configurable: true });
}

const shapesIn = (y: unknown): string =>
  tensorsIn(y)
    .map(({ shape }) => show(shape))
    .join(", ");

function rowsOf(model: Module, shapes: ReadonlyMap<Module, string>): string[][] {
  const counted = new Set<Tensor>();
  return [...model.namedModules()].map(([name, module]) => {
    const path = name === "" ? [] : name.split(".");
    const label = name === "" ? module.constructor.name : `${path.at(-1)} (${module.constructor.name})`;
    const inner = new Set(
      module
        .modules()
        .filter((other) => other !== module)
        .flatMap((other) => other.parameters()),
    );
    const direct = module.parameters().filter((p) => !inner.has(p) && !counted.has(p));
    for (const p of direct) counted.add(p);
    const count = direct.length > 0 ? number(sizeOfAll(direct)) : "";
    return ["  ".repeat(path.length) + label, shapes.get(module) ?? "", count];
  });
}

function totals(model: Module): string[] {
  const parameters = model.parameters();
  const trainable = parameters.filter(({ requiresGrad }) => requiresGrad);
  const buffers = [...model.namedBuffers().values()];
  return [
    `parameters: ${number(sizeOfAll(parameters))} (${number(sizeOfAll(trainable))} trainable)`,
    ...(buffers.length > 0 ? [`buffer elements: ${number(sizeOfAll(buffers))}`] : []),
  ];
}

const sizeOfAll = (tensors: readonly Tensor[]): number => tensors.reduce((sum, { size }) => sum + size, 0);

/** With a comma every three digits. */
const number = (n: number): string => n.toLocaleString("en-US");
