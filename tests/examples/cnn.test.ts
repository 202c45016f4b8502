import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadSafetensors } from "../../src/io/index.js";
import { type Result, runExample, writeDigits } from "./command.js";

// 81 images to train on: 9 steps an epoch.
const [epochs, steps] = [4, 36];
let folder: string;
let whole: Result;
const args = (out: string): string[] => {
  const numbers = { epochs, batch: 9, patience: 9 };
  const given = Object.entries(numbers).flatMap(([name, value]) => [`--${name}`, String(value)]);
  return ["--data", join(folder, "data"), "--out", join(folder, out), ...given];
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "wengert-cnn-"));
  writeDigits(join(folder, "data"), 100);
  whole = await runExample("cnn", args("whole"));
}, 180_000);

afterAll(() => rm(folder, { recursive: true }));

const read = (...path: string[]): Buffer => readFileSync(join(folder, ...path));

/** The records of an event file: a length in 8 bytes, its checksum, the bytes, their checksum. */
function countRecords(file: Buffer): number {
  let [at, count] = [0, 0];
  for (; at < file.length; count++) at += 16 + Number(file.readBigUInt64LE(at));
  expect(at).toBe(file.length);
  return count;
}

describe("a whole run", () => {
  test("shows the model, says what it has written, and how well it did", () => {
    const { code, stdout, stderr } = whole;
    expect(code).toBe(0);
    expect(stdout).toMatch(/7 \(Linear\) +\[9, 128\] +204,928\n/);
    expect(stdout).toContain("parameters: 225,034 (225,034 trainable)\n");
    expect(stdout).toMatch(/\ntest loss \d\.\d{4}, test accuracy \d+\.\d\d%\n$/);
    expect(stderr.match(/^epoch \d\/4: loss/gm)).toHaveLength(epochs);
    const files = ["best.safetensors", "curves.svg", "events", "last.safetensors", "log.csv", "model.safetensors"];
    expect(readdirSync(join(folder, "whole")).sort()).toEqual(files);
    for (const file of files) expect(stdout).toMatch(new RegExp(`^ {2}${file}/? `, "m"));
  });

  test("writes the numbers of every epoch", () => {
    const [header, ...rows] = read("whole", "log.csv").toString().trimEnd().split("\n");
    expect(header).toBe("epoch,step,loss,accuracy,valLoss,valAccuracy,lr");
    const numbers = rows.map((row) => row.split(",").map(Number));
    expect(numbers.map(([epoch, step]) => [epoch, step])).toEqual([1, 2, 3, 4].map((epoch) => [epoch, 9 * epoch]));
    const [losses, rates] = [2, 6].map((column) => numbers.map((row) => row[column]));
    expect(losses[epochs - 1]).toBeLessThan(losses[0] / 2);
    // The rate of an epoch's last step: a cosine from 0.002 to 0.
    const cosine = [8, 17, 26, 35].map((step) => 0.001 * (1 + Math.cos((Math.PI * step) / steps)));
    rates.forEach((rate, i) => {
      expect(rate).toBeCloseTo(cosine[i], 12);
    });
  });

  test("draws its curves", () => {
    const svg = read("whole", "curves.svg").toString();
    expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\s*$/);
    for (const name of ["loss", "accuracy", "valLoss", "valAccuracy"]) expect(svg).toContain(`>${name}<`);
  });

  test("writes steps and epochs for TensorBoard", () => {
    const files = readdirSync(join(folder, "whole", "events"));
    expect(files).toHaveLength(1);
    expect(countRecords(read("whole", "events", files[0]))).toBe(1 + steps + epochs);
  });

  test("ends with the weights of the best epoch", async () => {
    const losses = read("whole", "log.csv").toString().trimEnd().split("\n").slice(1);
    const validation = losses.map((row) => Number(row.split(",")[4]));
    const best = 1 + validation.indexOf(Math.min(...validation));
    expect(best).toBeLessThan(epochs); // else it could not be told from the last
    expect(whole.stdout).toContain(`the weights of the best epoch (${best})\n`);
    const load = async (name: string) => (await loadSafetensors(join(folder, "whole", name))).tensors;
    const [model, bestRun, lastRun] = [
      await load("model.safetensors"),
      await load("best.safetensors"),
      await load("last.safetensors"),
    ];
    expect(model.size).toBe(8);
    for (const [name, weights] of model) {
      expect(bestRun.get(`model/${name}`)?.dataSync()).toEqual(weights.dataSync());
      expect(lastRun.get(`model/${name}`)?.dataSync()).not.toEqual(weights.dataSync());
    }
  });
});

test("Ctrl-C saves the run and says how to resume it; resumed, it becomes the run without an end, bit for bit", async () => {
  let sent = false;
  const first = await runExample("cnn", args("own"), (child, _, stderr) => {
    if (sent || !stderr.includes("epoch 1/4:")) return;
    sent = child.kill("SIGINT");
  });
  expect(first.stderr).toContain("interrupted: finishing the step and saving");
  expect(first.code).toBe(130);
  const step = Number(/interrupted after step (\d+); to continue, run .* --resume\n$/.exec(first.stdout)?.[1]);
  expect(step).toBeGreaterThanOrEqual(9);
  expect(step).toBeLessThan(steps);
  expect(readdirSync(join(folder, "own"))).not.toContain("model.safetensors");

  const second = await runExample("cnn", [...args("own"), "--resume"]);
  expect(second.code).toBe(0);
  expect(second.stdout.split("\n").at(-2)).toBe(whole.stdout.split("\n").at(-2));
  for (const file of ["log.csv", "curves.svg", "model.safetensors", "best.safetensors", "last.safetensors"])
    expect([file, read("own", file).equals(read("whole", file))]).toEqual([file, true]);
  const events = readdirSync(join(folder, "own", "events"));
  expect(events).toHaveLength(2);
  // Two beginnings and a mark where it goes on; no step is lost or done twice.
  const records = events.map((file) => countRecords(read("own", "events", file)));
  expect(records[0] + records[1]).toBe(3 + steps + epochs);
}, 180_000);

test("a run is not written over, and one that is not there is not resumed", async () => {
  const before = read("whole", "last.safetensors");
  const over = await runExample("cnn", args("whole"));
  expect(over.stderr).toMatch(/^cnn: --out .*whole already contains a run; continue it with --resume, .*\n$/);
  expect([over.code, over.stdout]).toEqual([2, ""]);
  expect(read("whole", "last.safetensors").equals(before)).toBe(true);

  mkdirSync(join(folder, "empty"));
  const none = await runExample("cnn", [...args("empty"), "--resume"]);
  expect(none.stderr).toMatch(/^cnn: .*cannot read .*last\.safetensors.*\n$/);
  expect(none.code).toBe(1);
  expect(readdirSync(join(folder, "empty"))).toEqual([]);
});

test("refuses a bad option in one line, and prints its help", async () => {
  const { code, stderr } = await runExample("cnn", ["--resume=yes"]);
  expect(stderr).toMatch(/^cnn: Option '--resume' does not take an argument\n$/);
  expect(code).toBe(2);
  const { stdout } = await runExample("cnn", ["--help"]);
  for (const option of ["data", "epochs", "patience", "batch", "lr", "seed", "device", "out", "resume"])
    expect(stdout).toContain(`--${option} `);
});
