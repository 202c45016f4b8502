import { join } from "node:path";
import { expect, test } from "vitest";
import { sharedData } from "../support/data.js";
import { withFolder } from "../support/disk.js";
import { runExample, writeDigits } from "./command.js";

const accuracyOf = (stdout: string): number => Number(/test accuracy (\S+)%\n$/.exec(stdout)?.[1]);

test("trains, validates, and prints how well it knows the test images", async () => {
  await withFolder(async (folder) => {
    const args = ["--data", writeDigits(join(folder, "data"), 400), "--epochs", "4"];
    const { code, stdout, stderr } = await runExample("fit", args);
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/: 324 for training, 36 for validation, 40 for testing$/);
    expect(lines[1]).toMatch(/^test loss \d\.\d{4}, test accuracy \d+\.\d\d%$/);
    expect(accuracyOf(stdout)).toBeGreaterThan(60);
    expect(stderr.trimEnd().split("\n")).toHaveLength(4);
    expect(stderr).toMatch(/^epoch 1\/4: loss \S+, accuracy \S+, valLoss \S+, valAccuracy \S+, lr 0.001, \d+ s\n/);
  });
});

test("tests on fewer images than a batch has", async () => {
  await withFolder(async (folder) => {
    const args = ["--data", writeDigits(join(folder, "data"), 60), "--epochs", "1"];
    const { code, stdout } = await runExample("fit", args);
    expect(code).toBe(0);
    expect(stdout).toMatch(/: 49 for training, 5 for validation, 6 for testing\ntest loss \d/);
  });
});

test("knows MNIST after one epoch", async (context) => {
  const args = ["--data", sharedData(context, "mnist"), "--epochs", "1", "--batch", "64", "--lr", "0.003"];
  const { code, stdout } = await runExample("fit", args);
  expect(code).toBe(0);
  expect(stdout).toContain("8100 for training, 900 for validation, 1000 for testing");
  expect(accuracyOf(stdout)).toBeGreaterThan(87);
});

test("refuses a bad option in one line, and prints its help", async () => {
  const { code, stdout, stderr } = await runExample("fit", ["--epochs", "0"]);
  expect(stderr).toMatch(/^fit: --epochs must be a positive integer, got "0"\n$/);
  expect([code, stdout]).toEqual([2, ""]);
  const { stdout: help } = await runExample("fit", ["--help"]);
  for (const option of ["data", "epochs", "batch", "lr", "seed", "device"]) expect(help).toContain(`--${option} `);
});
