import { describe, test } from "vitest";
import { Tape, type Tensor, tensor, tidy } from "../../src/index.js";
import { type Case, type InputTensors, randomNumbers, seedOf } from "../cases/case.js";
import { caseFileNames, samplesOf } from "../support/goldens.js";
import { inputsOf, outputsOf, project, wrtOf } from "../support/run.js";

/** Central differences in float64: the error is about h^2 f''' / 6 + eps f / h. */
const h = 1e-5;
const tolerance = 1e-6;

/**
 * Compares the derivative of `f` along one random direction of all inputs with a central difference. A random
 * projection finds a wrong element of the gradient as surely as one difference an element, at a fraction of the cost.
 */
function check(
  what: string,
  inputs: InputTensors,
  names: readonly string[],
  f: (t: InputTensors) => Tensor | null,
  gradient: (t: InputTensors) => Tensor[] | null,
): void {
  const next = randomNumbers(seedOf(what));
  const directions = names.map((name) =>
    tensor(
      Float64Array.from({ length: inputs[name].size }, () => 2 * next() - 1),
      { shape: inputs[name].shape, dtype: "float64" },
    ),
  );
  const moved = (step: number): number => {
    const at = { ...inputs };
    names.forEach((name, i) => {
      at[name] = inputs[name].add(directions[i].mul(step));
      at[name].requiresGrad = true;
    });
    const y = f(at);
    if (!y) throw new Error(`${what}: nothing to differentiate`);
    return y.item();
  };
  const grads = gradient(inputs);
  if (!grads) throw new Error(`${what}: no gradient`);
  const analytic = grads.reduce((sum, g, i) => sum + g.mul(directions[i]).sum().item(), 0);
  const numeric = (moved(h) - moved(-h)) / (2 * h);
  const scale = Math.max(1, Math.abs(numeric), Math.abs(analytic));
  if (!(Math.abs(analytic - numeric) <= tolerance * scale))
    throw new Error(`${what}: the rule gives ${analytic}, central differences ${numeric}`);
}

/** Gradients of the projection, as tensors that can be differentiated again where `tape` has an outer tape. */
function gradients(sample: Case, inputs: InputTensors, names: readonly string[]): Tensor[] | null {
  using tape = new Tape();
  const wrt = names.map((name) => tape.watch(inputs[name]));
  const y = project(outputsOf(sample, inputs));
  return y && tape.gradients(y, wrt, { unused: "zeros" }).map((g) => tape.keep(g));
}

/** The gradients projected on one vector: a scalar function whose gradient is a Hessian-vector product. */
function projectGradients(key: string, sample: Case, inputs: InputTensors, names: readonly string[]): Tensor | null {
  const next = randomNumbers(seedOf(key, "second"));
  const grads = gradients(sample, inputs, names);
  if (!grads) return null;
  const terms = grads.map((g) =>
    g
      .mul(
        tensor(
          Float64Array.from({ length: g.size }, () => 2 * next() - 1),
          { shape: g.shape, dtype: "float64" },
        ),
      )
      .sum(),
  );
  return terms.reduce((sum, term) => sum.add(term));
}

const differentiable = caseFileNames.flatMap((file) =>
  samplesOf(file).filter(
    ({ sample }) => wrtOf(sample).length > 0 && Object.values(sample.inputs).some(({ dtype }) => dtype === "float"),
  ),
);

/** Whether the case has a float result that depends on its inputs. */
const hasGradient = (op: string, sample: Case): boolean =>
  tidy(() => {
    const inputs = inputsOf(op, sample, "float64");
    for (const name of wrtOf(sample)) inputs[name].requiresGrad = true;
    return outputsOf(sample, inputs).some((y) => y.requiresGrad);
  });

describe("gradcheck in float64", () => {
  for (const { op, key, sample } of differentiable) {
    if (!hasGradient(op, sample)) continue;
    test.skipIf(sample.skipGradcheck)(
      `${key}${sample.skipGradcheck ? ` (skipped: ${sample.skipGradcheck})` : ""}`,
      () => {
        tidy(() => {
          const names = wrtOf(sample);
          const inputs = inputsOf(op, sample, "float64");
          check(
            key,
            inputs,
            names,
            (t) => project(outputsOf(sample, t)),
            (t) => gradients(sample, t, names),
          );
        });
      },
    );
  }
});

describe("second derivatives in float64", () => {
  for (const { op, key, sample } of differentiable) {
    const skip = sample.skipSecond ?? sample.skipGradcheck;
    if (!hasGradient(op, sample)) continue;
    test.skipIf(skip)(`${key}${skip ? ` (skipped: ${skip})` : ""}`, () => {
      tidy(() => {
        const names = wrtOf(sample);
        const inputs = inputsOf(op, sample, "float64");
        check(
          `${key}, second derivative`,
          inputs,
          names,
          (t) => projectGradients(key, sample, t, names),
          (t) => {
            using outer = new Tape();
            const wrt = names.map((name) => outer.watch(t[name]));
            const y = projectGradients(key, sample, t, names);
            // A linear op has constant gradients: nothing to differentiate, and the difference is 0 as well.
            if (!y?.requiresGrad) return wrt.map((x) => outer.keep(x.zeros()));
            return outer.gradients(y, wrt, { unused: "zeros" }).map((g) => outer.keep(g));
          },
        );
      });
    });
  }
});
