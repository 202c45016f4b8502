import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  Adam,
  AdamW,
  assign,
  DisposedError,
  FormatError,
  loadCheckpoint,
  memory,
  type Optimizer,
  optimizerPart,
  RMSprop,
  type SavedState,
  SGD,
  saveCheckpoint,
  type Tensor,
  tensor,
  tidy,
} from "../../src/index.js";
import { withFolder } from "../support/disk.js";
import { grouped, type Make, parameter, shapes, steps, takeStep, variants } from "./runs.js";

/** Steps of a run, with a rate that changes. */
function train(optimizer: Optimizer, from: number, to: number): void {
  for (let step = from; step < to; step++) {
    if (step % 4 === 3) optimizer.lr *= 0.75;
    takeStep(optimizer, step, "float32", true);
  }
}

const parameters = (): Tensor[] => shapes.map((_, k) => parameter(k, "float32"));
const bits = (optimizer: Optimizer): string[] =>
  optimizer.parameters.map((p) => Buffer.from(p.dataSync().buffer).toString("hex"));

describe.each(Object.entries<Make>({ ...variants, ...grouped }))("the state of %s", (_, make) => {
  // Parameter 1 has had no step after the first two; later it is behind the others.
  test.each([0, 1, 2, 9])("after %i steps goes on in another optimizer, bit for bit", (at) => {
    tidy(() => {
      const whole = make(parameters());
      train(whole, 0, steps);
      const first = make(parameters());
      train(first, 0, at);
      // One that has not begun, one that has been elsewhere, and itself.
      const [fresh, used] = [make(parameters()), make(parameters())];
      train(used, 3, 13);
      for (const optimizer of [fresh, used, first]) {
        optimizer.parameters.forEach((p, k) => void assign(p, first.parameters[k]));
        optimizer.loadStateDict(first.stateDict());
      }
      for (const optimizer of [fresh, used, first]) {
        train(optimizer, at, steps);
        expect(bits(optimizer)).toEqual(bits(whole));
        expect(optimizer.groups.map(({ lr }) => lr)).toEqual(whole.groups.map(({ lr }) => lr));
      }
      for (const optimizer of [whole, first, fresh, used]) optimizer.dispose();
    });
  });
});

test("a state goes through a file", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "optimizer.safetensors");
    const make = grouped["AdamW groups"];
    const before = memory();
    const [whole, first] = [make(parameters()), make(parameters())];
    tidy(() => train(whole, 0, steps));
    tidy(() => train(first, 0, 9));
    await saveCheckpoint(path, { optimizer: optimizerPart(first) });
    const second = make(parameters());
    second.parameters.forEach((p, k) => void assign(p, first.parameters[k]));
    await loadCheckpoint(path, { optimizer: optimizerPart(second) });
    tidy(() => train(second, 9, steps));
    expect(bits(second)).toEqual(bits(whole));
    for (const optimizer of [whole, first, second]) {
      optimizer.dispose();
      for (const p of optimizer.parameters) p.dispose();
    }
    expect(memory().bytes).toBe(before.bytes);
  });
});

test("the tensors stay where they are, and the loaded ones are the caller's", () => {
  tidy(() => {
    const [first, second] = [new Adam(parameters()), new Adam(parameters())];
    train(first, 0, 5);
    train(second, 0, 3);
    const own = [...second.stateDict().tensors];
    const before = memory();
    second.loadStateDict(first.stateDict());
    const now = second.stateDict().tensors;
    for (const [name, tensor] of own) expect(now.get(name)).toBe(tensor);
    expect(memory().tensors).toBe(before.tensors);
    const [[name, mean]] = now;
    const values = mean.arraySync();
    first.dispose();
    expect(second.stateDict().tensors.get(name)?.arraySync()).toEqual(values);
    second.dispose();
  });
});

test("names, class, rates, options and steps", () => {
  tidy(() => {
    using optimizer = grouped["SGD groups"](parameters());
    takeStep(optimizer, 0, "float32", true);
    const { tensors, values } = optimizer.stateDict();
    expect([...tensors.keys()]).toEqual(["0.velocity"]);
    const options = { momentum: 0.9, dampening: 0, nesterov: false, weightDecay: 0 };
    expect(values).toEqual({
      type: "SGD",
      lr: 0.1,
      groups: [
        { lr: 0.1, share: 1, options, steps: [1] },
        { lr: 0.02, share: 0.02 / 0.1, options: { ...options, momentum: 0, weightDecay: 0.1 }, steps: [0, 1] },
      ],
    });
  });
});

