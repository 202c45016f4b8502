import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { median } from "../support/median.js";
import { onGpu, skipped, why } from "./addon.js";

/** Microseconds that the host may take for an op, its launch excepted. */
const allowed = { unrecorded: 1, recorded: 3 };

/** Of other ops of one launch unrecorded: several outputs, and options to check, take their time. */
const allowedOfOthers = 3;

/**
 * Processes in which it is measured, until one shows that. Other programs can only add to the time. The median
 * is printed.
 */
const attempts = onGpu ? 10 : 40;

type Figures = Readonly<Record<string, { readonly min: number; readonly median: number }>>;

async function measure(): Promise<Figures> {
  const script = fileURLToPath(new URL("../../bench/dispatch.ts", import.meta.url));
  const { WENGERT_POISON: _poison, WENGERT_GUARD: _guard, ...env } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", script, "--json"], {
    env: { ...env, WENGERT_DEVICE: onGpu ? "cuda" : "emulator" },
  });
  return JSON.parse(stdout);
}

describe.skipIf(skipped)(`the host's cost of an op${why}`, () => {
  test(`is at most ${allowed.unrecorded} microsecond, ${allowed.recorded} recorded, ${allowedOfOthers} for any op`, async () => {
    const found: Figures[] = [];
    const least = (row: string): number => Math.min(...found.map((figures) => figures[row].min));
    const bound = (row: string): number => (allowed as Record<string, number>)[row] ?? allowedOfOthers;
    const isLow = (): boolean => found.length > 0 && Object.keys(found[0]).every((row) => least(row) <= bound(row));
    while (found.length < attempts && !isLow()) {
      found.push(await measure());
      expect(found[found.length - 1].unrecorded.min).toBeGreaterThan(0.05); // the op did run
    }
    for (const row of Object.keys(found[0])) {
      const middle = median(found.map((figures) => figures[row].median));
      process.stdout.write(
        `${row}: ${least(row).toFixed(2)} us at least, ${middle.toFixed(2)} in the median of ${found.length} processes\n`,
      );
    }
    expect(Object.keys(found[0]).length).toBeGreaterThan(10);
    for (const row of Object.keys(found[0])) expect.soft(least(row), row).toBeLessThanOrEqual(bound(row));
  }, 900_000);
});
