import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  Accuracy,
  ArgumentError,
  type Callback,
  CSVLogger,
  crossEntropy,
  EarlyStopping,
  F1Score,
  FileError,
  FormatError,
  LearningRateScheduler,
  loadSafetensors,
  ModelCheckpoint,
  memory,
  ReduceLROnPlateau,
  SGD,
  saveSafetensors,
  schedules,
  Trainer,
  type TrainerOptions,
  tensor,
} from "../../src/index.js";
import { withFolder } from "../support/disk.js";
import { fingerprint, network, setting } from "./setting.js";

const epochs = 6;

/** Everything that remembers something, so that it must be saved. */
const callbacks = (folder: string, plateau: boolean, more: readonly Callback[] = []): Callback[] => [
  new LearningRateScheduler(
    plateau ? new ReduceLROnPlateau(0.05, { patience: 0, factor: 0.5 }) : schedules.cosine(0.05, { tMax: 20 }),
    plateau ? { monitor: "valLoss" } : {},
  ),
  new EarlyStopping({ patience: 2, minDelta: 0.03 }),
  new CSVLogger(join(folder, "log.csv")),
  new ModelCheckpoint(folder, { everySteps: 5 }),
  ...more,
];

/** Trains in `folder`, at most `steps` steps; returns the values to compare. */
async function run(folder: string, steps: number, resume: boolean, options: Partial<TrainerOptions>, plateau: boolean) {
  await mkdir(folder, { recursive: true });
  const controller = new AbortController();
  const end: Callback = {
    onStepEnd: ({ step }) => {
      if (step === steps) controller.abort();
    },
  };
  // Another seed where it is resumed: the file decides everything.
  const { model, optimizer, trainer, train, validation } = setting(
    { ...options, callbacks: callbacks(folder, plateau, [end]) },
    { seed: resume ? 99 : 0 },
  );
  const history = await trainer.fit(train, {
    epochs,
    validation,
    signal: controller.signal,
    ...(resume ? { resume: join(folder, "last.safetensors") } : {}),
  });
  const log = await readFile(join(folder, "log.csv"), "utf8").catch(() => "");
  const weights = fingerprint(model);
  optimizer.dispose();
  model.dispose();
  return { weights, log, history };
}

describe("a resumed run is the run that was never interrupted, bit for bit", () => {
  test.each<[string, Partial<TrainerOptions>, boolean]>([
    ["with a rate that depends on the step", {}, false],
    ["with several batches a step", { accumulate: 4 }, false],
    ["with a rate that depends on the epochs", { clip: { norm: 0.5 } }, true],
  ])("%s", async (_, options, plateau) => {
    await withFolder(async (folder) => {
      const whole = await run(join(folder, "whole"), -1, false, options, plateau);
      const best = await readFile(join(folder, "whole", "best.safetensors"));
      const { step: last } = whole.history.epochs.at(-1) ?? { step: 0 };
      expect(last).toBeGreaterThan(5);
      // The first step, the last of an epoch and those beside it, one that was saved anyway, one later, and the last.
      for (const at of [...new Set([1, 5, 6, 7, 10, last - 1, last])].filter((step) => step <= last)) {
        const own = join(folder, String(at));
        const first = await run(own, at, false, options, plateau);
        expect(first.history.interruption).toMatchObject({ step: at, saved: [join(own, "last.safetensors")] });
        const second = await run(own, -1, true, options, plateau);
        expect([at, second.weights, second.log]).toEqual([at, whole.weights, whole.log]);
        expect(second.history.epochs).toEqual(whole.history.epochs);
        expect(second.history.stopped).toBe(whole.history.stopped);
        expect((await readFile(join(own, "best.safetensors"))).equals(best)).toBe(true);
      }
    });
  });

  test("interrupted during the validation", async () => {
    await withFolder(async (folder) => {
      const whole = await run(join(folder, "whole"), -1, false, {}, false);
      const own = join(folder, "own");
      await mkdir(own);
      const controller = new AbortController();
      const { model, trainer, train, validation } = setting({ callbacks: callbacks(own, false) });
      let batches = 0;
      const interrupting = {
        getState: () => validation.getState(),
        setState: () => {},
        async *[Symbol.asyncIterator]() {
          for await (const batch of validation) {
            if (++batches === 5) controller.abort(); // in the second epoch
            yield batch;
          }
        },
      };
      const history = await trainer.fit(train, { epochs, validation: interrupting, signal: controller.signal });
      expect([history.epochs.length, history.interruption?.step]).toEqual([1, 12]);
      model.dispose();
      const second = await run(own, -1, true, {}, false);
      expect([second.weights, second.log]).toEqual([whole.weights, whole.log]);
    });
  });

  test("callbacks that remember something are found in any order, beside new ones that do not", async () => {
    await withFolder(async (folder) => {
      const whole = await run(join(folder, "whole"), -1, false, {}, true);
      const own = join(folder, "own");
      await run(own, 8, false, {}, true);
      const { model, trainer, train, validation } = setting(
        { callbacks: [{}, ...callbacks(own, true)].reverse() },
        { seed: 99 },
      );
      const history = await trainer.fit(train, { epochs, validation, resume: join(own, "last.safetensors") });
      expect(history.epochs).toEqual(whole.history.epochs);
      expect(fingerprint(model)).toBe(whole.weights);
    });
  });

  test("a run that is over stays as it is", async () => {
    await withFolder(async (folder) => {
      const whole = await run(folder, -1, false, {}, false);
      const again = await run(folder, -1, true, {}, false);
      expect(again.weights).toBe(whole.weights);
      expect(again.history.epochs).toEqual(whole.history.epochs);
    });
  });

  test("nothing is left behind by saving and loading", async () => {
    await withFolder(async (folder) => {
      await run(folder, 5, false, {}, false);
      const before = memory().tensors;
      await run(folder, -1, true, {}, false);
      expect(memory().tensors).toBe(before);
      expect((await readdir(folder)).sort()).toEqual(["best.safetensors", "last.safetensors", "log.csv"]);
    });
  });
});

