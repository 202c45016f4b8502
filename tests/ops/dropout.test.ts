import { describe, expect, test } from "vitest";
import {
  ArgumentError,
  bernoulli,
  checkpoint,
  defaultGenerator,
  dropout,
  Generator,
  grad,
  ones,
  rand,
  type Tensor,
  tidy,
} from "../../src/index.js";

const arrayOf = (x: Tensor): number[] => Array.from(x.dataSync());

describe("dropout", () => {
  test("drops where bernoulli of the same key is 1, and scales the rest", () => {
    tidy(() => {
      const x = rand([1001], { generator: new Generator(1) });
      const dropped = bernoulli(0.75, [1001], { generator: new Generator(2) });
      const y = dropout(x, 0.75, { generator: new Generator(2) });
      expect(arrayOf(y)).toEqual(arrayOf(dropped.logicalNot().where(x.mul(4), 0)));
    });
  });

  test("keeps the expected value", () => {
    tidy(() => {
      const n = 40_000;
      const mean = dropout(ones([n]), 0.2, { generator: new Generator(3) })
        .mean()
        .item();
      // The variance of an element is p / (1 - p).
      expect(Math.abs(mean - 1)).toBeLessThan(3 * Math.sqrt(0.25 / n));
    });
  });

  test("the gradient passes where the value does, with the same scale", () => {
    tidy(() => {
      const f = (x: Tensor): Tensor => dropout(x, 0.5, { generator: new Generator(4) });
      const x = ones([100]);
      expect(arrayOf(grad((t: Tensor) => f(t).sum())(x))).toEqual(arrayOf(f(x)));
    });
  });

  test("draws another mask each time", () => {
    tidy(() => {
      const x = ones([64]);
      const generator = new Generator(5);
      expect(arrayOf(dropout(x, 0.5, { generator }))).not.toEqual(arrayOf(dropout(x, 0.5, { generator })));
    });
  });

  test("outside training and for p = 0 it is x itself and draws nothing", () => {
    tidy(() => {
      const x = ones([3]);
      const before = defaultGenerator.getState();
      expect(dropout(x, 0.5, { training: false })).toBe(x);
      expect(dropout(x, 0)).toBe(x);
      expect(defaultGenerator.getState()).toEqual(before);
    });
  });

  test("a checkpoint drops the same elements when it runs again", () => {
    tidy(() => {
      const x = ones([64]);
      x.requiresGrad = true;
      const y = checkpoint((t: Tensor) => dropout(t, 0.5))(x);
      dropout(x, 0.5);
      y.sum().backward();
      expect(arrayOf(x.grad as Tensor)).toEqual(arrayOf(y));
    });
  });

  test.each([-0.1, 1.1, Number.NaN])("p = %d is refused, and nothing is drawn", (p) => {
    tidy(() => {
      const before = defaultGenerator.getState();
      expect(() => dropout(ones([3]), p)).toThrow(ArgumentError);
      expect(() => dropout(ones([3]), p)).toThrow(`dropout: p must be a probability between 0 and 1, got ${p}`);
      expect(defaultGenerator.getState()).toEqual(before);
    });
  });
});
