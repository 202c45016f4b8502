import { join } from "node:path";
import { expect, test, vi } from "vitest";
import {
  Adam,
  assign,
  BatchNorm1d,
  type DeviceName,
  DisposedError,
  device,
  ExponentialMovingAverage,
  Linear,
  loadCheckpoint,
  type Module,
  manualSeed,
  memory,
  modulePart,
  noGrad,
  OutOfMemoryError,
  ones,
  optimizerPart,
  Sequential,
  SGD,
  saveCheckpoint,
  Tanh,
  Tape,
  type Tensor,
  tensor,
  tidy,
} from "../../src/index.js";
import { withFolder } from "../support/disk.js";

const there = device();

const network = (on: DeviceName): Sequential => {
  manualSeed(3);
  return new Sequential(new Linear(3, 4, { device: on }), new Tanh(), new Linear(4, 2, { device: on }));
};

const values = (model: Module): number[] => [...model.stateDict().values()].flatMap((t) => [...t.dataSync()]);
const devicesOf = (tensors: Iterable<Tensor>): DeviceName[] => [...new Set([...tensors].map((t) => t.device))];

/** Some steps of training, of which the later ones are on another device where one is named. */
function train(make: (parameters: Tensor[]) => Adam | SGD, moveTo: DeviceName | null): number[] {
  return tidy(() => {
    using model = network("cpu");
    using optimizer = make(model.parameters());
    for (let step = 0; step < 5; step++) {
      if (step === 2 && moveTo) model.to(moveTo);
      if (step === 4) optimizer.lr /= 2;
      using tape = new Tape();
      const x = tensor(
        [
          [1, 2, 3],
          [4, -5, 6],
        ],
        { device: model.parameters()[0].device },
      );
      optimizer.step(tape.gradients(model.forward(x).square().mean(), optimizer.parameters));
    }
    expect(devicesOf(model.parameters())).toEqual([moveTo ?? "cpu"]);
    return values(model);
  });
}

test.each<[string, (parameters: Tensor[]) => Adam | SGD]>([
  ["Adam", (p) => new Adam(p, { lr: 0.1 })],
  ["SGD with momentum", (p) => new SGD(p, { lr: 0.1, momentum: 0.9 })],
  ["SGD", (p) => new SGD(p, { lr: 0.1 })],
])("a model that is moved in the middle of training goes on as if it had not been: %s", (_, make) => {
  const before = memory();
  const [moved, stayed] = [train(make, there), train(make, null)];
  moved.forEach((value, i) => {
    expect(Math.abs(value - stayed[i])).toBeLessThan(1e-5);
  });
  expect(memory()).toMatchObject({ bytes: before.bytes, tensors: before.tensors });
});

test("to moves parameters, gradients and buffers in place, there and back, bit for bit", () => {
  tidy(() => {
    using model = new BatchNorm1d(3, { device: "cpu" });
    const shared = Object.assign(model, { tied: model.weight, table: tensor([1, 2], { dtype: "int32" }) });
    model
      .forward(
        tensor(
          [
            [1, 2, 3],
            [3, 5, 9],
          ],
          { device: "cpu" },
        ),
      )
      .sum()
      .backward();
    const state = model.stateDict();
    const before = values(model);
    expect(model.to(there)).toBe(model);
    expect([...model.stateDict().values()]).toEqual([...state.values()]);
    expect(devicesOf(state.values())).toEqual([there]);
    expect(devicesOf(model.parameters().flatMap(({ grad }) => grad ?? []))).toEqual([there]);
    expect(shared.tied).toBe(model.weight);
    expect(values(model)).toEqual(before);
    expect(model.numBatchesTracked?.item()).toBe(1);
    expect(values(model.to("cpu"))).toEqual(before);
    expect(devicesOf(state.values())).toEqual(["cpu"]);
  });
});

test("to refuses what cannot be moved, and moves nothing", () => {
  tidy(() => {
    using model = network("cpu");
    expect(() => model.to("tpu" as never)).toThrow(/device: unknown device "tpu"/);
    (model.layers[2] as Linear).bias?.dispose();
    expect(() => model.to(there)).toThrow(DisposedError);
    expect(model.layers[0].parameters().map((p) => p.device)).toEqual(["cpu", "cpu"]);
  });
});

test("to moves everything back where one tensor has no room", () => {
  tidy(() => {
    using model = network("cpu");
    const before = values(model);
    const last = model.parameters().at(-1) as Tensor;
    vi.spyOn(last.storage, "move").mockImplementationOnce(() => {
      throw new OutOfMemoryError("no room");
    });
    expect(() => model.to(there)).toThrow(new OutOfMemoryError("no room"));
    expect(devicesOf(model.parameters())).toEqual(["cpu"]);
    expect(values(model)).toEqual(before);
  });
});

test("what was recorded before a move has no gradient", () => {
  tidy(() => {
    using model = network("cpu");
    const loss = model.forward(ones([1, 3], { device: "cpu" })).sum();
    model.to(there);
    expect(() => loss.backward()).toThrow(/or moved to another device after it was recorded/);
  });
});

test("averages of weights follow the weights", () => {
  tidy(() => {
    using model = network(there);
    using average = new ExponentialMovingAverage(model.parameters(), { decay: 0.5 });
    average.update();
    const before = values(model);
    model.to("cpu");
    for (const p of model.parameters())
      assign(
        p,
        noGrad(() => p.add(1)),
      );
    average.update();
    average.swapIn();
    values(model).forEach((value, i) => {
      expect(value).toBeCloseTo(before[i] + 0.5, 6);
    });
  });
});

test("values are copied in from any device", async () => {
  using model = network("cpu");
  using other = network(there);
  noGrad(() => tidy(() => assign((other.layers[0] as Linear).weight, ones([4, 3], { device: "cpu" }))));
  model.loadStateDict(other.stateDict());
  expect(values(model)).toEqual(values(other));
  expect(devicesOf(model.parameters())).toEqual(["cpu"]);
  // A file's tensors are made on the device in use, wherever the model is.
  await withFolder(async (folder) => {
    const path = join(folder, "model.safetensors");
    using optimizer = new Adam(model.parameters());
    optimizer.step(model.parameters().map((p) => noGrad(() => p.detach())));
    const parts = { optimizer: optimizerPart(optimizer), model: modulePart(model) };
    const saved = values(model);
    await saveCheckpoint(path, parts);
    optimizer.step(model.parameters().map((p) => noGrad(() => p.detach())));
    expect(values(model)).not.toEqual(saved);
    await loadCheckpoint(path, parts);
    expect(values(model)).toEqual(saved);
  });
});
