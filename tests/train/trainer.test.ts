import { describe, expect, test } from "vitest";
import {
  Adam,
  ArgumentError,
  BatchNorm1d,
  type Callback,
  crossEntropy,
  DataLoader,
  type LabelledBatch,
  Linear,
  manualSeed,
  memory,
  mse,
  Sequential,
  SGD,
  ShapeError,
  Tape,
  type Tensor,
  Trainer,
  tensor,
} from "../../src/index.js";
import { fingerprint, network, points, setting } from "./setting.js";

describe("fit", () => {
  test("is the loop that one would write, bit for bit", async () => {
    const { model, trainer, train } = setting();
    await trainer.fit(train, { epochs: 3 });

    manualSeed(0);
    const other = network();
    const optimizer = new Adam(other.parameters(), { lr: 0.02 });
    const loader = new DataLoader(points(45, 1), { batch: 8, shuffle: true });
    for (let epoch = 0; epoch < 3; epoch++)
      for await (const { x, y } of loader) {
        using tape = new Tape();
        const loss = crossEntropy(other.forward(x), y);
        optimizer.step(tape.gradients(loss, optimizer.parameters));
      }
    expect(fingerprint(model)).toBe(fingerprint(other));
  });

  test("learns, and gives loss and metrics of both sets for every epoch", async () => {
    const { trainer, train, validation } = setting();
    const history = await trainer.fit(train, { epochs: 30, validation });
    expect(history.epochs.map(({ epoch, step }) => [epoch, step]).slice(0, 2)).toEqual([
      [1, 6],
      [2, 12],
    ]);
    expect(history.names).toEqual(["loss", "accuracy", "valLoss", "valAccuracy", "lr"]);
    expect(history.values("loss")[0]).toBeGreaterThan(history.values("loss")[29]);
    expect(history.values("valAccuracy")[29]).toBeGreaterThan(0.95);
    expect(history.chart()).toMatch(/^<svg[\s\S]*valLoss[\s\S]*<\/svg>\s*$/);
    expect(() => history.values("f1")).toThrow('no epoch has a value "f1"; available: loss, accuracy');
    const { loss, accuracy } = await trainer.evaluate(validation);
    expect([loss, accuracy]).toEqual([history.values("valLoss")[29], history.values("valAccuracy")[29]]);
  });

  test("the loss of an epoch is the mean over samples, not over batches", async () => {
    const x = tensor([[1], [2], [4]], { dtype: "float64" });
    const y = tensor([[1], [2], [10]], { dtype: "float64" });
    const batch = (from: number, to: number): LabelledBatch => ({
      x: x.slice([[from, to]]),
      y: y.slice([[from, to]]),
    });
    const model = new Linear(1, 1, { bias: false, dtype: "float64" });
    model.loadStateDict({ weight: tensor([[1]], { dtype: "float64" }) });
    const trainer = new Trainer({ model, optimizer: new SGD(model.parameters(), { lr: 0 }), loss: mse });
    const data = [batch(0, 2), batch(2, 3)];
    const { epochs } = await trainer.fit(data, { epochs: 1 });
    expect(epochs[0].logs.loss).toBe(12); // ((0 + 0) + 36) / 3
    expect((await trainer.evaluate(data)).loss).toBe(12);
    expect((await trainer.predict(data)).arraySync()).toEqual([[1], [2], [4]]);
    expect((await trainer.predict([{ x }])).arraySync()).toEqual([[1], [2], [4]]); // no targets are needed
  });

  test("gradients of several batches make one step: their mean", async () => {
    const steps = async (accumulate: number, batch: number): Promise<number[]> => {
      manualSeed(3);
      const model = new Linear(2, 3, { dtype: "float64" });
      const trainer = new Trainer({
        model,
        optimizer: new SGD(model.parameters(), { lr: 0.5, momentum: 0.9 }),
        loss: crossEntropy,
        accumulate,
      });
      const data = new DataLoader(points(48, 1), { batch, dtypes: { x: "float64" } });
      const history = await trainer.fit(data, { epochs: 3 });
      return [...model.weight.dataSync(), history.epochs[2].step];
    };
    const [whole, parts, uneven] = [await steps(1, 24), await steps(3, 8), await steps(4, 8)];
    parts.forEach((value, i) => void expect(value).toBeCloseTo(whole[i], 12));
    expect(uneven.at(-1)).toBe(6); // 6 batches: 4 and a rest of 2, three times
  });

  test("gradients are bounded before the step", async () => {
    const norms: number[] = [];
    const watch: Callback = {
      onGradients(_, { gradients }) {
        norms.push(Math.hypot(...gradients.flatMap((g) => [...((g as Tensor).dataSync() as Float32Array)])));
      },
    };
    const { trainer, train } = setting({ callbacks: [watch], clip: { norm: 0.1 } });
    await trainer.fit(train, { epochs: 1 });
    for (const norm of norms) expect(norm).toBeLessThan(0.1001);
    const values: number[] = [];
    const look: Callback = {
      onGradients(_, { gradients }) {
        values.push(...gradients.flatMap((g) => [...((g as Tensor).dataSync() as Float32Array)]));
      },
    };
    const other = setting({ callbacks: [look], clip: { value: 0.01 } });
    await other.trainer.fit(other.train, { epochs: 1 });
    expect(Math.max(...values.map(Math.abs))).toBeCloseTo(0.01, 8);
  });

  test("frozen parameters stay as they are", async () => {
    const { model, trainer, train } = setting();
    const [frozen] = model.parameters();
    frozen.requiresGrad = false;
    const before = frozen.dataSync();
    await trainer.fit(train, { epochs: 1 });
    expect(frozen.dataSync()).toEqual(before);
  });

  test("holds memory flat and leaves nothing behind", async () => {
    const before = memory().tensors;
    const live: number[] = [];
    const look: Callback = { onStepEnd: () => void live.push(memory().bytes) };
    {
      const { model, optimizer, trainer, train, validation } = setting({
        callbacks: [look],
        accumulate: 2,
        clip: { norm: 1 },
      });
      await trainer.fit(train, { epochs: 3, validation });
      const predicted = await trainer.predict(validation);
      expect(predicted.shape).toEqual([21, 3]);
      predicted.dispose();
      optimizer.dispose();
      model.dispose();
    }
    expect(new Set(live.slice(1)).size).toBeLessThanOrEqual(2); // full batches, and the smaller last one
    expect(memory().tensors).toBe(before);
  });

  test("calls callbacks in order, each hook at its time", async () => {
    const seen: string[] = [];
    const hook = (name: string) => () => void seen.push(name);
    const callback: Callback = {
      onFitStart: hook("fit start"),
      onEpochStart: hook("epoch start"),
      onStepStart: hook("step start"),
      onGradients: hook("gradients"),
      onStepEnd: hook("step end"),
      onEpochEnd: ({ epoch, batch, batches }) => void seen.push(`epoch ${epoch} end, ${batch}/${batches}`),
      onSavePoint: (_, { kind }) => void seen.push(`save ${kind}`),
      onFitEnd: hook("fit end"),
      onClose: hook("close"),
    };
    const { trainer, train } = setting({ callbacks: [callback] }, { batch: 23 });
    await trainer.fit(train, { epochs: 1 });
    const step = ["step start", "gradients", "step end", "save step"];
    expect(seen).toEqual([
      "fit start",
      "epoch start",
      ...step,
      ...step,
      "epoch 1 end, 2/2",
      "save epoch",
      "fit end",
      "close",
    ]);
  });

  test("ends after the step in which it is asked to", async () => {
    const controller = new AbortController();
    const callback: Callback = {
      onStepEnd: ({ step }) => {
        if (step === 8) controller.abort();
      },
    };
    const { trainer, train } = setting({ callbacks: [callback] });
    const history = await trainer.fit(train, { epochs: 5, signal: controller.signal });
    expect(history.interruption).toEqual({ epoch: 2, step: 8, saved: [] });
    expect(history.epochs).toHaveLength(1);
  });

  test("a callback can end it after an epoch, and its files are always closed", async () => {
    let closed = 0;
    const stopper: Callback = { onEpochEnd: (run) => run.stop("enough"), onClose: () => void closed++ };
    const { trainer, train } = setting({ callbacks: [stopper] });
    const history = await trainer.fit(train, { epochs: 5 });
    expect([history.epochs.length, history.stopped, closed]).toEqual([1, "enough", 1]);
    const before = memory().tensors;
    const thrower: Callback = {
      onStepEnd() {
        throw new Error("no more");
      },
    };
    const other = setting({ callbacks: [stopper, thrower] });
    await expect(other.trainer.fit(other.train, { epochs: 1 })).rejects.toThrow("no more");
    expect(closed).toBe(2);
    other.optimizer.dispose();
    other.model.dispose();
    expect(memory().tensors).toBe(before);
  });

  test("what goes wrong first is thrown, not what follows from it when files are closed", async () => {
    const failing = (at: "onStepEnd" | "onClose", message: string): Callback => ({
      [at]() {
        throw new Error(message);
      },
    });
    const { trainer, train } = setting({ callbacks: [failing("onClose", "later"), failing("onStepEnd", "first")] });
    await expect(trainer.fit(train, { epochs: 1 })).rejects.toThrow("first");
    const closing = setting({ callbacks: [failing("onClose", "later"), failing("onClose", "last")] });
    await expect(closing.trainer.fit(closing.train, { epochs: 1 })).rejects.toThrow("later");
  });

  test("evaluate and predict set every module back to the mode it had", async () => {
    const { model, optimizer, validation } = setting();
    const frozen = new BatchNorm1d(3).eval();
    const whole = new Sequential(model, frozen);
    const trainer = new Trainer({ model: whole, optimizer, loss: crossEntropy });
    const modes = () => whole.modules().map(({ training }) => training);
    const before = modes();
    expect(before.slice(-2)).toEqual([true, false]);
    await trainer.evaluate(validation);
    expect(modes()).toEqual(before);
    (await trainer.predict(validation)).dispose();
    expect(modes()).toEqual(before);
  });
});

