import { describe, expect, test } from "vitest";
import type { Tensor } from "../../src/index.js";
import * as w from "../../src/index.js";
import { dtypes, expectSame, floats, valuesFor } from "../support/parity.js";

const lengths = [0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 33, 257, 1009, 70001];

describe("random numbers are the CPU's", () => {
  const both = (make: (options: w.RandomOptions) => Tensor): [actual: number[], expected: number[]] =>
    w.tidy(() => {
      const draw = (device: w.DeviceName) =>
        Array.from(make({ generator: new w.Generator(2 ** 40 + 12345), device }).dataSync());
      return [draw(w.device()), draw("cpu")];
    });
  const exact = (what: string, make: (options: w.RandomOptions) => Tensor): void => expectSame(what, ...both(make));
  test("bit for bit", () => {
    for (const n of lengths) {
      for (const dtype of floats) {
        exact(`rand ${dtype} [${n}]`, (o) => w.rand([n], { ...o, dtype }));
        exact(`rand bounds ${dtype} [${n}]`, (o) => w.rand([n], { ...o, dtype, low: -0.3, high: 1.7 }));
      }
      for (const dtype of dtypes) exact(`bernoulli ${dtype} [${n}]`, (o) => w.bernoulli(0.3, [n], { ...o, dtype }));
      exact(`randint [${n}]`, (o) => w.randint(-(2 ** 31), 2 ** 31 - 1, [n], o));
      exact(`randint uint8 [${n}]`, (o) => w.randint(3, 250, [n], { ...o, dtype: "uint8" }));
    }
  });
  test("normal numbers to the rounding of the dtype", () => {
    const eps = { float32: 2 ** -23, float64: 2 ** -52, bfloat16: 2 ** -7, float16: 2 ** -10 };
    for (const n of lengths)
      for (const dtype of ["float32", "float64", "bfloat16", "float16"] as const)
        for (const [mean, std] of [
          [0, 1],
          [3, 0.5],
        ]) {
          const [actual, expected] = both((o) => w.randn([n], { ...o, dtype, mean, std }));
          actual.forEach((a, i) => {
            // Of what mean and z were before they were added; float64 angles are rounded up to 2 pi on both sides.
            const scale = mean === 0 && dtype !== "float64" ? Math.abs(expected[i]) : mean + 7 * std;
            expect(Math.abs(a - expected[i]), `${dtype} ${i}`).toBeLessThanOrEqual(4 * eps[dtype] * scale);
          });
        }
  });
  test("dropout keeps and drops the same elements", () => {
    for (const n of lengths)
      for (const dtype of floats) {
        const values = valuesFor(dtype, n).map((x) => (Math.abs(x) <= 8 ? x + 9 : 1));
        const [actual, expected] = both((o) =>
          w.dropout(w.tensor(values, { dtype, device: o.device }), 0.25, { generator: o.generator }),
        );
        const eps = { float32: 2 ** -23, float64: 2 ** -52, bfloat16: 2 ** -7, float16: 2 ** -10 }[dtype as "float32"];
        actual.forEach((a, i) => {
          expect(a === 0).toBe(expected[i] === 0);
          expect(Math.abs(a - expected[i])).toBeLessThanOrEqual(eps * Math.abs(expected[i]));
        });
      }
  });
});
