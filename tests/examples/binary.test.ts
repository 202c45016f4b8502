import { expect, test } from "vitest";
import { runExample } from "./command.js";

test("tells the moons apart", async () => {
  const { code, stdout, stderr } = await runExample("binary", []);
  expect(code).toBe(0);
  const [, loss, accuracy, auc] =
    /^test loss (\S+), test accuracy (\S+)%, AUC (\S+)\n$/.exec(stdout)?.map(Number) ?? [];
  // A straight line gets about 87% and an AUC of 0.95.
  expect(loss).toBeLessThan(0.15);
  expect(accuracy).toBeGreaterThan(94);
  expect(auc).toBeGreaterThan(0.985);
  expect(auc).toBeLessThanOrEqual(1);
  expect(stderr.match(/^epoch \d+\/30: loss \S+, accuracy \S+, auc \S+,/gm)).toHaveLength(30);
});

test("cannot tell apart what is only noise", async () => {
  const { stdout } = await runExample("binary", ["--noise", "1000", "--epochs", "2"]);
  const accuracy = Number(/accuracy (\S+)%/.exec(stdout)?.[1]);
  const auc = Number(/AUC (\S+)\n/.exec(stdout)?.[1]);
  expect(Math.abs(accuracy - 50)).toBeLessThan(10);
  expect(Math.abs(auc - 0.5)).toBeLessThan(0.1);
});

test("refuses a bad option in one line, and prints its help", async () => {
  const { code, stdout, stderr } = await runExample("binary", ["--noise", "none"]);
  expect(stderr).toMatch(/^binary: --noise must be a positive number, got "none"\n$/);
  expect([code, stdout]).toEqual([2, ""]);
  const { stdout: help } = await runExample("binary", ["--help"]);
  for (const option of ["points", "noise", "epochs", "batch", "lr", "seed", "device"])
    expect(help).toContain(`--${option} `);
});
