import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { concat, type DType, memory, noGrad, Scope, SGD, Tape, type Tensor, tensor, tidy } from "../../src/index.js";
import { type Input, values } from "./model.js";
import { models } from "./models.js";

/** What PyTorch gives, in float64. */
interface Golden {
  readonly initial: Readonly<Record<string, { readonly shape: number[]; readonly values: number[] }>>;
  /** Of the outputs. */
  readonly shapes: number[][];
  /** The outputs of the first step, one after the other, and its gradients: of the inputs, then of the parameters. */
  readonly y: number[];
  readonly gradients: number[][];
  /** After 20 steps: the inputs, parameters and buffers; and the outputs in use. */
  readonly xs: number[][];
  readonly state: Readonly<Record<string, number[]>>;
  readonly inUse: number[];
}

const goldens = JSON.parse(readFileSync(new URL("../goldens/nn.json", import.meta.url), "utf8")) as Record<
  string,
  Golden
>;

/** Relative to the element, and to the root mean square of the whole where that is larger. */
const allowed = { float64: 1e-12, float32: 1e-5 } as const;

function expectClose(what: string, actual: Tensor, expected: readonly number[], bound: number): void {
  const data = actual.dataSync();
  expect(data.length, what).toBe(expected.length);
  const scale = Math.sqrt(expected.reduce((sum, x) => sum + x * x, 0) / Math.max(1, expected.length));
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(data[i] - expected[i]);
    if (!(error <= bound * Math.max(Math.abs(expected[i]), scale)))
      throw new Error(`${what}[${i}] is ${data[i]}, PyTorch says ${expected[i]}; all: ${data} and ${expected}`);
  }
}

/** Input k, by the formula of nn.py. */
function inputOf(input: Input, k: number, dtype: DType): Tensor {
  if ("below" in input) {
    const size = input.shape.reduce((product, n) => product * n, 1);
    const index = Int32Array.from({ length: size }, (_, i) => (7 * i + 3) % input.below);
    return tensor(index, { shape: input.shape });
  }
  const x = values(input, 7, 3 + k, 13, 4).cast(dtype);
  x.requiresGrad = true;
  return x;
}

const flat = (tensors: readonly Tensor[]): Tensor => concat(tensors.map((t) => t.flatten()));

test("every layer has its golden values", () => {
  expect(Object.keys(goldens)).toEqual(Object.keys(models));
});

describe.each(Object.keys(models))("%s", (name) => {
  const [make, ...inputs] = models[name];
  const golden = goldens[name];

  test("has PyTorch's names and shapes, in PyTorch's order", () => {
    using model = make({ dtype: "float64" }).module;
    const state = [...model.stateDict()].map(([key, { shape }]) => [key, shape]);
    expect(state).toEqual(Object.entries(golden.initial).map(([key, { shape }]) => [key, shape]));
  });

  test.each(["float64", "float32"] as const)("is PyTorch's over 20 steps of training in %s", (dtype) => {
    const before = memory();
    tidy(() => {
      const { module, call } = make({ dtype });
      const initial = Object.entries(golden.initial).map(([key, { shape, values }]): [string, Tensor] => {
        const target = module.stateDict().get(key);
        return [key, tensor(values, { shape, dtype: target?.dtype })];
      });
      module.loadStateDict(new Map(initial));
      const xs = inputs.map((input, k) => inputOf(input, k, dtype));
      const trained = [...xs.filter(({ requiresGrad }) => requiresGrad), ...module.parameters()];
      using optimizer = new SGD(trained, { lr: 0.5 });
      const bound = allowed[dtype];
      for (let step = 0; step < 20; step++) {
        using tape = new Tape();
        const outputs = call(...xs);
        const y = flat(outputs);
        const loss = y
          .sub(values(y.shape, 3, 1, 7, 4).cast(dtype))
          .square()
          .mean();
        const gradients = tape.gradients(loss, trained);
        optimizer.step(gradients);
        if (step > 0) continue;
        expect(outputs.map(({ shape }) => shape)).toEqual(golden.shapes);
        expect(y.dtype).toBe(dtype);
        expectClose("y", y, golden.y, bound);
        gradients.forEach((g, i) => {
          expectClose(`gradient ${i}`, g, golden.gradients[i], bound);
        });
      }
      golden.xs.forEach((x, i) => {
        expectClose(`input ${i}`, trained[i], x, bound);
      });
      for (const [key, t] of module.stateDict()) expectClose(key, t, golden.state[key], bound);
      module.eval();
      noGrad(() => {
        expectClose("in use", flat(call(...xs)), golden.inUse, bound);
      });
      module.dispose();
    });
    expect(memory()).toMatchObject({ bytes: before.bytes, tensors: before.tensors });
  });

  test("made inside a scope, outlives it; dispose frees everything", () => {
    const before = memory();
    let model: ReturnType<typeof make>["module"];
    {
      using _scope = new Scope();
      model = make({ dtype: "float32" }).module;
    }
    for (const t of model.stateDict().values()) expect(t.disposed).toBe(false);
    expect(memory().tensors - before.tensors).toBe(model.stateDict().size);
    model.dispose();
    expect(memory()).toMatchObject({ bytes: before.bytes, tensors: before.tensors });
  });
});

test("the golden values tell: training changed every parameter, and gradients are not all zero", () => {
  for (const [name, { initial, state, gradients }] of Object.entries(goldens)) {
    expect(
      gradients.flat().some((g) => g !== 0),
      name,
    ).toBe(true);
    for (const [key, { values }] of Object.entries(initial))
      if (!/running|num_batches/.test(key)) expect(state[key], `${name}: ${key}`).not.toEqual(values);
  }
});
