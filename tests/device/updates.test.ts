import { expect, test } from "vitest";
import { Adam, AdamW, type DType, type Optimizer, SGD, type Tensor, tensor, tidy } from "../../src/index.js";
import { randomValues } from "../support/products.js";

const optimizers: Readonly<Record<string, (parameters: Tensor[]) => Optimizer>> = {
  sgd: (p) => new SGD(p, { lr: 0.1, weightDecay: 0.01 }),
  momentum: (p) => new SGD(p, { lr: 0.1, momentum: 0.9, dampening: 0.5 }),
  nesterov: (p) => new SGD(p, { lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.1 }),
  adam: (p) => new Adam(p, { lr: 0.01, weightDecay: 0.1 }),
  adamW: (p) => new AdamW(p, { lr: 0.01 }),
  amsgrad: (p) => new Adam(p, { lr: 0.01, amsgrad: true }),
  amsgradW: (p) => new AdamW(p, { lr: 0.01, amsgrad: true }),
};

// More tensors than fit into one launch; lengths around vectors, blocks and chunks; none at all.
const lengths = [0, 1, 3, 4, 5, 8, 9, 255, 257, 1024, 4095, 4096, 4097, 9001, ...new Array<number>(115).fill(2)];
const epsilon: Partial<Record<DType, number>> = { float16: 2 ** -10, bfloat16: 2 ** -7, float32: 2 ** -23 };

const made = new Map<string, Float64Array>();

/** Numbers as a dtype holds them, made once. */
function valuesOf(seed: number, length: number, dtype: DType): Float64Array {
  const key = `${seed} ${dtype}`;
  let values = made.get(key);
  if (!values) {
    const exact = randomValues(seed, length, "float64");
    values = tidy(() => Float64Array.from(tensor(exact, { dtype, device: "cpu" }).dataSync()));
    made.set(key, values);
  }
  return values;
}

/** Some steps, with a rate that changes and a parameter that has no gradient in one of them. */
function train(make: (parameters: Tensor[]) => Optimizer, dtypes: readonly DType[], device?: "cpu"): Float64Array[] {
  return tidy(() => {
    const create = (seed: number, i: number): Tensor => {
      const dtype = dtypes[i % dtypes.length];
      const values = valuesOf(seed + i, lengths[i], dtype);
      return device ? tensor(values, { device }) : tensor(values, { dtype });
    };
    const parameters = lengths.map((_, i) => create(1000, i));
    for (const p of parameters) p.requiresGrad = true;
    using optimizer = make(parameters);
    for (let step = 0; step < 3; step++) {
      if (step === 2) optimizer.lr /= 2;
      optimizer.step(lengths.map((_, i) => (step === 1 && i % 5 === 3 ? null : create(2000 + 500 * step, i))));
    }
    return parameters.map((p) => Float64Array.from(p.dataSync()));
  });
}

test.each(Object.keys(optimizers))("%s agrees with the CPU in float64, for all dtypes of the group", (name) => {
  for (const dtypes of [["float32"], ["float64"], ["bfloat16", "float32", "float16"]] as DType[][]) {
    const actual = train(optimizers[name], dtypes);
    const expected = train(optimizers[name], dtypes, "cpu");
    expect(train(optimizers[name], dtypes)).toEqual(actual);
    expected.forEach((values, i) => {
      const bound = 8 * (epsilon[dtypes[i % dtypes.length]] ?? 2 ** -48);
      values.forEach((value, k) => {
        if (!(Math.abs(actual[i][k] - value) <= bound * Math.max(1, Math.abs(value))))
          throw new Error(`${name}, ${dtypes}: parameter ${i}[${k}] is ${actual[i][k]}, not ${value}`);
      });
    });
  }
});
