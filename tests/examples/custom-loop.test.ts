import { join } from "node:path";
import { expect, test } from "vitest";
import { loadSafetensors } from "../../src/io/index.js";
import { withFolder } from "../support/disk.js";
import { runExample, writeDigits } from "./command.js";

test("keeps the weights of the epoch with the lowest validation loss, and ends with them", async () => {
  await withFolder(async (folder) => {
    const out = join(folder, "out");
    const data = ["--data", writeDigits(join(folder, "data"), 200), "--out", out];
    const { code, stdout, stderr } = await runExample("custom-loop", [
      ...[...data, "--epochs", "10", "--batch", "18", "--lr", "0.02"],
    ]);
    expect(code).toBe(0);
    const rows = [...stderr.matchAll(/^epoch (\d+)\/10: loss (\S+), validation loss (\S+), .*?(best so far)?$/gm)];
    expect(rows.map(([, epoch]) => Number(epoch))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    const [train, validation] = [2, 3].map((column) => rows.map((row) => Number(row[column])));
    expect(train[9]).toBeLessThan(train[0] / 3);
    const lowest = validation.map((loss, i) => loss === Math.min(...validation.slice(0, i + 1)));
    expect(rows.map((row) => row[4] !== undefined)).toEqual(lowest);

    const best = 1 + validation.indexOf(Math.min(...validation));
    expect(best).toBeLessThan(10); // else it could not be told from the last
    const lines = stdout.trimEnd().split("\n");
    expect(lines[1]).toBe(`saved the weights of epoch ${best}: ${join(out, "best.safetensors")}`);
    expect(lines[2]).toContain(`validation loss ${validation[best - 1].toFixed(4)},`);
    expect(lines[3]).toMatch(/^test loss \d\.\d{4}, test accuracy \d+\.\d\d%$/);
    expect(Number(/accuracy (.*)%/.exec(lines[3])?.[1])).toBeGreaterThan(55);
    const { tensors, metadata } = await loadSafetensors(join(out, "best.safetensors"));
    expect(metadata.epoch).toBe(String(best));
    expect([...tensors.keys()].sort()).toEqual(["1.bias", "1.weight", "4.bias", "4.weight"]);
  });
});

test("gives no weights of an earlier run for its own where training diverges", async () => {
  await withFolder(async (folder) => {
    const args = ["--data", writeDigits(join(folder, "data"), 40), "--out", folder, "--epochs", "1", "--batch", "8"];
    expect(await runExample("custom-loop", args)).toMatchObject({ code: 0 });
    const { code, stdout, stderr } = await runExample("custom-loop", [...args, "--lr", "1e38"]);
    expect(stderr).toMatch(/\ncustom-loop: no epoch had a finite validation loss; a lower --lr may help\n$/);
    expect(stdout.trimEnd().split("\n")).toHaveLength(1);
    expect(code).toBe(1);
  });
});

test("finds out before training that the folder cannot be made", async () => {
  const { code, stdout, stderr } = await runExample("custom-loop", ["--out", "/dev/null/out"]);
  expect(stderr).toMatch(/^custom-loop: .*\/dev\/null\/out.*\n$/);
  expect([code, stdout]).toEqual([1, ""]);
});

test("refuses a bad option in one line, and prints its help", async () => {
  const { code, stderr } = await runExample("custom-loop", ["--lr", "-1"]);
  expect(stderr).toMatch(/^custom-loop: .*--lr.*\n$/);
  expect(code).toBe(2);
  const { stdout } = await runExample("custom-loop", ["--help"]);
  for (const option of ["data", "epochs", "batch", "lr", "seed", "device", "out"])
    expect(stdout).toContain(`--${option} `);
});