describe("a checkpoint of another run", () => {
  /** Writes one, then tries to resume something else from it: nothing may change, here or on the disk. */
  async function refused(
    message: RegExp,
    make: (folder: string) => { trainer: Trainer; model: { stateDict(): Map<string, unknown> }; train: never },
  ): Promise<void> {
    await withFolder(async (folder) => {
      await run(folder, 8, false, {}, false);
      const path = join(folder, "last.safetensors");
      const before = await readFile(path);
      const { trainer, model, train } = make(folder);
      const weights = fingerprint(model as never);
      const attempt = trainer.fit(train, { epochs, resume: path });
      await expect(attempt).rejects.toThrow(FormatError);
      await expect(attempt).rejects.toThrow(message);
      await expect(attempt).rejects.toThrow(/last\.safetensors/);
      expect(fingerprint(model as never)).toBe(weights);
      expect((await readFile(path)).equals(before)).toBe(true);
      expect((await readdir(folder)).sort()).toEqual(["best.safetensors", "last.safetensors", "log.csv"]);
    });
  }

  test("of another size", () =>
    refused(
      /nothing was changed: model: 0\.weight is float32 \[9, 2\], but float32 \[8, 2\] in the file, 0\.bias is/,
      (folder) => {
        const { model, trainer, train } = setting({ callbacks: callbacks(folder, false) }, { hidden: 9 });
        return { model, trainer, train: train as never };
      },
    ));

  test("with other callbacks", () =>
    refused(/the checkpoint has unexpected callbacks\.EarlyStopping\.0, callbacks\.ModelCheckpoint\.0/, () => {
      const { model, trainer, train } = setting();
      return { model, trainer, train: train as never };
    }));

  test("with another metric of the same name", () =>
    refused(
      /metrics\.accuracy: F1Score\.setState: the state must have the fields counts, got hits, count/,
      (folder) => {
        const metrics = { accuracy: new F1Score({ numClasses: 3 }) };
        const { model, trainer, train } = setting({ callbacks: callbacks(folder, false), metrics }, { seed: 5 });
        return { model, trainer, train: train as never };
      },
    ));

  test("with data that do not take their place", () =>
    refused(/trainer: no such place/, (folder) => {
      const { model, trainer, train } = setting({ callbacks: callbacks(folder, false) }, { seed: 5 });
      const data = {
        length: train.length,
        getState: () => 1,
        setState(place: number) {
          if (place !== 1) throw new RangeError("no such place");
        },
        [Symbol.asyncIterator]: () => train[Symbol.asyncIterator](),
      };
      return { model, trainer, train: data as never };
    }));

  test("with other batches", () =>
    refused(/trainer: an epoch has 9 batches, but 6 in the file/, (folder) => {
      const { model, trainer, train } = setting({ callbacks: callbacks(folder, false) }, { batch: 5 });
      return { model, trainer, train: train as never };
    }));

  test("with another optimizer", () =>
    refused(/nothing was changed: optimizer: the optimizer is SGD, but Adam in the state/, (folder) => {
      const { train } = setting();
      const model = network();
      const optimizer = new SGD(model.parameters(), { lr: 0.1 });
      const metrics = { accuracy: new Accuracy() };
      const trainer = new Trainer({
        model,
        optimizer,
        loss: crossEntropy,
        metrics,
        callbacks: callbacks(folder, false),
      });
      return { model, trainer, train: train as never };
    }));
});

