import { describe, expect, test } from "vitest";
import { erfcOf, erfOf } from "../../src/ops/elementwise/erf.js";

/** x, erf(x), erfc(x) to 25 digits (mpmath), rounded to float64: within and on the borders of each approximation. */
const values: readonly (readonly [x: number, erf: number, erfc: number])[] = [
  [-6, -1, 2],
  [-2, -0.9953222650189527, 1.9953222650189528],
  [-0.25, -0.27632639016823696, 1.276326390168237],
  [0, 0, 1],
  [0.25, 0.27632639016823696, 0.7236736098317631],
  [0.46875, 0.49261347321793797, 0.507386526782062],
  [0.5, 0.5204998778130465, 0.4795001221869535],
  [1, 0.8427007929497149, 0.15729920705028513],
  [2, 0.9953222650189527, 0.004677734981047266],
  [3.5, 0.9999992569016276, 7.430983723414128e-7],
  [4, 0.9999999845827421, 1.541725790028002e-8],
  [4.5, 0.9999999998033839, 1.9661604415428876e-10],
  [6, 1, 2.1519736712498913e-17],
  [10, 1, 2.088487583762545e-45],
  [20, 1, 5.395865611607901e-176],
  [26, 1, 5.663192408856143e-296],
];

const relative = (actual: number, expected: number): number =>
  actual === expected ? 0 : Math.abs(actual - expected) / Math.abs(expected);

describe("the error function to the accuracy of float64", () => {
  test.each(values)("at %s", (x, erf, erfc) => {
    expect(relative(erfOf(x), erf)).toBeLessThan(1e-15);
    expect(relative(erfcOf(x), erfc)).toBeLessThan(1e-15);
  });

  test("at NaN and the infinities", () => {
    const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
    expect([nan, inf, -inf].map(erfOf)).toEqual([nan, 1, -1]);
    expect([nan, inf, -inf].map(erfcOf)).toEqual([nan, 0, 2]);
  });
});
