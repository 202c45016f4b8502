import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  ArgumentError,
  DTypeError,
  ExponentialMovingAverage,
  FormatError,
  memory,
  SGD,
  type Tensor,
  tensor,
  tidy,
} from "../../src/index.js";
import { parameter, shapes, steps, takeStep } from "./runs.js";

const goldens = JSON.parse(readFileSync(new URL("../goldens/optim.json", import.meta.url), "utf8"));
const leaf = (values: number[]): Tensor => tensor(values, { requiresGrad: true });

describe.each([0.5, 0.999])("a decay of %f", (decay) => {
  test.each([
    ["float64", 1e-12],
    ["float32", 1e-5],
  ] as const)("20 steps as PyTorch's, in %s", (dtype, tolerance) => {
    tidy(() => {
      const parameters = shapes.map((_, k) => parameter(k, dtype));
      using average = new ExponentialMovingAverage(parameters, { decay });
      using optimizer = new SGD(parameters, { lr: 0.1 });
      for (let step = 0; step < steps; step++) {
        takeStep(optimizer, step, dtype, false);
        average.update();
      }
      average.swapIn();
      const expected: number[][] = goldens[`ExponentialMovingAverage ${decay}`];
      parameters.forEach((p, k) => {
        const scale = Math.max(...expected[k].map(Math.abs));
        p.dataSync().forEach((value, i) => {
          expect(Math.abs(value - expected[k][i])).toBeLessThanOrEqual(tolerance * scale);
        });
      });
    });
  });
});

describe("swapping", () => {
  test("in and out gives the weights back, bit for bit, also in 16 bits", () => {
    tidy(() => {
      const p = tensor([1, -0, 3], { dtype: "bfloat16", requiresGrad: true });
      const average = new ExponentialMovingAverage([p], { decay: 0.5 });
      average.update();
      new SGD([p], { lr: 1 }).step([tensor([0.5, 0, 0.015625], { dtype: "bfloat16" })]);
      average.update();
      const before = p.dataSync().slice();
      const held = memory().bytes;
      average.swapIn();
      expect(p.arraySync()).toEqual([0.75, -0, 3]); // 2.9921875 is between two numbers of bfloat16
      average.swapOut();
      expect(p.dataSync()).toEqual(before);
      expect(memory().bytes).toBe(held);
      expect(average.stateDict().tensors.get("0")?.arraySync()).toEqual([0.75, -0, 2.9921875]);
      average.dispose();
    });
  });

  test("before the first update gives the weights of the beginning", () => {
    tidy(() => {
      const p = leaf([1]);
      using average = new ExponentialMovingAverage([p]);
      new SGD([p], { lr: 1 }).step([tensor([3])]);
      average.swapIn();
      expect(p.item()).toBe(1);
      average.swapOut();
      expect(p.item()).toBe(-2);
    });
  });

  test("is refused where it makes no sense", () => {
    tidy(() => {
      using average = new ExponentialMovingAverage([leaf([1])]);
      expect(() => average.swapOut()).toThrow(ArgumentError);
      const state = average.stateDict();
      average.swapIn();
      for (const f of [() => average.swapIn(), () => average.update(), () => average.loadStateDict(state)]) {
        expect(f).toThrow(ArgumentError);
        expect(f).toThrow(/ExponentialMovingAverage\.\w+: the averages are swapped in; call swapOut first/);
      }
    });
  });
});

describe("the state", () => {
  test("goes on in another one", () => {
    tidy(() => {
      const p = leaf([1]);
      using first = new ExponentialMovingAverage([p], { decay: 0.5 });
      first.update();
      using second = new ExponentialMovingAverage([leaf([8])], { decay: 0.5 });
      second.loadStateDict(first.stateDict());
      second.update(); // not the first one, which would take the weight as it is
      expect(second.stateDict().tensors.get("0")?.arraySync()).toEqual([4.5]);
      expect(first.stateDict().tensors.get("0")?.arraySync()).toEqual([1]);
      expect(second.stateDict().values).toEqual({ type: "ExponentialMovingAverage", decay: 0.5, updates: 2 });
    });
  });

  test("of another one is refused, and nothing changes", () => {
    tidy(() => {
      using average = new ExponentialMovingAverage([leaf([1])]);
      using others = new ExponentialMovingAverage([leaf([1, 2]), leaf([2])], { decay: 0.5 });
      const attempt = () => average.loadStateDict(others.stateDict());
      expect(attempt).toThrow(FormatError);
      expect(attempt).toThrow(
        "decay is 0.999, but 0.5 in the state; the state has unexpected 1; 0 is float32 [1], but float32 [2] in the state",
      );
      expect(() => average.loadStateDict(new SGD([leaf([1])], { lr: 1 }).stateDict())).toThrow(
        /this is not the state of an Exp/,
      );
      expect(average.stateDict().tensors.get("0")?.arraySync()).toEqual([1]);
    });
  });
});

test("arguments", () => {
  tidy(() => {
    expect(() => new ExponentialMovingAverage([leaf([1])], { decay: 1 })).toThrow(ArgumentError);
    expect(() => new ExponentialMovingAverage([])).toThrow(/there are no parameters/);
    expect(() => ((p) => new ExponentialMovingAverage([p, p]))(leaf([1]))).toThrow(/appears twice/);
    expect(() => new ExponentialMovingAverage([tensor(Int32Array.of(1))])).toThrow(DTypeError);
  });
});