describe("a state that does not fit is refused, and nothing changes", () => {
  const other = (make: Make) => (): SavedState => {
    const optimizer = make(parameters());
    takeStep(optimizer, 0, "float32", false);
    return optimizer.stateDict();
  };
  const changed =
    (change: (values: { groups: { steps: number[] }[] }, tensors: Map<string, Tensor>) => unknown) => () => {
      const { tensors, values } = other((p) => new Adam(p))();
      const copy = structuredClone(values) as never;
      const given = new Map(tensors);
      return { values: (change(copy, given) ?? copy) as never, tensors: given };
    };
  test.each<[string, () => SavedState]>([
    ["the optimizer is Adam, but AdamW in the state", other((p) => new AdamW(p))],
    ["the optimizer is Adam, but RMSprop in the state", other((p) => new RMSprop(p))],
    [
      "the groups have 3 parameters, but 1, 2 in the state",
      other((p) => new Adam([{ params: p.slice(0, 1) }, { params: p.slice(1) }])),
    ],
    [
      "groups[0].betas is [0.9,0.999], but [0.5,0.999] in the state; groups[0].eps is 1e-8, but 0.1 in the state".replace(
        "1e-8",
        "1e-8",
      ),
      other((p) => new Adam(p, { betas: [0.5, 0.999], eps: 0.1 })),
    ],
    ["groups[0].amsgrad is false, but true in the state", other((p) => new Adam(p, { amsgrad: true }))],
    [
      "1.mean is float32 [4], but float32 [5] in the state",
      changed((_, tensors) => void tensors.set("1.mean", tensor([1, 2, 3, 4, 5]))),
    ],
    [
      "2.variance is float32 [], but float64 [] in the state",
      changed((_, tensors) => void tensors.set("2.variance", tensor(1, { dtype: "float64" }))),
    ],
    ["the state is missing 0.mean", changed((_, tensors) => void tensors.delete("0.mean"))],
    ["the state has unexpected 7.mean", changed((_, tensors) => void tensors.set("7.mean", tensor(1)))],
    ["the state has unexpected 1.mean, 1.variance", changed(({ groups }) => void groups[0].steps.splice(1, 1, 0))],
    ["is missing learning rates, options or steps", changed(({ groups }) => void groups[0].steps.splice(1, 1, -1))],
    ["is missing learning rates, options or steps", changed(({ groups }) => void groups[0].steps.splice(1, 1, 0.5))],
    [
      "the state of Adam is missing learning rates, options or steps",
      changed(() => ({ type: "Adam", lr: -1, groups: [] })),
    ],
    ["this is not the state of an optimizer", changed(() => [])],
    ["this is not the state of an optimizer", () => ({ tensors: new Map(), values: null })],
  ])("%s", (message, state) => {
    tidy(() => {
      const given = state();
      const [optimizer, twin] = [new Adam(parameters()), new Adam(parameters())];
      train(optimizer, 0, 6);
      train(twin, 0, 6);
      expect(() => optimizer.loadStateDict(given)).toThrow(FormatError);
      expect(() => optimizer.loadStateDict(given)).toThrow(message);
      expect(() => optimizer.loadStateDict(given)).toThrow(/^Adam\.loadStateDict: /);
      train(optimizer, 6, 12);
      train(twin, 6, 12);
      expect(bits(optimizer)).toEqual(bits(twin));
    });
  });

  test("a tensor that was disposed", () => {
    tidy(() => {
      const optimizer = new SGD(parameters(), { lr: 1, momentum: 0.5 });
      takeStep(optimizer, 0, "float32", false);
      const { tensors, values } = optimizer.stateDict();
      const gone = tensor(1);
      gone.dispose();
      const state = { values, tensors: new Map([...tensors, ["2.velocity", gone]]) };
      expect(() => optimizer.loadStateDict(state)).toThrow(DisposedError);
    });
  });
});
