import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  ArgumentError,
  type Callback,
  CSVLogger,
  EarlyStopping,
  FileError,
  HistoryChart,
  LearningRateScheduler,
  ModelCheckpoint,
  NaNGuard,
  NonFiniteError,
  ProgressBar,
  ReduceLROnPlateau,
  readCsv,
  type Tensor,
  type TrainingBatch,
} from "../../src/index.js";
import { Monitor } from "../../src/train/monitor.js";
import { withFolder } from "../support/disk.js";
import { fingerprint, setting } from "./setting.js";

/** Notes the weights after each epoch. */
class Weights implements Callback {
  readonly epochs: string[] = [];
  onEpochEnd({ model }: { model: Parameters<typeof fingerprint>[0] }): void {
    this.epochs.push(fingerprint(model));
  }
}

describe("Monitor", () => {
  test.each<[string, object, number[], number]>([
    ["lower losses are better", { monitor: "valLoss" }, [3, 2, 2, 5], 2],
    ["higher accuracies are better", { monitor: "valAccuracy" }, [3, 2, 4, 4], 3],
    ["a small step is none", { monitor: "loss", minDelta: 0.5 }, [3, 2.6, 2.4, 2], 3],
    ["NaN never is the best", { monitor: "loss" }, [Number.NaN, 3, Number.NaN, 4], 2],
    ["as it is told", { monitor: "valLoss", mode: "max" }, [3, 2, 2, 5], 4],
  ])("%s", (_, options, values, best) => {
    const monitor = new Monitor("test", options);
    const name = (options as { monitor: string }).monitor;
    values.forEach((value, i) => void monitor.update(i + 1, { [name]: value }));
    expect(monitor.best).toEqual({ epoch: best, value: values[best - 1] });
  });

  test("refuses what it cannot watch", () => {
    expect(() => new Monitor("EarlyStopping", { monitor: "f1" }).update(1, { loss: 1 })).toThrow(
      'EarlyStopping: there is no value "f1" to monitor; available: loss',
    );
    expect(() => new Monitor("x", { monitor: "dice" }).update(1, { dice: 1 })).toThrow(
      'cannot tell whether a lower or a higher "dice" is better',
    );
    expect(() => new Monitor("x", { mode: "up" as never })).toThrow(ArgumentError);
    expect(() => new Monitor("x", { minDelta: -1 })).toThrow(ArgumentError);
  });
});

describe("EarlyStopping", () => {
  test("ends the run after its patience and gives back the weights of the best epoch", async () => {
    const weights = new Weights();
    // Rates that spoil what was learned, from the fourth epoch on.
    const spoil = new LearningRateScheduler((step) => (step < 18 ? 0.02 : 1000));
    const stopping = new EarlyStopping({ patience: 2 });
    const { model, trainer, train, validation } = setting({ callbacks: [spoil, weights, stopping] });
    const history = await trainer.fit(train, { epochs: 20, validation });
    expect(stopping.best?.epoch).toBe(3);
    expect(history.epochs).toHaveLength(5);
    expect(history.stopped).toBe("no improvement for 2 epochs; the best epoch was 3");
    expect(fingerprint(model)).toBe(weights.epochs[2]);
    expect(weights.epochs[4]).not.toBe(weights.epochs[2]);
  });

  test("gives them back also at the last epoch; not if it is not to", async () => {
    for (const restoreBest of [true, false]) {
      const weights = new Weights();
      const spoil = new LearningRateScheduler((step) => (step < 12 ? 0.02 : 1000));
      const callbacks = [spoil, weights, new EarlyStopping({ patience: 9, restoreBest })];
      const { model, trainer, train, validation } = setting({ callbacks });
      await trainer.fit(train, { epochs: 3, validation });
      expect(fingerprint(model)).toBe(weights.epochs[restoreBest ? 1 : 2]);
    }
  });
});

describe("LearningRateScheduler", () => {
  test("sets the rate before each step, by the steps taken so far", async () => {
    const rates: number[] = [];
    const look: Callback = { onStepEnd: ({ optimizer }) => void rates.push(optimizer.lr) };
    const { trainer, train } = setting({ callbacks: [new LearningRateScheduler((step) => 0.1 / (step + 1)), look] });
    const history = await trainer.fit(train, { epochs: 1 });
    expect(rates).toEqual([0, 1, 2, 3, 4, 5].map((step) => 0.1 / (step + 1)));
    expect(history.values("lr")).toEqual([0.1 / 6]);
  });

  test("or after each epoch, by a number of it", async () => {
    const plateau = new ReduceLROnPlateau(0.4, { patience: 0, threshold: 100, thresholdMode: "abs", factor: 0.5 });
    const { trainer, train } = setting({ callbacks: [new LearningRateScheduler(plateau, { monitor: "loss" })] });
    expect((await trainer.fit(train, { epochs: 4 })).values("lr")).toEqual([0.4, 0.4, 0.2, 0.1]);
  });

  test("refuses a schedule that gives no rate", async () => {
    const { trainer, train } = setting({ callbacks: [new LearningRateScheduler(() => Number.NaN)] });
    await expect(trainer.fit(train, { epochs: 1 })).rejects.toThrow(
      "the learning rate of step 0 must be a finite non-negative number, got NaN",
    );
  });
});

/** A loss that is NaN from some batch on. */
const failing = (after: number, loss: (output: Tensor, target: Tensor) => Tensor, value = Number.NaN) => {
  let batches = 0;
  return (output: Tensor, target: Tensor): Tensor =>
    batches++ < after ? loss(output, target) : loss(output, target).mul(value);
};

