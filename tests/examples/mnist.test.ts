import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { options } from "../../examples/mnist/options.js";
import { convolutionalNetwork, type Epoch, type Step, train } from "../../examples/mnist/training.js";
import { loadDigits } from "../../examples/support/digits.js";
import { parseOptions, UsageError } from "../../examples/support/program.js";
import { drawDigits, type ImageSet } from "../../src/data/index.js";
import { manualSeed, memory } from "../../src/index.js";
import { loadSafetensors } from "../../src/io/index.js";
import { runExample, writeDigits } from "./command.js";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "wengert-mnist-"));
  writeDigits(join(folder, "data"), 80);
  // Enough to test on that a second signal comes before the end of it.
  writeDigits(join(folder, "slow"), 8, "train");
  writeDigits(join(folder, "slow"), 700);
});

afterAll(() => rmSync(folder, { recursive: true }));

describe("options", () => {
  test("have the defaults of the help", () => {
    const expected = { data: undefined, epochs: 3, batch: 64, lr: 1e-3, seed: 0, device: undefined, out: "." };
    expect(parseOptions(options, [])).toEqual(expected);
    expect(parseOptions(options, ["--help", "--epochs", "x"])).toBeNull();
  });

  test("are read", () => {
    const args = [
      "--data",
      "d",
      "--epochs",
      "2",
      "--batch=16",
      "--lr",
      "1e-2",
      "--seed",
      "7",
      "--device",
      "cpu",
      "--out",
      "o",
    ];
    const expected = { data: "d", epochs: 2, batch: 16, lr: 0.01, seed: 7, device: "cpu", out: "o" };
    expect(parseOptions(options, args)).toEqual(expected);
  });

  test.each([
    [["--epochs", "0"], '--epochs must be a positive integer, got "0"'],
    [["--epochs", "2.5"], "--epochs"],
    [["--batch", ""], "--batch"],
    [["--batch", "9007199254740993"], "--batch"],
    [["--lr", "0"], "--lr must be a positive number"],
    [["--lr", "fast"], "--lr"],
    [["--lr", "Infinity"], "--lr"],
    [["--seed=-1"], "--seed must be a non-negative integer"],
    [["--data", ""], "--data must not be empty"],
    [["--momentum", "1"], "Unknown option '--momentum'"],
    [["--epochs"], "--epochs"],
    [["model"], "Unexpected argument 'model'"],
  ])("%j are refused in one line", (args, message) => {
    expect(() => parseOptions(options, args)).toThrow(UsageError);
    expect(() => parseOptions(options, args)).toThrow(message);
    expect(() => parseOptions(options, args)).not.toThrow(/\n/);
  });
});

/** Trains for a few steps; gives the losses and the weights. */
async function run(seed: number, images: { train: ImageSet; test: ImageSet }, steps: number) {
  manualSeed(seed);
  using network = convolutionalNetwork(28, 28);
  const controller = new AbortController();
  const [seen, epochs]: [Step[], Epoch[]] = [[], []];
  const accuracy = await train(network, images, {
    epochs: 5,
    batch: 16,
    lr: 1e-3,
    signal: controller.signal,
    onStep: (step) => {
      seen.push(step);
      if (seen.length === steps) controller.abort();
    },
    onEpoch: (epoch) => epochs.push(epoch),
  });
  const weights = network.parameters().map((p) => p.dataSync());
  return { accuracy, losses: seen.map(({ loss }) => loss), seen, epochs, weights };
}

describe("training", () => {
  const images = { train: drawDigits(48, 1), test: drawDigits(30, 2) };

  test("is the same, bit for bit, for the same seed, and another for another", async () => {
    const [first, second, other] = [await run(4, images, 5), await run(4, images, 5), await run(5, images, 5)];
    expect(second.losses).toEqual(first.losses);
    expect(second.weights).toEqual(first.weights);
    expect(other.weights).not.toEqual(first.weights);
    expect(other.losses).not.toEqual(first.losses);
  }, 180_000);

  test("ends after the step in which it is asked to, and still tests", async () => {
    const { seen, epochs, accuracy } = await run(0, images, 4);
    expect(seen.map(({ epoch, step, steps }) => [epoch, step, steps])).toEqual([
      [1, 1, 3],
      [1, 2, 3],
      [1, 3, 3],
      [2, 1, 3],
    ]);
    expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2]);
    expect(epochs[0].trainLoss).toBeCloseTo((seen[0].loss + seen[1].loss + seen[2].loss) / 3, 12);
    expect(accuracy).toBe(epochs[1].testAccuracy);
    expect(Number.isInteger(Math.round(accuracy * 30 * 1e9) / 1e9)).toBe(true);
  });

  test("learns, holds memory flat, and leaves nothing behind", async () => {
    const before = memory();
    manualSeed(0);
    const [losses, live]: [number[], number[]] = [[], []];
    {
      using network = convolutionalNetwork(28, 28);
      const accuracy = await train(
        network,
        { train: drawDigits(160, 1), test: drawDigits(100, 2) },
        {
          epochs: 4,
          batch: 32,
          lr: 2e-3,
          onStep: ({ loss }) => {
            losses.push(loss);
            live.push(memory().bytes);
          },
        },
      );
      expect(losses[0]).toBeGreaterThan(2);
      expect(losses[losses.length - 1]).toBeLessThan(0.8);
      expect(accuracy).toBeGreaterThan(0.6);
    }
    expect(new Set(live).size).toBe(1);
    expect(memory()).toMatchObject({ bytes: before.bytes, tensors: before.tensors });
  }, 180_000);
});

