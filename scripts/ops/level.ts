/**
 * How far one case of an op gets in one dtype on the device in use: whether it runs, has a gradient, and has a second
 * gradient. measure.ts asks it of every case. Nothing here compares values; tests/ops does.
 */
import {
  DeviceError,
  type DType,
  DTypeError,
  GradientError,
  Tape,
  type Tensor,
  tensor,
  tidy,
} from "../../src/index.js";
import { type Case, cotangent, type InputTensors, valuesOf } from "../../tests/cases/case.js";
import { floats, isFloatTensor, outputsOf, wrtOf } from "../../tests/support/run.js";

/** How far a case got: nothing, its values, its gradients, its second gradients. */
export type Stage = "none" | "forward" | "gradient" | "second gradient";

export interface Level {
  readonly stage: Stage;
  /** The dtype of the first output; null if the case did not run. */
  readonly result: DType | null;
  /** Why it stopped there: a refused dtype, a missing kernel, a missing rule. Empty if there is no further stage. */
  readonly reason: string;
  /** Whether the case has gradients at all. If not, `forward` says nothing about the op's gradient. */
  readonly hasGradient: boolean;
}

export const isFloat = (dtype: DType): boolean => (floats as readonly string[]).includes(dtype);

/** A value of a case in a dtype. In integers its fraction is cut off, in uint8 its sign too; a bool is false for 0. */
function valueIn(dtype: DType, value: number): number {
  if (isFloat(dtype)) return value;
  if (dtype === "bool") return value === 0 ? 0 : 1;
  const whole = Number.isFinite(value) ? Math.trunc(value) : 0;
  return dtype === "uint8" ? Math.abs(whole) : whole;
}

/** The inputs that a case is retyped in: those of any float dtype; all of them if the case has none, as of `oneHot`. */
function retyped(sample: Case): ReadonlySet<string> {
  const names = Object.keys(sample.inputs);
  const open = names.filter((name) => sample.inputs[name].dtype === "float");
  return new Set(open.length > 0 ? open : names);
}

function inputsIn(op: string, sample: Case, dtype: DType): Record<string, Tensor> {
  const values = valuesOf(op, sample);
  const open = retyped(sample);
  return Object.fromEntries(
    Object.entries(sample.inputs).map(([name, { shape, dtype: own }]) => {
      const to = own === "float" || open.has(name) ? dtype : own;
      return [
        name,
        tensor(
          Float64Array.from(values[name], (x) => valueIn(to, x)),
          { shape, dtype: to },
        ),
      ];
    }),
  );
}

/** sum(y y c) over the float outputs. It is not linear, so that its second gradient goes through every rule twice. */
function quadratic(outputs: readonly Tensor[]): Tensor | null {
  let total: Tensor | null = null;
  for (const y of outputs) {
    if (!y.requiresGrad) continue;
    const c = tensor(Float64Array.from(cotangent(y.size)), { shape: y.shape, dtype: y.dtype, device: y.device });
    const term = y.mul(y).mul(c).sum();
    total = total === null ? term : total.add(term);
  }
  return total;
}

/** The gradients of `quadratic`, recorded if a tape is open outside; null if no output depends on the inputs. */
function gradients(sample: Case, inputs: InputTensors): Tensor[] | null {
  using tape = new Tape();
  const wrt = wrtOf(sample).map((name) => tape.watch(inputs[name]));
  const total = quadratic(outputsOf(sample, inputs));
  return total && tape.gradients(total, wrt, { unused: "zeros" }).map((g) => tape.keep(g));
}

/** Takes the second gradients: of the sum of the squares of the gradients. */
function secondGradients(sample: Case, inputs: InputTensors): void {
  using tape = new Tape();
  const wrt = wrtOf(sample).map((name) => tape.watch(inputs[name]));
  const terms = (gradients(sample, inputs) ?? []).map((g) => g.mul(g).sum());
  const total = terms.reduce((sum, term) => sum.add(term));
  // Gradients that do not depend on the inputs, such as those of floor, have a gradient of 0.
  if (total.requiresGrad) for (const g of tape.gradients(total, wrt, { unused: "zeros" })) g.dataSync();
}

/**
 * Why an op cannot do something, if the error gives the reason.
 *
 * @throws the error itself, if it says anything else: it is a bug, and the table must not hide it
 */
function reasonOf(error: unknown, differentiating: boolean): string {
  if (error instanceof DeviceError) {
    const kernel = /no kernel for (\w+)/.exec(error.message)?.[1];
    if (kernel !== undefined) return `no kernel for \`${kernel}\``;
  }
  if (error instanceof DTypeError && !differentiating) return error.message;
  if (error instanceof GradientError && differentiating) return error.message;
  throw error;
}

/** Runs `body`; null if it worked, otherwise why it cannot. */
function refusal(body: () => void, differentiating: boolean): string | null {
  try {
    body();
    return null;
  } catch (error) {
    return reasonOf(error, differentiating);
  }
}

/**
 * Runs a case with its float inputs in a dtype.
 *
 * @throws every other error of the case; not those for a refused dtype, a missing kernel or a missing rule
 */
export function levelOf(op: string, sample: Case, dtype: DType): Level {
  return tidy((): Level => {
    const inputs = inputsIn(op, sample, dtype);
    let outputs: readonly Tensor[] = [];
    const refused = refusal(() => {
      outputs = outputsOf(sample, inputs);
      for (const y of outputs) y.dataSync();
    }, false);
    const hasGradient = isFloat(dtype) && wrtOf(sample).length > 0;
    if (refused !== null) return { stage: "none", result: null, reason: refused, hasGradient };
    const result = outputs[0].dtype;
    if (!hasGradient || !outputs.some(isFloatTensor))
      return { stage: "forward", result, reason: "", hasGradient: false };
    const level = (stage: Stage, reason: string): Level => ({ stage, result, reason, hasGradient: true });
    const noSecond = refusal(() => secondGradients(sample, inputs), true);
    if (noSecond === null) return level("second gradient", "");
    let first: Tensor[] | null = null;
    const noFirst = refusal(() => {
      first = gradients(sample, inputs);
      for (const g of first ?? []) g.dataSync();
    }, true);
    if (noFirst !== null) return level("forward", noFirst);
    return first === null ? level("forward", "its outputs do not depend on its inputs") : level("gradient", noSecond);
  });
}
