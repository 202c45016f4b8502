import { describe, expect, test } from "vitest";
import {
  ArgumentError,
  constant,
  DTypeError,
  fans,
  Generator,
  gain,
  kaimingNormal,
  kaimingUniform,
  memory,
  orthogonal,
  ShapeError,
  type Tensor,
  tidy,
  truncatedNormal,
  xavierNormal,
  xavierUniform,
} from "../../src/index.js";
import { normalProbability, normalQuantile } from "../../src/nn/init/normal.js";

const shape = [300, 40, 3, 3];
const fanIn = 360;
const fanOut = 2700;

describe("variance scaling", () => {
  test.each<[string, (options: { generator: Generator; dtype: "float64" }) => Tensor, number, boolean]>([
    ["xavierUniform", (o) => xavierUniform(shape, o), 2 / (fanIn + fanOut), true],
    ["xavierUniform with gain", (o) => xavierUniform(shape, { gain: 3, ...o }), 18 / (fanIn + fanOut), true],
    ["xavierNormal", (o) => xavierNormal(shape, o), 2 / (fanIn + fanOut), false],
    ["kaimingUniform", (o) => kaimingUniform(shape, o), 2 / fanIn, true],
    ["kaimingUniform fanOut", (o) => kaimingUniform(shape, { mode: "fanOut", gain: 1, ...o }), 1 / fanOut, true],
    ["kaimingNormal", (o) => kaimingNormal(shape, { gain: gain("tanh"), ...o }), 25 / 9 / fanIn, false],
  ])("%s has its variance, and the tails of its distribution", (_, make, variance, uniform) => {
    using w = make({ generator: new Generator(1), dtype: "float64" });
    expect(w.shape).toEqual(shape);
    const z = [...w.dataSync()].map((v) => v / Math.sqrt(variance));
    const mean = z.reduce((sum, v) => sum + v, 0) / z.length;
    const square = z.reduce((sum, v) => sum + v * v, 0) / z.length;
    expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(z.length));
    expect(Math.abs(square - 1)).toBeLessThan(5 * Math.sqrt(2 / z.length));
    const largest = z.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    if (uniform) expect(Math.abs(largest - Math.sqrt(3))).toBeLessThan(1e-3);
    else expect(largest).toBeGreaterThan(3.5);
  });

  test("fans are those of PyTorch", () => {
    expect(fans(shape)).toEqual({ fanIn, fanOut });
    expect(fans([3, 4])).toEqual({ fanIn: 4, fanOut: 3 });
  });
});

describe("truncatedNormal", () => {
  test.each([
    { mean: 0, std: 1, low: -2, high: 2 },
    { mean: 1, std: 0.5, low: 0.9, high: 3 },
    { mean: 0, std: 1, low: 4, high: 5 },
    { mean: 0, std: 1, low: -9, high: -8 },
    { mean: 0, std: 1, low: 9, high: 10 },
  ])("follows its distribution: %o", (options) => {
    using w = truncatedNormal([40, 500], { generator: new Generator(2), dtype: "float64", ...options });
    const { mean, std, low, high } = options;
    const sorted = [...w.dataSync()].sort((a, b) => a - b);
    expect(sorted[0]).toBeGreaterThanOrEqual(low);
    expect(sorted[sorted.length - 1]).toBeLessThanOrEqual(high);
    // Kolmogorov and Smirnov: beyond 2.3 / sqrt(n) in 5 of 100,000 cases. If low is above the mean, the upper tail is compared.
    const sign = low > mean ? -1 : 1;
    const at = (x: number): number => normalProbability((sign * (x - mean)) / std);
    const distance = sorted.reduce((most, x, i) => {
      const expected = (at(x) - at(low)) / (at(high) - at(low));
      return Math.max(most, Math.abs(expected - (i + 0.5) / sorted.length));
    }, 0);
    expect(distance).toBeLessThan(2.3 / Math.sqrt(sorted.length));
  });

  test("is exact in the quantiles it comes from", () => {
    // torch.special.ndtri
    const known: [number, number][] = [
      [1e-300, -37.0470962993612],
      [1e-10, -6.361340902404056],
      [0.01, -2.3263478740408408],
      [0.3, -0.5244005127080409],
      [0.5, 0],
      [0.975, 1.959963984540054],
    ];
    for (const [p, z] of known) expect(Math.abs(normalQuantile(p) - z)).toBeLessThan(1e-12 * Math.max(1, Math.abs(z)));
  });

  test.each([
    [{ std: 0 }, "std > 0"],
    [{ low: 2, high: 2 }, "low < high"],
    [{ mean: Number.NaN }, "mean, std, low and high must be finite"],
    [{ low: 50, high: 60 }, "low and high are too far from the mean to draw numbers between them"],
  ])("refuses %o", (options, message) => {
    expect(() => truncatedNormal([2], options)).toThrow(ArgumentError);
    expect(() => truncatedNormal([2], options)).toThrow(message);
  });
});

