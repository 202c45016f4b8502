import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import type { Run } from "../../bench/gpu/results.js";
import { python, whyTorch, withoutTorch } from "./torch.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "wengert-device-bench-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const env = {
  ...process.env,
  WENGERT_DEVICE: "emulator",
  WENGERT_POISON: "0",
  WENGERT_COMMIT: "test",
  NODE_OPTIONS: "",
};
const argumentsOf = (out: string, more: readonly string[]): string[] => [
  ...["--import", "tsx", "bench/device.ts", "--small", "--python", python, "--out", out, ...more],
];

const read = (file: string): Run => JSON.parse(readFileSync(file, "utf8"));

test("fails if nothing could be compared", () => {
  const out = join(folder, "alone.json");
  const arguments_ = argumentsOf(out, ["--only", "add f32", "--python", "no-such-python"]);
  const { status, stdout } = spawnSync(process.execPath, arguments_, { cwd: root, env, encoding: "utf8" });
  expect(stdout).toContain("no PyTorch: spawn no-such-python ENOENT");
  expect(stdout).toContain("1 rows: 1 unchecked; FAILED: 1 rows");
  expect(status).toBe(1);
});

describe.skipIf(withoutTorch)(`the GPU benchmark, tried on the emulator${whyTorch}`, () => {
  test("measures and compares rows, and reports the planted error", () => {
    const out = join(folder, "a.json");
    const only = [
      "planted",
      "matmul 4096 NN",
      "conv 128-128 3x3 @28",
      "layerNorm 16384",
      "AdamW",
      "attention GPT-2 causal",
    ];
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      argumentsOf(
        out,
        only.flatMap((name) => ["--only", name]),
      ),
      { cwd: root, env, encoding: "utf8" },
    );
    expect(status, stdout + stderr).toBe(0);
    const { rows } = read(out);
    const statuses = Object.fromEntries(rows.map(({ name, status }) => [name, status]));
    expect(statuses["planted: a wrong product"]).toBe("wrong as planted");
    for (const { name, status, ours, torch } of rows.filter(({ op }) => op !== "attention")) {
      if (!name.startsWith("planted")) expect(status, name).toBe("measured");
      expect(ours, name).toHaveLength(2);
      expect(
        Object.values(torch ?? {}).every((timing) => "median" in timing),
        name,
      ).toBe(true);
    }
    const table = readFileSync(join(folder, "a.md"), "utf8");
    expect(table).toContain("| planted: a wrong product |");
    expect(table).toContain("SMALL SIZES: the figures cannot be used for comparisons.");
  });

  test("times training steps after the first one, in one run of training", () => {
    const out = join(folder, "steps.json");
    const { status, stdout, stderr } = spawnSync(process.execPath, argumentsOf(out, ["--steps", "--only", "MLP"]), {
      ...{ cwd: root, env, encoding: "utf8" },
    });
    expect(status, stdout + stderr).toBe(0);
    expect(read(out).rows).toMatchObject([{ status: "measured", ours: [{ calls: 1 }, { calls: 1 }] }]);
  });

  test("says when no time was left, and keeps earlier rows", () => {
    const out = join(folder, "a.json");
    const before = read(out).rows;
    const late = argumentsOf(out, ["--append", "--seconds", "0.001", "--only", "planted", "--only", "add f32"]);
    const { status, stdout } = spawnSync(process.execPath, late, { cwd: root, env, encoding: "utf8" });
    expect(status, stdout).toBe(2);
    const { rows } = read(out);
    for (const row of before) expect(rows).toContainEqual(row);
    expect(rows.find(({ name }) => name === "add f32")).toMatchObject({ status: "not run", reason: "no time left" });
  });

  test("a kill at any moment loses no finished row", async () => {
    const out = join(folder, "killed.json");
    const child = spawn(process.execPath, argumentsOf(out, ["--only", "matmul", "--only", "sum"]), { cwd: root, env });
    let printed = "";
    child.stdout.on("data", (text) => {
      printed += text;
    });
    while (child.exitCode === null && printed.split("\nrow: ").length < 12) await sleep(5);
    child.kill("SIGKILL");
    const finished = printed.split("\n").flatMap((line) => /^row: ([^|]*\S) +\|/.exec(line)?.[1] ?? []);
    expect(finished.length).toBeGreaterThan(5);
    const { rows } = read(out);
    for (const name of finished)
      expect(rows.find((row) => row.name === name)?.status, name).toMatch(/measured|planted/);
    expect(existsSync(join(folder, "killed.md"))).toBe(true);
  });
});
