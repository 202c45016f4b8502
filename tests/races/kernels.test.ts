import { afterEach, expect, test } from "vitest";
import { conv2d, DeviceError, type DType, emulator, manualSeed, randn, Tape, tidy } from "../../src/index.js";
import type { Sample } from "../support/goldens.js";
import { everySample, firstOfEachOp, runLarge, runLargest } from "../support/large.js";
import { type Float, floatsOf, gradientsOf, inputsOf, outputsOf } from "../support/run.js";

/** Schedules: the order of threads and of asynchronous copies, drawn from a seed. */
const seeds = Array.from({ length: 20 }, (_, i) => i + 1);

/** The dtypes that take different kernels: the 16-bit floats have tensor cores. */
const dtypes: readonly Float[] = ["float32", "bfloat16"];

/**
 * What the emulator is while large things run, and in which dtype: together they reach every tier. They take long, so a
 * schedule has two of them, and each of them 8 of the 20 schedules.
 */
const tiers = [
  { dtype: "float32", mode: "ieee", capability: 90 },
  { dtype: "float32", mode: "tf32", capability: 90 },
  { dtype: "bfloat16", mode: "ieee", capability: 90 },
  { dtype: "float16", mode: "ieee", capability: 90 },
  { dtype: "float16", mode: "ieee", capability: 75 },
] as const;

const tiersOf = (seed: number) => [0, 2].map((i) => tiers[(seed + i) % tiers.length]);

/** A gradient for filters that is as large as the largest tiles demand: 2 x 2 of them. */
function runLargestWeights(dtype: DType): void {
  using tape = new Tape();
  const w = tape.watch(randn([136, 136, 1, 1], { dtype }));
  const [dw] = tape.gradients(conv2d(randn([1, 136, 4, 4], { dtype }), w).sum(), [w]);
  dw.dataSync();
}

afterEach(() => emulator.setOptions({ matmul: "ieee", convolution: "ieee", capability: 90 }));

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

test("no case of the list has a race, in one schedule", () => {
  emulator.setOptions({ shuffle: true, seed: 1, detectRaces: true });
  expect(runCases(everySample)).toBeGreaterThan(2000);
  expect(emulator.takeRaces()).toEqual([]);
}, 400_000);

test.each(seeds)(
  "no kernel has a race in schedule %i",
  (seed) => {
    emulator.setOptions({ shuffle: true, seed, detectRaces: true });
    expect(runCases(firstOfEachOp)).toBeGreaterThan(150);
    for (const { dtype, mode, capability } of tiersOf(seed)) {
      emulator.setOptions({ matmul: mode, convolution: mode, capability });
      runLarge(dtype);
      runLargest(dtype);
      runLargestWeights(dtype);
    }
    expect(emulator.takeRaces()).toEqual([]);
  },
  300_000,
);
