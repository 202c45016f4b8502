import { expect, test } from "vitest";
import {
  conv2d,
  crossEntropy,
  DeviceError,
  type DType,
  emulator,
  manualSeed,
  maxPool2d,
  randint,
  randn,
  Tape,
  type Tensor,
  tidy,
} from "../../src/index.js";
import { familyNames, type Sample, samplesOf } from "../support/goldens.js";
import { type Float, floatsOf, gradientsOf, inputsOf, outputsOf } from "../support/run.js";

/** Schedules: the order of threads and of asynchronous copies, drawn from a seed. */
const seeds = Array.from({ length: 20 }, (_, i) => i + 1);

/** The dtypes that take different kernels: the 16-bit floats have tensor cores. */
const dtypes: readonly Float[] = ["float32", "bfloat16"];

/** Runs cases, those whose kernels exist; returns how many. */
function runCases(samples: readonly Sample[]): number {
  let ran = 0;
  for (const { op, sample } of samples) {
    for (const float of dtypes.filter((dtype) => floatsOf(sample).includes(dtype))) {
      manualSeed(0);
      try {
        tidy(() => {
          for (const y of outputsOf(sample, inputsOf(op, sample, float))) y.dataSync();
          for (const g of Object.values(gradientsOf(op, sample, float) ?? {})) g.dataSync();
        });
        ran++;
      } catch (error) {
        if (!(error instanceof DeviceError && /no kernel for/.test(error.message))) throw error;
      }
    }
  }
  return ran;
}

/** Forward and backward of something larger than a tile: the cases of the list are smaller, and take other kernels. */
function runLarge(dtype: DType): void {
  const both = (inputs: Tensor[], f: (...inputs: Tensor[]) => Tensor): void => {
    using tape = new Tape();
    const watched = inputs.map((x) => tape.watch(x));
    for (const g of tape.gradients(f(...watched).sum(), watched)) g.dataSync();
  };
  const random = (...shape: number[]): Tensor => randn(shape, { dtype });
  tidy(() => {
    both([random(72, 136), random(136, 80)], (a, b) => a.matmul(b)); // whole vectors
    both([random(67, 75), random(75, 41)], (a, b) => a.matmul(b)); // ragged
    both([random(2, 5, 9, 9), random(7, 5, 3, 3)], (x, w) => conv2d(x, w, null, { padding: 1 }));
    both([random(1, 2, 9, 11)], (x) => maxPool2d(x, 3, { stride: 2, padding: 1 }));
    both([random(3, 1500)], (x) => x.softmax().mul(x));
    both([random(5, 700)], (x) => crossEntropy(x, randint(0, 700, [5])));
    both([random(70, 45)], (x) => x.transpose().mul(2));
    for (const axis of [0, 1, undefined]) both([random(300, 37)], (x) => x.mul(x).sum(axis));
  });
}

const all = familyNames.flatMap(samplesOf);
const firstOfEachOp = all.filter(({ op }, i) => all.findIndex((other) => other.op === op) === i);

test("no case of the list has a race, in one schedule", () => {
  emulator.setOptions({ shuffle: true, seed: 1, detectRaces: true });
  expect(runCases(all)).toBeGreaterThan(2000);
  expect(emulator.takeRaces()).toEqual([]);
}, 400_000);

test.each(seeds)(
  "no kernel has a race in schedule %i",
  (seed) => {
    emulator.setOptions({ shuffle: true, seed, detectRaces: true });
    expect(runCases(firstOfEachOp)).toBeGreaterThan(150);
    for (const dtype of dtypes) runLarge(dtype);
    emulator.setOptions({ matmul: "tf32", convolution: "tf32" });
    runLarge("float32");
    emulator.setOptions({ matmul: "ieee", convolution: "ieee" });
    expect(emulator.takeRaces()).toEqual([]);
  },
  120_000,
);