test("without a network, digits are drawn, and the source says why in one line", async () => {
  const cache = join(folder, "cache");
  const digits = await loadDigits({ cache, mirrors: ["http://127.0.0.1:9/"] });
  expect([digits.train.count, digits.test.count]).toEqual([10_000, 1_000]);
  expect(digits.source).toMatch(/^drawn by this program because MNIST could not be downloaded \(.*127\.0\.0\.1.*\)$/);
  expect(digits.train.images.subarray(0, 784)).not.toEqual(digits.test.images.subarray(0, 784));
});

describe("the command", () => {
  test("trains, says how well, saves the network, and says where", async () => {
    const out = join(folder, "new", "out");
    const { code, stdout, stderr } = await runExample("mnist", [
      "--data",
      join(folder, "data"),
      "--out",
      out,
      "--epochs",
      "2",
      "--batch",
      "24",
    ]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(5);
    expect(lines[0]).toContain("72 for training, 8 for testing");
    expect(lines[1]).toMatch(/^epoch 1: train loss \d\.\d{4}, test accuracy \d+\.\d\d%, \d+ s$/);
    expect(lines[3]).toMatch(/^test accuracy: \d+\.\d\d%$/);
    expect(lines[3].replace("test accuracy: ", "")).toBe(/accuracy (.*%)/.exec(lines[2])?.[1]);
    expect(lines[4]).toBe(`saved: ${join(out, "model.safetensors")}`);

    expect(readdirSync(out)).toEqual(["model.safetensors"]);
    const { tensors } = await loadSafetensors(join(out, "model.safetensors"));
    const network = convolutionalNetwork(28, 28);
    network.loadStateDict(tensors);
    expect([...tensors.keys()].sort()).toEqual([...network.stateDict().keys()].sort());
  });

  test("at Ctrl-C ends the epoch early, tests and saves", async () => {
    const out = join(folder, "interrupted");
    const args = ["--data", join(folder, "data"), "--out", out, "--epochs", "100000", "--batch", "8"];
    let sent = false;
    const { code, stdout, stderr } = await runExample("mnist", args, (child, text) => {
      if (sent || !text.includes("epoch 1:")) return;
      sent = true;
      child.kill("SIGINT");
    });
    expect(stderr).toContain("interrupted: testing and saving");
    expect(code).toBe(0);
    expect(stdout).toMatch(/test accuracy: .*%\nsaved: .*model\.safetensors\n$/);
    expect(existsSync(join(out, "model.safetensors"))).toBe(true);
  });

  test("at a second Ctrl-C quits at once", async () => {
    const out = join(folder, "killed");
    const args = ["--data", join(folder, "slow"), "--out", out, "--epochs", "100000", "--batch", "8"];
    let sent = 0;
    const { code, stdout } = await runExample("mnist", args, (child, text, errors) => {
      if (sent === 0 && text.includes("epoch 1:")) {
        sent = 1;
        child.kill("SIGINT");
      } else if (sent === 1 && errors.includes("interrupted")) {
        sent = 2;
        child.kill("SIGINT");
      }
    });
    expect(code).toBe(130);
    expect(stdout).not.toContain("saved:");
  });

  test.each([
    [["--epochs", "none"], 2, /^mnist: --epochs must be a positive integer, got "none"\n$/],
    [["--speed", "9"], 2, /^mnist: Unknown option '--speed'.*\n$/],
    [["--device", "abacus"], 2, /^mnist: device: unknown device "abacus"; use one of .*\n$/],
    [["--data", "/nowhere/at/all"], 1, /^mnist: loadMnist: cannot read \/nowhere\/at\/all: .*\n$/],
  ])("refuses %j in one line", async (args, expected, message) => {
    const { code, stdout, stderr } = await runExample("mnist", [...args, "--out", folder]);
    expect(stderr).toMatch(message);
    expect(stdout).toBe("");
    expect(code).toBe(expected);
  });

  test("finds out before training that the network cannot be saved", async () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    mkdirSync(join(folder, "taken", "model.safetensors"), { recursive: true });
    for (const out of [join(file, "out"), file, join(folder, "taken")]) {
      const { code, stdout, stderr } = await runExample("mnist", ["--data", join(folder, "data"), "--out", out]);
      expect(stderr).toMatch(/^mnist: --out .* is not writable: .*\n$/);
      expect(stdout).toBe("");
      expect(code).toBe(1);
    }
    expect(readdirSync(join(folder, "taken"))).toEqual(["model.safetensors"]);
  });

  test("prints its help", async () => {
    const { code, stdout } = await runExample("mnist", ["--help"]);
    expect(code).toBe(0);
    for (const option of ["data", "epochs", "batch", "lr", "seed", "device", "out"])
      expect(stdout).toContain(`--${option} `);
  });
});
