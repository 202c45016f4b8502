import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  ArgumentError,
  clipGradNorm,
  clipGradValue,
  clipNorm,
  clipValue,
  type DType,
  GradientError,
  gradNorm,
  memory,
  type Tensor,
  tensor,
  tidy,
  zeros,
} from "../../src/index.js";

interface Golden {
  readonly norm: readonly { maxNorm: number; normType: string; norm: number; gradients: number[][] }[];
  readonly value: { limit: number; gradients: number[][] };
}

const golden: Golden = JSON.parse(readFileSync(new URL("../goldens/clip.json", import.meta.url), "utf8"));

// The same formula as in tests/goldens/clip.py.
const shapes = [[3, 2], [4], []];
const gradient = (k: number, dtype: DType): Tensor => {
  const n = shapes[k].reduce((product, size) => product * size, 1);
  const values = Float64Array.from({ length: n }, (_, i) => (((7 * i + 5 * k + 3) % 11) - 5) / 8 + 1 / 16);
  return tensor(values, { shape: shapes[k], dtype });
};
const gradients = (dtype: DType): Tensor[] => shapes.map((_, k) => gradient(k, dtype));
const orderOf = (name: string): number => (name === "inf" ? Number.POSITIVE_INFINITY : Number(name));

const expectClose = (actual: readonly (Tensor | null)[], expected: readonly number[][], error: number): void =>
  actual.forEach((g, k) => {
    const values = Array.from((g as Tensor).dataSync());
    expect(values).toHaveLength(expected[k].length);
    values.forEach((value, i) => void expect(Math.abs(value - expected[k][i])).toBeLessThanOrEqual(error));
  });

describe.each<[DType, number]>([
  ["float64", 1e-12],
  ["float32", 1e-6],
  ["bfloat16", 5e-3],
])("clipping in %s is PyTorch's", (dtype, error) => {
  test.each(golden.norm)("by norm $normType to $maxNorm", ({ maxNorm, normType, norm, gradients: expected }) => {
    const given = gradients(dtype);
    const before = given.map((g) => g.dataSync());
    const clipped = clipNorm(given, maxNorm, { normType: orderOf(normType) });
    expectClose(clipped.gradients, expected, error);
    expect(Math.abs(clipped.norm.item() / norm - 1)).toBeLessThan(error * 4);
    expect(clipped.gradients.map((g) => g?.dtype)).toEqual(given.map((g) => g.dtype));
    expect(given.map((g) => g.dataSync())).toEqual(before);
  });

  test("by value", () => {
    expectClose(clipValue(gradients(dtype), golden.value.limit), golden.value.gradients, error);
  });
});

describe("clipping", () => {
  test("of the grad of parameters puts new tensors there and changes no buffer that is shared", () => {
    const [a, b, without] = [zeros([2]), zeros([2]), zeros([2])];
    const shared = tensor([3, 4]);
    a.grad = shared.detach().keep();
    b.grad = shared.detach().keep();
    const norm = clipGradNorm([a, b, without], 1);
    expect(norm.item()).toBeCloseTo(Math.sqrt(50), 5);
    expect(shared.arraySync()).toEqual([3, 4]);
    for (const p of [a, b]) expect(p.grad?.dataSync()[0]).toBeCloseTo(3 / Math.sqrt(50), 5);
    expect(without.grad).toBeNull();
    clipGradValue([a, b, without], 0.1);
    expect(a.grad?.dataSync()).toEqual(Float32Array.of(0.1, 0.1));
  });

  test("of 16-bit gradients does not overflow", () => {
    const large = tensor(new Float32Array(100).fill(300), { dtype: "float16" }); // squares are 90,000 > 65,504
    expect(gradNorm([large]).item()).toBe(3000);
  });

  test("skips parameters without a gradient, leaves nothing behind, and spreads NaN or refuses it", () => {
    const given = [tensor([3]), null, tensor([4])];
    const before = memory().tensors;
    tidy(() => {
      const { gradients: found } = clipNorm(given, 1);
      expect(found[1]).toBeNull();
      expect(found[2]?.item()).toBeCloseTo(0.8, 5);
    });
    expect(memory().tensors).toBe(before);
    const wrong = [tensor([Number.NaN]), tensor([1])];
    expect(clipNorm(wrong, 1).gradients[1]?.item()).toBeNaN();
    expect(() => clipNorm(wrong, 1, { errorIfNonfinite: true })).toThrow(GradientError);
  });

  test("refuses invalid bounds", () => {
    const given = [tensor([1])];
    expect(() => clipNorm(given, 0)).toThrow("clipNorm: maxNorm must be greater than 0, got 0");
    expect(() => clipNorm(given, 1, { normType: 0 })).toThrow(ArgumentError);
    expect(() => clipValue(given, -1)).toThrow("limit must be greater than 0, got -1");
    expect(() => gradNorm([null])).toThrow("there are no gradients");
  });
});
