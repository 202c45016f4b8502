import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Result, runExample, writeDigits } from "./command.js";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "wengert-tune-"));
  writeDigits(join(folder, "digits"), 300);
});

afterAll(() => rmSync(folder, { recursive: true }));

/** 300 digits: 270 to learn from, of which a tenth is for validation. */
const tune = (out: string, args: string[], whileRunning?: Parameters<typeof runExample>[2]): Promise<Result> =>
  runExample(
    "tune",
    ["--data", join(folder, "digits"), "--device", "cpu", "--out", join(folder, out), ...args],
    whileRunning,
  );

interface Trial {
  readonly number: number;
  readonly params: Readonly<Record<string, string | number>>;
  readonly budget: number;
  readonly score: number | null;
  readonly seconds: number;
}

function trialsOf(out: string, name: string): Omit<Trial, "seconds">[] {
  const { trials } = JSON.parse(readFileSync(join(folder, out, `${name}.json`), "utf8")) as { trials: Trial[] };
  return trials.map(({ seconds: _, ...trial }) => trial);
}

const small = ["--epochs", "3", "--images", "200"];

test("a study that is stopped by Ctrl-C goes on as if it had not been", async () => {
  const name = "tune-bayesian-200-images-3-epochs-seed-0";
  const whole = await tune("whole", [...small, "--trials", "12"]);
  expect(whole.code).toBe(0);
  expect(readdirSync(join(folder, "whole")).sort()).toEqual([`${name}.json`, `${name}.svg`]);

  let sent = false;
  const stopped = await tune("stopped", [...small, "--trials", "12"], (child, _, stderr) => {
    if (sent || !stderr.includes("trial 2:")) return;
    sent = true;
    child.kill("SIGINT");
  });
  expect(stopped.stderr).toContain("interrupted: finishing this trial");
  expect(stopped.code).toBe(0);
  expect(stopped.stdout).toContain(`best: trial `);
  const first = trialsOf("stopped", name);
  expect(first.length).toBeGreaterThanOrEqual(3);
  expect(first.length).toBeLessThan(12);

  const resumed = await tune("stopped", [...small, "--trials", "12"]);
  expect(resumed.code).toBe(0);
  expect(resumed.stderr).toContain(`continuing after ${first.length} trials\n`);
  expect(trialsOf("stopped", name)).toEqual(trialsOf("whole", name));

  const trials = trialsOf("whole", name);
  expect(trials).toHaveLength(12);
  for (const { params } of trials) expect("momentum" in params).toBe(params.optimizer === "SGD");
  const best = trials.reduce((least, trial) => ((trial.score ?? 1) < (least.score ?? 1) ? trial : least));
  expect(best.score).toBeLessThan(0.7);
  const lines = whole.stdout.trimEnd().split("\n");
  expect(lines[0].trim().split(/\s+/)).toEqual(["trial", "score", "seconds", "lr", "hidden", "optimizer", "momentum"]);
  expect(lines).toHaveLength(2 + 10 + 2); // the ten best
  expect(lines[12]).toMatch(new RegExp(`^best: trial ${best.number}: lr .*: validation error .*%$`));
  const chart = readFileSync(join(folder, "whole", `${name}.svg`), "utf8");
  expect(chart.match(/<circle/g)).toHaveLength(trials.filter(({ score }) => score !== null).length);
}, 180_000); // three programs, on a machine that may be shared

test("Hyperband spends the epochs of the trials in pieces", async () => {
  const { code, stdout } = await tune("hyperband", [
    ...["--search", "hyperband", "--trials", "4", "--epochs", "3", "--images", "50"],
  ]);
  expect(code).toBe(0);
  const trials = trialsOf("hyperband", "tune-hyperband-50-images-3-epochs-seed-0");
  const spent = trials.reduce((sum, { budget }) => sum + budget, 0);
  expect(spent).toBeLessThanOrEqual(12);
  expect(spent).toBeGreaterThan(9);
  expect(new Set(trials.map(({ budget }) => budget))).toEqual(new Set([1, 3]));
  expect(stdout).toMatch(/^trial +budget +score/);
});

test("random and grid search run too", async () => {
  const random = await tune("random", ["--search", "random", "--trials", "1", "--epochs", "1", "--images", "20"]);
  expect(random.code).toBe(0);
  const grid = await tune("grid", ["--search", "grid", "--trials", "4", "--epochs", "1", "--images", "20"]);
  expect(grid.code).toBe(0);
  const trials = trialsOf("grid", "tune-grid-20-images-1-epochs-seed-0");
  expect(trials.map(({ params }) => [params.lr, params.hidden, params.optimizer, params.momentum])).toEqual([
    [1e-4, 8, "SGD", 0],
    [1e-4, 8, "SGD", 0.475],
    [1e-4, 8, "SGD", 0.95],
    [1e-4, 8, "Adam", undefined],
  ]);
});

test.each([
  [["--search", "hill"], 2, '--search must be one of random, bayesian, hyperband, grid, got "hill"'],
  [["--trials", "0"], 2, '--trials must be a positive integer, got "0"'],
  [["--data", "/nowhere/at/all"], 1, "loadMnist: cannot read /nowhere/at/all: "],
])("%j is refused in one line", async (args, status, message) => {
  const { code, stdout, stderr } = await runExample("tune", [...args, "--out", join(folder, "none")]);
  expect(stderr).toMatch(/^tune: .*\n$/);
  expect(stderr).toContain(message);
  expect(stdout).toBe("");
  expect(code).toBe(status);
});
