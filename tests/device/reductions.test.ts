import { describe, expect, test } from "vitest";
import { type Tensor, tensor, tidy } from "../../src/index.js";
import { onEachGrid } from "../support/device.js";
import { expectNear, numbers, random, reference } from "../support/near.js";
import { expectProduct, randomValues } from "../support/products.js";

const floats = ["float32", "float64", "bfloat16", "float16"] as const;

/** Shapes and axes: limits of vectors (2 to 16), warps (32), blocks (256), tiles and stages, in each position. */
const rows = [1, 2, 3, 5, 8, 9, 16, 17, 31, 33, 64, 65, 127, 129, 257, 1021, 4097].map(
  (n) => ({ shape: [n > 1000 ? 3 : 37, n], axes: [1] }) as const,
);
const columns = [1, 2, 7, 9, 33, 65, 255, 2051].flatMap((n) =>
  [1, 3, 8, 9, 33, 130].filter((c) => n * c < 30_000).map((c) => ({ shape: [n, c], axes: [0] }) as const),
);
const mixed = [
  { shape: [3, 5, 7], axes: [0, 2] },
  { shape: [6, 4, 16], axes: [0, 2] },
  { shape: [3, 5, 7], axes: [1] },
  { shape: [2, 3, 4, 5, 6], axes: [0, 2, 4] },
  { shape: [2, 3, 4, 5, 6], axes: [1, 3] },
  { shape: [2, 3, 1, 5, 1], axes: [2] },
  { shape: [1], axes: [0] },
  { shape: [4095], axes: [0] },
  { shape: [4097], axes: [0] },
  // so many terms that they are split, and merged in a second stage
  { shape: [70_001], axes: [0] },
  { shape: [1500, 40], axes: [0] },
  { shape: [3000, 9], axes: [0] },
  { shape: [0, 3], axes: [0] },
  { shape: [3, 0], axes: [0] },
  { shape: [0], axes: [0] },
] as const;
const cases: readonly { shape: readonly number[]; axes: readonly number[] }[] = [...rows, ...columns, ...mixed];

const termsOf = ({ shape, axes }: (typeof cases)[number]): number => axes.reduce((n, axis) => n * shape[axis], 1);

describe("sums", () => {
  test.each([...floats, "int32"] as const)("of %s, over rows, columns and mixed axes, of every length", (dtype) => {
    for (const { shape, axes } of cases)
      tidy(() => {
        const what = `${dtype} [${shape}] over ${axes}`;
        const x = random(1, shape, dtype);
        const exact = reference(x);
        const [sum, magnitude] = [exact.sum(axes), exact.abs().sum(axes)].map(numbers);
        onEachGrid(() => {
          const y = numbers(x.sum(axes));
          expectProduct(what, y, sum, magnitude, termsOf({ shape, axes }), dtype);
          expect(numbers(x.sum(axes)), `${what}, again`).toEqual(y);
        });
      });
  });

  test("of integers wrap around", () => {
    tidy(() => {
      const x = tensor([2 ** 31 - 1, 5, -7, 2 ** 30], { dtype: "int32" });
      expect(x.sum().item()).toBe((2 ** 31 - 1 + 5 - 7 + 2 ** 30) | 0);
      expect(x.prod().item()).toBe([5, -7, 2 ** 30].reduce(Math.imul, 2 ** 31 - 1));
    });
  });
});

describe("the other reductions, against the CPU in float64", () => {
  test.each(floats)("of %s", (dtype) => {
    for (const one of cases.filter((_, i) => i % 3 === 0 || dtype === "float32"))
      tidy(() => {
        const { shape, axes } = one;
        const what = `${dtype} [${shape}] over ${axes}`;
        const n = termsOf(one);
        const x = random(2, shape, dtype);
        const exact = reference(x);
        const ulps = 8 + Math.sqrt(n);
        const reductions = (x: Tensor): Record<string, Tensor> => ({
          mean: x.mean(axes),
          variance: x.variance(axes),
          std: x.std(axes, { correction: 0 }),
          logsumexp: x.logsumexp(axes),
          norm: x.norm(axes),
          "3-norm": x.norm(axes, { p: 3 }),
          ...(n <= 9 ? { prod: x.prod(axes) } : {}),
        });
        const expected = reductions(exact);
        onEachGrid(() => {
          for (const [name, y] of Object.entries(reductions(x)))
            expectNear(`${name} of ${what}`, y, expected[name], ulps);
        });
      });
  });

  test("a variance does not cancel where the mean is far from 0", () => {
    tidy(() => {
      const x = tensor(
        Float64Array.from(randomValues(3, 5000, "float64"), (u) => 4096 + u),
        { dtype: "float32" },
      );
      expectNear("variance", x.variance(), reference(x).variance(), 64);
    });
  });
});

describe("extremes and truths are exact", () => {
  test.each([...floats, "int32", "uint8", "bool"] as const)("of %s", (dtype) => {
    for (const one of cases.filter((one, i) => termsOf(one) > 0 && (i % 2 === 0 || dtype === "float32")))
      tidy(() => {
        const { shape, axes } = one;
        const what = `${dtype} [${shape}] over ${axes}`;
        // Few values, so that there are ties.
        const size = shape.reduce((a, b) => a * b, 1);
        const few = Float64Array.from(randomValues(4, size, "float64"), (u) =>
          Math.floor(u * 4 + (dtype === "uint8" ? 4 : 0)),
        );
        const x = tensor(few, { dtype: dtype === "bool" ? "float32" : dtype, shape }).cast(dtype);
        const exact = tensor(x.dataSync(), { device: "cpu", shape, dtype });
        for (const name of ["max", "min", "any", "all"] as const)
          expect(numbers(x[name](axes)), `${name} of ${what}`).toEqual(numbers(exact[name](axes)));
        if (axes.length === 1)
          for (const name of ["argmax", "argmin"] as const)
            expect(numbers(x[name](axes[0])), `${name} of ${what}`).toEqual(numbers(exact[name](axes[0])));
      });
  });

  test("a NaN is the extreme, the first of them its place; -0 is false", () => {
    tidy(() => {
      for (const dtype of floats)
        for (const [n, at] of [
          [5, 2],
          [300, 299],
          [5000, 1234],
        ]) {
          const values = Float64Array.from({ length: n }, (_, i) => (i === at || i === n - 1 ? Number.NaN : i % 7));
          const x = tensor(values, { dtype });
          for (const y of [x, x.reshape([n, 1]).expand([n, 3])]) {
            expect([...y.max(0).dataSync()].every(Number.isNaN), dtype).toBe(true);
            expect([...y.min(0).dataSync()].every(Number.isNaN), dtype).toBe(true);
            expect(new Set(y.argmax(0).dataSync()), dtype).toEqual(new Set([at]));
            expect(new Set(y.argmin(0).dataSync()), dtype).toEqual(new Set([at]));
          }
          expect(tensor([-0, 0, -0], { dtype }).any().item()).toBe(0);
        }
    });
  });
});
