import { expect, test } from "vitest";
import { runExample } from "./command.js";

test("learns to add what it remembers, and says how far that is from not remembering", async () => {
  const args = ["--length", "6", "--hidden", "16", "--epochs", "3", "--steps", "60", "--lr", "0.02"];
  const { code, stdout, stderr } = await runExample("lstm", args);
  expect(code).toBe(0);
  const [, error, baseline] =
    /^mean squared error (\S+); if the answer is always 1: (\S+)\n$/.exec(stdout)?.map(Number) ?? [];
  expect(baseline).toBe(0.1667);
  // Who remembers one of the two numbers has 1/12.
  expect(error).toBeLessThan(0.04);
  expect(stderr.trimEnd().split("\n")).toHaveLength(3);
  expect(stderr).toMatch(/^epoch 1\/3: loss \S+, valLoss \S+, lr 0.02, \d+ s\n/);
}, 180_000);

test("takes any length", async () => {
  const small = ["--hidden", "2", "--epochs", "1", "--steps", "8", "--batch", "8"];
  for (const length of ["5", "7"]) {
    const { code, stdout } = await runExample("lstm", ["--length", length, ...small]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^mean squared error \d\.\d{4};/);
  }
});

test("refuses a bad option in one line, and prints its help", async () => {
  const { code, stdout, stderr } = await runExample("lstm", ["--length", "3"]);
  expect(stderr).toMatch(/^lstm: --length must be an integer of at least 4, got "3"\n$/);
  expect([code, stdout]).toEqual([2, ""]);
  const { stdout: help } = await runExample("lstm", ["--help"]);
  for (const option of ["length", "hidden", "epochs", "steps", "batch", "lr", "seed", "device"])
    expect(help).toContain(`--${option} `);
});
