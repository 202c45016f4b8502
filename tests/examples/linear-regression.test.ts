import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

test("finds w and b", async () => {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ["--import", "tsx", "examples/linear-regression.ts"],
    { cwd: root },
  );
  expect(stderr).toBe("");
  const numbers = (line: RegExp): number[] => line.exec(stdout)?.[1].split(", ").map(Number) ?? [];
  const found = [...numbers(/w {2}found (.*) {2}true/), ...numbers(/b {2}found (.*) {2}true/)];
  const wanted = [2, -3.4, 1.7, 4.2];
  expect(found).toHaveLength(4);
  found.forEach((value, i) => {
    expect(Math.abs(value - wanted[i])).toBeLessThan(0.02);
  });
  const losses = [...stdout.matchAll(/loss (\S+)/g)].map(([, loss]) => Number(loss));
  expect(losses).toHaveLength(6);
  expect(losses[5]).toBeLessThan(0.01);
});