describe("NaNGuard", () => {
  test.each([Number.NaN, Number.POSITIVE_INFINITY])(
    "a loss of %d: a typed error, weights and disk as they were",
    async (value) => {
      await withFolder(async (folder) => {
        const { crossEntropy } = await import("../../src/index.js");
        const files = async () =>
          await Promise.all(
            (await readdir(folder))
              .sort()
              .map(async (name) => [name, (await readFile(join(folder, name))).toString("hex")]),
          );
        let [weights, before]: [string, unknown] = ["", null];
        const look: Callback = {
          async onStepEnd({ model, step }) {
            if (step !== 8) return;
            weights = fingerprint(model);
            before = await files();
          },
        };
        const { model, trainer, train } = setting({
          loss: failing(8, crossEntropy, value),
          callbacks: [look, new CSVLogger(join(folder, "log.csv")), new NaNGuard(), new ModelCheckpoint(folder)],
        });
        const attempt = trainer.fit(train, { epochs: 5 });
        await expect(attempt).rejects.toThrow(NonFiniteError);
        await expect(attempt).rejects.toThrow(`the loss is ${value} at step 9 of epoch 2 with learning rate 0.02`);
        expect(fingerprint(model)).toBe(weights);
        expect(await files()).toEqual(before);
        expect(await readdir(folder)).toEqual(["best.safetensors", "last.safetensors", "log.csv"]);
      });
    },
  );

  test("a gradient that is not finite where the loss is", async () => {
    // sqrt has an infinite slope at 0.
    const loss = (output: Tensor): Tensor => output.mul(0).sqrt().sum();
    const guarded = setting({ loss, callbacks: [new NaNGuard({ gradients: true })] });
    await expect(guarded.trainer.fit(guarded.train, { epochs: 1 })).rejects.toThrow(
      /NaNGuard: a gradient is (NaN|Infinity)/,
    );
    const lossOnly = setting({ loss, callbacks: [new NaNGuard()] });
    await expect(lossOnly.trainer.fit(lossOnly.train, { epochs: 1 })).rejects.toThrow("the loss is NaN at step 2");
  });
});

describe("files", () => {
  test("CSVLogger writes a table that readCsv reads, HistoryChart a chart", async () => {
    await withFolder(async (folder) => {
      const paths = [join(folder, "log.csv"), join(folder, "curves.svg")];
      const { trainer, train, validation } = setting({
        callbacks: [new CSVLogger(paths[0]), new HistoryChart(paths[1])],
      });
      const { epochs } = await trainer.fit(train, { epochs: 3, validation });
      const table = await readCsv(paths[0]);
      expect(table.names).toEqual(["epoch", "step", "loss", "accuracy", "valLoss", "valAccuracy", "lr"]);
      expect(table.integers("step")).toEqual(Int32Array.of(6, 12, 18));
      expect(table.text("valLoss").map(Number)).toEqual(epochs.map(({ logs }) => logs.valLoss));
      expect(await readFile(paths[1], "utf8")).toContain("valAccuracy");
    });
  });

  test("ModelCheckpoint says at the start that it cannot write, and keeps best and last", async () => {
    await withFolder(async (folder) => {
      const { trainer, train } = setting({ callbacks: [new ModelCheckpoint("/proc/none/here")] });
      await expect(trainer.fit(train, { epochs: 1 })).rejects.toThrow(FileError);
      expect(() => new ModelCheckpoint(folder, { everySteps: 0.5 })).toThrow("everySteps must be a positive integer");
      const without = setting({
        callbacks: [new ModelCheckpoint(join(folder, "a", "b"), { best: false, everyEpochs: 2 })],
      });
      await without.trainer.fit(without.train, { epochs: 3 });
      expect(await readdir(join(folder, "a", "b"))).toEqual(["last.safetensors"]);
    });
  });
});

describe("ProgressBar", () => {
  class Stream {
    text = "";
    columns = 100;
    constructor(readonly isTTY: boolean) {}
    write(text: string): boolean {
      this.text += text;
      return true;
    }
  }
  const show = async (isTTY: boolean): Promise<string> => {
    const stream = new Stream(isTTY) as unknown as NodeJS.WriteStream & Stream;
    const { trainer, train } = setting({ callbacks: [new ProgressBar(stream)] });
    await trainer.fit(train, { epochs: 2 });
    return stream.text;
  };

  test("draws a bar on a terminal", async () => {
    const text = await show(true);
    expect(text).toMatch(/epoch 1\/2 .*16%.*loss \d\.\d{4}.*100%/);
    expect(text).toMatch(/epoch 2\/2: loss/);
  });

  test("writes a line per epoch if there is no terminal", async () => {
    expect(await show(false)).toMatch(/^epoch 1\/2: loss [\d.]+, accuracy [\d.]+, lr 0.02, \d+ s\nepoch 2\/2: .*\n$/);
  });
});

test("a batch of other fields is learned from by saying what the model gets", async () => {
  const { model, trainer } = setting();
  expect(trainer).toBeDefined();
  const { Trainer, SGD, mse, tensor } = await import("../../src/index.js");
  const other = new Trainer<TrainingBatch>({
    model,
    optimizer: new SGD(model.parameters(), { lr: 0.1 }),
    loss: mse,
    forward: ({ a, b }) => model.forward(a.add(b)),
    target: ({ c }) => c,
  });
  const batch = { a: tensor([[1, 2]]), b: tensor([[0, 1]]), c: tensor([[1, 0, 0]]) };
  const history = await other.fit(
    Array.from({ length: 30 }, () => batch),
    { epochs: 3 },
  );
  expect(history.values("loss")[2]).toBeLessThan(history.values("loss")[0]);
});