describe("a file that is not a checkpoint", () => {
  test.each<[string, (path: string) => Promise<void>, new (...args: never[]) => Error, RegExp]>([
    ["is not there", () => Promise.resolve(), FileError, /cannot read .*ENOENT/],
    ["is text", (path) => writeFile(path, "weights"), FormatError, /not a safetensors file/],
    ["has only weights", (path) => saveSafetensors(path, { w: tensor([1]) }), FormatError, /but not a checkpoint/],
    [
      "is cut short",
      async (path) => {
        await saveSafetensors(path, { w: tensor([1, 2, 3]) });
        await writeFile(path, (await readFile(path)).subarray(0, -4));
      },
      FormatError,
      /truncated/,
    ],
  ])("%s", async (_, write, type, message) => {
    await withFolder(async (folder) => {
      const path = join(folder, "last.safetensors");
      await write(path);
      const { model, trainer, train } = setting();
      const weights = fingerprint(model);
      const attempt = trainer.fit(train, { epochs: 1, resume: path });
      await expect(attempt).rejects.toThrow(type);
      await expect(attempt).rejects.toThrow(message);
      expect(fingerprint(model)).toBe(weights);
    });
  });

  test("a run whose parts cannot be saved is refused before the first step", async () => {
    await withFolder(async (folder) => {
      const model = network();
      const checkpoint = new ModelCheckpoint(folder);
      const stateless = new Trainer({
        model,
        optimizer: new SGD(model.parameters(), { lr: 0.1 }),
        loss: crossEntropy,
        callbacks: [checkpoint],
      });
      const batch = { x: tensor([[1, 2]]), y: tensor(Int32Array.of(0)) };
      await expect(stateless.fit([batch], { epochs: 1 })).rejects.toThrow(/use a DataLoader/);
      class Forgetful {
        lr = 0.1;
        readonly parameters = model.parameters();
        step(): void {}
      }
      const forgetful = new Trainer({
        model,
        optimizer: new Forgetful(),
        loss: crossEntropy,
        callbacks: [checkpoint],
      });
      const { train } = setting();
      await expect(forgetful.fit(train, { epochs: 1 })).rejects.toThrow(ArgumentError);
      await expect(forgetful.fit(train, { epochs: 1 })).rejects.toThrow(
        /optimizer Forgetful has no stateDict or loadStateDict method/,
      );
      expect(await readdir(folder)).toEqual([]);
    });
  });
});

test("a checkpoint holds all parts in one safetensors file", async () => {
  await withFolder(async (folder) => {
    await run(folder, 8, false, {}, false);
    const { tensors, metadata } = await loadSafetensors(join(folder, "last.safetensors"));
    expect([...tensors.keys()].filter((name) => name.startsWith("model/")).sort()).toEqual(
      [...network().stateDict().keys()].map((name) => `model/${name}`).sort(),
    );
    expect(JSON.parse(metadata["wengert.parts"])).toEqual([
      ...["model", "optimizer", "trainer", "generator", "metrics.accuracy"],
      ...["callbacks.EarlyStopping.0", "callbacks.ModelCheckpoint.0"],
    ]);
    expect(JSON.parse(metadata["wengert.values.trainer"])).toMatchObject({ step: 8, batch: 2, epochsDone: 1 });
  });
});
