import { afterEach, describe, expect, test } from "vitest";
import {
  Adam,
  ArgumentError,
  adaptiveAvgPool2d,
  avgPool2d,
  crossEntropy,
  type DType,
  device,
  emulator,
  grad,
  layerNorm,
  maxPool2d,
  rmsNorm,
  type Tensor,
  tensor,
  tidy,
} from "../../src/index.js";
import { expectProduct, randomValues } from "../support/products.js";

// Shared memory is watched where the addon that can was loaded (WENGERT_EMULATOR_RACES=1).
afterEach(() => {
  if (device() === "emulator") expect(emulator.takeRaces()).toEqual([]);
});

const floats = ["float32", "float64", "bfloat16", "float16"] as const;

/** The same values in float64 on the CPU, whose loops sum in float64. */
const reference = (x: Tensor): Tensor => tensor(Float64Array.from(x.dataSync()), { device: "cpu" }).reshape(x.shape);

const random = (seed: number, shape: readonly number[], dtype: DType): Tensor =>
  tensor(
    randomValues(
      seed,
      shape.reduce((a, b) => a * b, 1),
      dtype,
    ),
    { dtype, shape },
  );

const numbers = (x: Tensor): Float64Array => Float64Array.from(x.dataSync());

/** The unit roundoff of a dtype; float32 is what 16-bit floats are computed in. */
const roundoff = { float16: 2 ** -11, bfloat16: 2 ** -8, float32: 2 ** -24, float64: 2 ** -53 };

/** Each element within a few roundoffs, of its own size or of `scale`; NaN and infinities in the same places. */
function expectNear(what: string, actual: Tensor, expected: Tensor, ulps: number, scale = 1): void {
  expect(actual.shape, what).toEqual(expected.shape);
  const [a, e] = [actual.dataSync(), expected.dataSync()];
  const { [actual.dtype as keyof typeof roundoff]: eps } = roundoff;
  for (let i = 0; i < e.length; i++) {
    if (Object.is(a[i], e[i]) || a[i] === e[i]) continue;
    const bound =
      1.01 * eps * Math.abs(e[i]) +
      ulps * (actual.dtype === "float64" ? 4 * eps : roundoff.float32) * Math.max(Math.abs(e[i]), scale);
    if (!(Math.abs(a[i] - e[i]) <= bound + (actual.dtype === "float16" ? 2 ** -25 : 0)))
      throw new Error(`${what}: element ${i} is ${a[i]}, not ${e[i]}; allowed ${bound}`);
  }
}

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
        const y = numbers(x.sum(axes));
        const exact = reference(x);
        expectProduct(
          what,
          y,
          numbers(exact.sum(axes)),
          numbers(exact.abs().sum(axes)),
          termsOf({ shape, axes }),
          dtype,
        );
        expect(numbers(x.sum(axes)), `${what}, again`).toEqual(y);
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
        expectNear(`mean of ${what}`, x.mean(axes), exact.mean(axes), ulps);
        expectNear(`variance of ${what}`, x.variance(axes), exact.variance(axes), ulps);
        expectNear(`std of ${what}`, x.std(axes, { correction: 0 }), exact.std(axes, { correction: 0 }), ulps);
        expectNear(`logsumexp of ${what}`, x.logsumexp(axes), exact.logsumexp(axes), ulps);
        expectNear(`norm of ${what}`, x.norm(axes), exact.norm(axes), ulps);
        expectNear(`3-norm of ${what}`, x.norm(axes, { p: 3 }), exact.norm(axes, { p: 3 }), ulps);
        if (n <= 9) expectNear(`prod of ${what}`, x.prod(axes), exact.prod(axes), ulps);
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

  test("a label that is no class throws when the loss is read, and the device works on", () => {
    tidy(() => {
      const x = random(13, [3, 5], "float32");
      const bad = (): unknown => crossEntropy(x, tensor([0, 5, 1], { dtype: "int32" })).item();
      expect(bad).toThrow(ArgumentError);
      expect(bad).toThrow(/label 5 is none of the 5 classes/);
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

test("threads in any order come to the same, bit for bit, without races", ({ skip }) => {
  if (process.env.WENGERT_EMULATOR_RACES !== "1") return skip("needs WENGERT_EMULATOR_RACES=1");
  const everything = (): Float64Array[] =>
    tidy(() => {
      const x = random(16, [3, 700], "float32");
      const images = random(17, [2, 2, 9, 9], "bfloat16");
      const wide = random(18, [3, 17_000], "float16");
      const parameter = tensor(randomValues(19, 9000, "float64"), { dtype: "float32", requiresGrad: true });
      using optimizer = new Adam([parameter], { lr: 0.1 });
      optimizer.step([parameter.mul(2)]);
      const target = tensor([1, 699, 5], { dtype: "int32" });
      const sums = [
        x.sum(),
        x.sum(0),
        x.sum(1),
        x.argmax(1),
        x.variance(0),
        x.variance(1),
        x.logsumexp(),
        images.sum([0, 2]),
      ];
      const onRows = [x.softmax(1), x.softmax(0), wide.softmax(1), crossEntropy(x, target, { labelSmoothing: 0.1 })];
      const slope = grad((x: Tensor) =>
        layerNorm(x, 700, { weight: x.sum(0) })
          .square()
          .sum(),
      );
      return [...sums, ...onRows, slope(x), x.cumsum(1), adaptiveAvgPool2d(images, 1), parameter].map(numbers);
    });
  const expected = everything();
  for (let seed = 0; seed < 20; seed++) {
    emulator.setOptions({ shuffle: true, seed });
    try {
      expect(everything(), `seed ${seed}`).toEqual(expected);
    } finally {
      emulator.setOptions({ shuffle: false });
    }
  }
});
