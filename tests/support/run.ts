/** Makes the inputs of a case and runs it. Used by the tests of values, gradients and parity. */
import { type DType, Tape, type Tensor, tensor } from "../../src/index.js";
import { type Case, cotangent, type InputTensors, valuesOf } from "../cases/case.js";

export const floats = ["float64", "float32", "bfloat16", "float16"] as const;
export type Float = (typeof floats)[number];

/** The float dtypes in which a case is run: one is enough where it has no float inputs. */
export function floatsOf(sample: Case): readonly Float[] {
  if (!Object.values(sample.inputs).some(({ dtype }) => dtype === "float")) return ["float32"];
  return floats.filter((dtype) => !sample.skipDTypes?.dtypes.includes(dtype));
}

/** The inputs of a case as tensors. */
export function inputsOf(op: string, sample: Case, float: DType): Record<string, Tensor> {
  const values = valuesOf(op, sample);
  return Object.fromEntries(
    Object.entries(sample.inputs).map(([name, { shape, dtype }]) => [
      name,
      tensor(Float64Array.from(values[name]), { shape, dtype: dtype === "float" ? float : dtype }),
    ]),
  );
}

export const isFloatTensor = (t: Tensor): boolean => (floats as readonly string[]).includes(t.dtype);

/** Runs a case; one output or several. */
export const outputsOf = (sample: Case, inputs: InputTensors): readonly Tensor[] => {
  const result = sample.run(inputs);
  return Array.isArray(result) ? (result as readonly Tensor[]) : [result as Tensor];
};

/** The inputs that a case is differentiated with respect to. */
export const wrtOf = (sample: Case): readonly string[] =>
  sample.wrt ?? Object.keys(sample.inputs).filter((name) => sample.inputs[name].dtype === "float");

/** sum(y * cotangent) over the float outputs: the scalar whose gradients the golden files hold. */
export function project(outputs: readonly Tensor[]): Tensor | null {
  let total: Tensor | null = null;
  for (const y of outputs) {
    if (!y.requiresGrad) continue;
    const dy = tensor(Float64Array.from(cotangent(y.size)), { shape: y.shape, dtype: y.dtype, device: y.device });
    const term = y.mul(dy).sum();
    total = total ? total.add(term) : term;
  }
  return total;
}

/** Gradients of the projection; null where the case has none. */
export function gradientsOf(op: string, sample: Case, float: DType): Record<string, Tensor> | null {
  const names = wrtOf(sample);
  if (names.length === 0) return null;
  using tape = new Tape();
  const inputs = inputsOf(op, sample, float);
  const wrt = names.map((name) => tape.watch(inputs[name]));
  const total = project(outputsOf(sample, inputs));
  if (!total) return null;
  const grads = tape.gradients(total, wrt, { unused: "zeros" });
  return Object.fromEntries(names.map((name, i) => [name, tape.keep(grads[i])]));
}