describe("orthogonal", () => {
  test.each([[[4, 7]], [[7, 4]], [[5, 5]], [[3, 2, 2]], [[1, 1]], [[60, 60]]])(
    "has orthonormal rows or columns: %j",
    (shape) => {
      tidy(() => {
        const w = orthogonal(shape, { gain: 2, dtype: "float64", generator: new Generator(3) });
        expect(w.shape).toEqual(shape);
        const matrix = w.flatten(1);
        const [rows, columns] = matrix.shape;
        const product = rows <= columns ? matrix.matmul(matrix.transpose()) : matrix.transpose().matmul(matrix);
        const data = product.arraySync() as number[][];
        data.forEach((row, i) => {
          row.forEach((value, j) => {
            expect(Math.abs(value - (i === j ? 4 : 0))).toBeLessThan(1e-13);
          });
        });
      });
    },
  );

  test("stays exact where vectors are drawn nearly in one plane", () => {
    tidy(() => {
      // Among 400 x 400 numbers, some row is nearly a combination of those before it.
      const w = orthogonal([400, 400], { dtype: "float64", generator: new Generator(7) });
      const product = w.matmul(w.transpose()).dataSync();
      const errors = Array.from(product, (value, i) => Math.abs(value - (i % 401 === 0 ? 1 : 0)));
      expect(errors.reduce((most, error) => Math.max(most, error), 0)).toBeLessThan(1e-14);
    });
  });

  test("prefers no direction: the first entry has mean 0 and variance 1 / n", () => {
    const generator = new Generator(5);
    const entries = Array.from({ length: 2000 }, () => {
      using w = orthogonal([3, 3], { generator, dtype: "float64" });
      return w.dataSync();
    });
    for (let k = 0; k < 9; k++) {
      const mean = entries.reduce((sum, w) => sum + w[k], 0) / 2000;
      const square = entries.reduce((sum, w) => sum + w[k] ** 2, 0) / 2000;
      // Uniform on the sphere in three dimensions: each entry is uniform on [-1, 1].
      expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(1 / 3 / 2000));
      expect(Math.abs(square - 1 / 3)).toBeLessThan(5 * Math.sqrt(4 / 45 / 2000));
    }
  });

  test("refuses vectors", () => {
    expect(() => orthogonal([3])).toThrow(new ShapeError("orthogonal: a weight must have at least two axes, got [3]"));
  });
});

test("initializers follow their generator, in the dtype asked for, and leave nothing behind", () => {
  const before = memory();
  for (const make of [xavierUniform, xavierNormal, truncatedNormal, orthogonal]) {
    const drawn = [1, 1, 2].map((seed) => {
      using w = make([3, 4], { generator: new Generator(seed), dtype: "bfloat16" });
      expect(w.dtype).toBe("bfloat16");
      return w.arraySync();
    });
    expect(drawn[0]).toEqual(drawn[1]);
    expect(drawn[0]).not.toEqual(drawn[2]);
    expect(() => make([3, 4], { dtype: "int32" })).toThrow(DTypeError);
  }
  using fives = constant([2], 5);
  expect(fives.arraySync()).toEqual([5, 5]);
  expect(() => constant([2], 5, { dtype: "int32" })).toThrow(DTypeError);
  fives.dispose();
  expect(memory()).toMatchObject({ bytes: before.bytes, tensors: before.tensors });
});

test.each<[() => Tensor, string]>([
  [() => xavierUniform([2, 2], { gain: -1 }), "xavierUniform: gain must be a finite non-negative number, got -1"],
  [() => xavierNormal([2, 2], { gain: Number.NaN }), "xavierNormal: gain"],
  [() => orthogonal([2, 2], { gain: Number.POSITIVE_INFINITY }), "orthogonal: gain"],
])("%#: %s", (f, message) => {
  expect(f).toThrow(ArgumentError);
  expect(f).toThrow(message);
});