describe("fit refuses", () => {
  const { trainer, train } = setting();
  test.each<[string, () => Promise<unknown>, new (...args: never[]) => Error, RegExp]>([
    ["no data", () => trainer.fit([], { epochs: 1 }), ArgumentError, /the data has no samples/],
    [
      "half an epoch",
      () => trainer.fit(train, { epochs: 0.5 }),
      ArgumentError,
      /epochs must be a non-negative integer, got 0.5/,
    ],
    ["to evaluate nothing", () => trainer.evaluate([]), ArgumentError, /no samples/],
    ["to predict from nothing", () => trainer.predict([]), ArgumentError, /no batches/],
    [
      "batches without x",
      () => trainer.fit([{ y: tensor([1]) } as never], { epochs: 1 }),
      ArgumentError,
      /no tensor x/,
    ],
    [
      "what the model cannot take",
      () => trainer.fit([{ x: tensor([[1, 2, 3]]), y: tensor(Int32Array.of(1)) }], { epochs: 1 }),
      ShapeError,
      /linear/,
    ],
  ])("%s", async (_, run, type, message) => {
    await expect(run()).rejects.toThrow(type);
    await expect(run()).rejects.toThrow(message);
  });

  test("a loss of several numbers, and so does evaluate, which would take the first", async () => {
    const loss = (y: Tensor, labels: Tensor) => crossEntropy(y, labels, { reduction: "none" });
    const each = setting({ loss });
    const message = /Trainer: loss must return one number, such as the mean over the batch, got \[\d\]/;
    await expect(each.trainer.evaluate(each.validation)).rejects.toThrow(ArgumentError);
    await expect(each.trainer.evaluate(each.validation)).rejects.toThrow(message);
    await expect(each.trainer.fit(each.train, { epochs: 1 })).rejects.toThrow(message);
  });

  test("options that make no sense", () => {
    expect(() => setting({ accumulate: 0 })).toThrow("accumulate must be a positive integer, got 0");
    expect(() => setting({ clip: { norm: -1 } })).toThrow("clip.norm must be greater than 0, got -1");
  });

  test("labels out of range, with nothing changed", async () => {
    const before = setting();
    const weights = fingerprint(before.model);
    const batch = { x: tensor([[1, 2]]), y: tensor(Int32Array.of(3)) };
    await expect(before.trainer.fit([batch], { epochs: 1 })).rejects.toThrow(/label/);
    expect(fingerprint(before.model)).toBe(weights);
  });

  test("to train twice at once", async () => {
    const both = setting();
    const first = both.trainer.fit(both.train, { epochs: 1 });
    await expect(both.trainer.fit(both.train, { epochs: 1 })).rejects.toThrow("already training");
    await first;
  });
});
