import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { skipped, why } from "./addon.js";

/** Microseconds that the host may take for an op, its launch excepted. */
const allowed = { unrecorded: 1, recorded: 3 };

/** Processes in which it is measured, until one shows that. What other programs do meanwhile only ever adds. */
const attempts = 40;

type Figures = Record<keyof typeof allowed, { readonly min: number }>;

async function measure(): Promise<Figures> {
  const script = fileURLToPath(new URL("../../bench/dispatch.ts", import.meta.url));
  const { WENGERT_POISON: _poison, WENGERT_GUARD: _guard, ...env } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", script, "--json"], {
    env: { ...env, WENGERT_DEVICE: "emulator" },
  });
  return JSON.parse(stdout);
}

describe.skipIf(skipped)(`the host's cost of an op${why}`, () => {
  test(`is at most ${allowed.unrecorded} microsecond, and ${allowed.recorded} recorded`, async () => {
    const least = { unrecorded: Number.POSITIVE_INFINITY, recorded: Number.POSITIVE_INFINITY };
    const isLow = (): boolean => least.unrecorded <= allowed.unrecorded && least.recorded <= allowed.recorded;
    for (let attempt = 0; attempt < attempts && !isLow(); attempt++) {
      const { unrecorded, recorded } = await measure();
      expect(unrecorded.min).toBeGreaterThan(0.05); // the op did run
      least.unrecorded = Math.min(least.unrecorded, unrecorded.min);
      least.recorded = Math.min(least.recorded, recorded.min);
    }
    expect(least.unrecorded).toBeLessThanOrEqual(allowed.unrecorded);
    expect(least.recorded).toBeLessThanOrEqual(allowed.recorded);
  }, 900_000);
});
