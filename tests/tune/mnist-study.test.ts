import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeDigits } from "../examples/command.js";
import { median } from "../support/median.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const names = ["random", "bayesian", "hyperband"] as const;

interface Report {
  readonly settings: Readonly<Record<"train" | "validation" | "epochs" | "trials", number>>;
  readonly results: Readonly<Record<string, readonly { error: number; points: number; epochs: number }[]>>;
  readonly medians: Readonly<Record<string, number>>;
}

const read = (path: string): Report => JSON.parse(readFileSync(path, "utf8")) as Report;

describe("scripts/mnist-study.ts", () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "wengert-study-"));
    writeDigits(join(folder, "digits"), 200);
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  /** Three seeds, four trainings of three epochs. */
  function study(out: string): Promise<{ readonly code: number | null; readonly stdout: string }> {
    const sizes = ["--train", "60", "--validation", "100", "--epochs", "3", "--trials", "4", "--seeds", "3"];
    const child = spawn(
      process.execPath,
      ["--import", "tsx", "scripts/mnist-study.ts", "--data", join(folder, "digits"), ...sizes, "--out", out],
      { cwd: root, stdio: ["ignore", "pipe", "ignore"] },
    );
    let stdout = "";
    child.stdout.on("data", (text) => {
      stdout += text;
    });
    return new Promise((done) => child.on("close", (code) => done({ code, stdout })));
  }

  test("gives each search the same epochs, compares medians, and is the same every time", async () => {
    const [first, second] = [join(folder, "first.json"), join(folder, "second.json")];
    const { code, stdout } = await study(first);
    const { settings, results, medians } = read(first);
    expect(settings).toEqual({ train: 60, validation: 100, epochs: 3, trials: 4 });
    for (const name of names) {
      expect(results[name]).toHaveLength(3);
      for (const { error, points, epochs } of results[name]) {
        expect(Math.round(error * 100) / 100).toBe(error); // of 100 images
        expect(epochs).toBeLessThanOrEqual(12);
        expect(epochs).toBeGreaterThan(9);
        if (name === "hyperband") expect(points).toBeGreaterThan(4);
        else expect([points, epochs]).toEqual([4, 12]);
      }
      expect(medians[name]).toBe(median(results[name].map(({ error }) => error)));
    }
    // Four trials are fewer than those with which Bayesian search begins: it has not learned yet.
    expect(results.bayesian).toEqual(results.random);

    const lines = stdout.trimEnd().split("\n");
    expect(lines[0].trim().split(/ {2,}/)).toEqual(["seed 0", "seed 1", "seed 2", "median"]);
    expect(lines.slice(1, 4).map((line) => line.split(/\s+/)[0])).toEqual(names);
    const better = names.filter((name) => medians[name] < medians.random);
    expect(lines[4]).toBe(`better than random: ${better.join(", ") || "none"}`);
    expect(code).toBe(1);

    await study(second);
    expect(read(second).results).toEqual(results);
  });
});

test("the figures of the whole study: Bayesian search and Hyperband beat random search over 5 seeds", () => {
  const { settings, results, medians } = read(join(root, "bench/results/mnist-study.json"));
  const allowed = settings.trials * settings.epochs;
  for (const name of names) {
    expect(results[name]).toHaveLength(5);
    for (const { epochs } of results[name]) expect(epochs).toBeLessThanOrEqual(allowed);
    expect(medians[name]).toBe(median(results[name].map(({ error }) => error)));
  }
  expect(medians.bayesian).toBeLessThan(medians.random);
  expect(medians.hyperband).toBeLessThan(medians.random);
});
