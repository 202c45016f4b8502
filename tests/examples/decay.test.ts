import { expect, test } from "vitest";
import { runExample } from "./command.js";

/** The lines of a run: each step at which the rate changes, with the rate, and the error that was reached. */
async function decay(args: readonly string[]) {
  const { code, stdout, stderr } = await runExample("decay", args);
  expect([code, stderr]).toEqual([0, ""]);
  const rates = [...stdout.matchAll(/^step (\d+): learning rate (\S+)$/gm)].map(([, ...pair]) => pair.map(Number));
  const [, steps, error] = /\nmean squared error after (\d+) steps: (\S+)\n$/.exec(stdout)?.map(Number) ?? [];
  return { rates, steps, error };
}

test("the rate is 0.1 * 0.96^floor(step / 1000), and the network learns by it", async () => {
  const { rates, steps, error } = await decay([]);
  expect(steps).toBe(5000);
  expect(rates.map(([step]) => step)).toEqual([0, 1000, 2000, 3000, 4000]);
  for (const [step, rate] of rates) expect(rate).toBe(Number((0.1 * 0.96 ** Math.floor(step / 1000)).toPrecision(6)));
  // The zero function has 0.5.
  expect(error).toBeLessThan(1e-3);
});

test("another staircase", async () => {
  const { rates } = await decay(["--steps", "25", "--lr", "0.2", "--decay-steps", "10", "--decay-rate", "0.5"]);
  expect(rates).toEqual([
    [0, 0.2],
    [10, 0.1],
    [20, 0.05],
  ]);
});

test("refuses a bad option in one line, and prints its help", async () => {
  const { code, stdout, stderr } = await runExample("decay", ["--decay-steps", "0"]);
  expect(stderr).toMatch(/^decay: --decay-steps must be a positive integer, got "0"\n$/);
  expect([code, stdout]).toEqual([2, ""]);
  const { stdout: help } = await runExample("decay", ["--help"]);
  for (const option of ["steps", "lr", "decay-steps", "decay-rate", "seed", "device"])
    expect(help).toContain(`--${option} `);
});
