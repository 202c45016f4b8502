import { expect, test } from "vitest";
import { DeviceError, emulator, manualSeed, tidy } from "../../src/index.js";
import { familyNames, samplesOf } from "../support/goldens.js";
import { type Float, floatsOf, gradientsOf, inputsOf, outputsOf } from "../support/run.js";

/** Schedules: the order of threads and of asynchronous copies, drawn from a seed. */
const seeds = 20;

const samples = familyNames.flatMap(samplesOf);

/** The dtypes that take different kernels: the 16-bit floats have tensor cores. */
const dtypes: readonly Float[] = ["float32", "bfloat16"];

/** Runs every case whose kernels exist; returns how many ran. */
function runAll(): number {
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

test.each(Array.from({ length: seeds }, (_, i) => i + 1))(
  "no kernel races in schedule %i",
  (seed) => {
    emulator.setOptions({ shuffle: true, seed, detectRaces: true });
    expect(runAll()).toBeGreaterThan(1000);
    expect(emulator.takeRaces()).toEqual([]);
  },
  120_000,
);
