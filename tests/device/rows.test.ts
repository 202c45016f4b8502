import { describe, expect, test } from "vitest";
import {
  ArgumentError,
  adaptiveAvgPool2d,
  avgPool2d,
  crossEntropy,
  grad,
  layerNorm,
  maxPool2d,
  rmsNorm,
  type Tensor,
  tensor,
  tidy,
} from "../../src/index.js";
import { expectNear, numbers, random, reference } from "../support/near.js";
import { roundoff } from "../support/samples.js";

const floats = ["float32", "float64", "bfloat16", "float16"] as const;

// One thread a row, parts of a warp, a block; what registers hold, what shared memory holds, and what neither does.
const rowSizes = [1, 2, 10, 16, 17, 33, 257, 1000, 8192, 8193];

describe("rows", () => {
  const softmaxes = (x: Tensor, dy: Tensor, axis: number): Tensor[] => [
    x.softmax(axis),
    x.logSoftmax(axis),
    grad((x: Tensor) => x.softmax(axis).mul(dy).sum())(x),
    grad((x: Tensor) => x.logSoftmax(axis).mul(dy).sum())(x),
  ];
  test.each(floats)("softmax and logSoftmax of %s, with gradients", (dtype) => {
    for (const n of rowSizes)
      for (const inner of n > 40 ? [1] : [1, 3, 40])
        tidy(() => {
          const shape = [n > 40 ? 2 : 5, n, inner];
          const [x, dy] = [random(5, shape, dtype), random(6, shape, dtype)];
          const actual = softmaxes(x, dy, 1);
          softmaxes(reference(x), reference(dy), 1).forEach((expected, i) => {
            // The gradient reads an output that was rounded.
            const rounding = i > 1 ? (8 * roundoff[dtype]) / roundoff.float32 : 0;
            expectNear(
              `${i} of ${dtype} [${shape}]`,
              actual[i],
              expected,
              16 + Math.sqrt(n) + rounding,
              i === 0 ? 1e-3 : 4,
            );
          });
          const again = softmaxes(x, dy, 1);
          expect(again.map(numbers)).toEqual(actual.map(numbers));
        });
  });

  const normalized = (x: Tensor, weight: Tensor, bias: Tensor, dy: Tensor): Tensor[] => {
    const n = x.shape[1];
    const [dx, dweight, dbias] = [0, 1, 2].map((k) =>
      grad((t: Tensor) => {
        const [a, b, c] = [x, weight, bias].map((own, i) => (i === k ? t : own));
        return layerNorm(a, n, { weight: b, bias: c }).mul(dy).sum();
      })([x, weight, bias][k]),
    );
    const [rx, rweight] = [0, 1].map((k) =>
      grad((t: Tensor) =>
        rmsNorm(k === 0 ? t : x, n, { weight: k === 1 ? t : weight })
          .mul(dy)
          .sum(),
      )(k === 0 ? x : weight),
    );
    return [layerNorm(x, n, { weight, bias }), rmsNorm(x, n, { weight, eps: 1e-6 }), dx, dweight, dbias, rx, rweight];
  };
  test.each(floats)("layerNorm and rmsNorm of %s, with gradients", (dtype) => {
    for (const n of [2, 10, 17, 257, 1000, 8200])
      tidy(() => {
        const shape = [n > 600 ? 3 : n === 10 ? 1200 : 37, n];
        const [x, dy] = [random(7, shape, dtype), random(8, shape, dtype)];
        const [weight, bias] = [random(9, [n], dtype), random(10, [n], dtype)];
        const actual = normalized(x, weight, bias, dy);
        const [a, b, c, d] = [x, weight, bias, dy].map(reference);
        normalized(a, b, c, d).forEach((expected, i) => {
          expectNear(`${i} of ${dtype} [${shape}]`, actual[i], expected, 64 + 4 * Math.sqrt(n), n === 2 ? 64 : 8);
        });
      });
  });

  const lossAndGradient = (x: Tensor, target: Tensor, weight: Tensor | null, labelSmoothing: number): Tensor[] => {
    const loss = (x: Tensor): Tensor =>
      crossEntropy(x, target, { weight, labelSmoothing, ignoreIndex: 0, reduction: "sum" });
    return [loss(x), grad(loss)(x)];
  };
  test.each(floats)("crossEntropy of %s, with labels, weights and smoothing", (dtype) => {
    for (const n of [2, 10, 17, 1000, 8193])
      for (const inner of n > 20 ? [1] : [1, 6])
        for (const smoothing of [0, 0.25])
          tidy(() => {
            const shape = inner === 1 ? [4, n] : [4, n, inner];
            const x = random(11, shape, dtype).mul(4);
            const labels = Int32Array.from({ length: 4 * inner }, (_, i) => (i * 7919) % n);
            const target = tensor(labels, { shape: inner === 1 ? [4] : [4, inner] });
            const weight = smoothing > 0 ? random(12, [n], "float32").abs() : null;
            const actual = lossAndGradient(x, target, weight, smoothing);
            const exactTarget = tensor(labels, { shape: target.shape, device: "cpu" });
            const expected = lossAndGradient(reference(x), exactTarget, weight && reference(weight), smoothing);
            expectNear(`loss of ${dtype} [${shape}]`, actual[0], expected[0], 64 + Math.sqrt(n), 16);
            expectNear(`gradient of ${dtype} [${shape}]`, actual[1], expected[1], 64 + Math.sqrt(n), 1);
          });
  });

  test("a label that is out of range throws when the loss is read, and the device works on", () => {
    tidy(() => {
      const x = random(13, [3, 5], "float32");
      const bad = (): unknown => crossEntropy(x, tensor([0, 5, 1], { dtype: "int32" })).item();
      expect(bad).toThrow(ArgumentError);
      expect(bad).toThrow(/label 5 is out of range for 5 classes/);
      expect(Number.isFinite(crossEntropy(x, tensor([0, 4, 1], { dtype: "int32" })).item())).toBe(true);
    });
  });
});

describe("pooling", () => {
  const pools = [
    (x: Tensor) => maxPool2d(x, 2),
    (x: Tensor) => maxPool2d(x, 3, { stride: 1, padding: 1 }),
    (x: Tensor) => maxPool2d(x, [3, 2], { stride: [2, 3], dilation: [2, 1], padding: 1, ceilMode: true }),
    (x: Tensor) => avgPool2d(x, 2),
    (x: Tensor) => avgPool2d(x, 3, { stride: 2, padding: 1, ceilMode: true }),
    (x: Tensor) => avgPool2d(x, [2, 3], { stride: 1, padding: [1, 0], countIncludePad: false }),
    (x: Tensor) => adaptiveAvgPool2d(x, 1),
    (x: Tensor) => adaptiveAvgPool2d(x, [3, 5]),
  ];
  test.each(floats)("of %s, with gradients, over images that no window divides", (dtype) => {
    for (const shape of [
      [2, 3, 9, 11],
      [1, 1, 17, 33],
      [3, 2, 5, 7],
    ])
      pools.forEach((pool, i) => {
        tidy(() => {
          const x = random(14, shape, dtype);
          const exact = reference(x);
          expectNear(`pool ${i} of ${dtype} [${shape}]`, pool(x), pool(exact), 32);
          const dy = random(15, pool(x).shape, dtype);
          const [slope, exactSlope] = [dy, reference(dy)].map((dy) => grad((x: Tensor) => pool(x).mul(dy).sum()));
          expectNear(`gradient of pool ${i} of ${dtype} [${shape}]`, slope(x), exactSlope(exact), 32);
        });
      });
  });
});
