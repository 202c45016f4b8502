import { afterEach, describe, expect, test } from "vitest";
import { conv2d, device, linear, matmul, type Tensor, tensor, tidy } from "../../src/index.js";
import { native } from "../support/device.js";
import { numbers, random } from "../support/near.js";
import { randomValues } from "../support/products.js";
import { type ConvolutionShape, checkSamples, convolutionTerms, type Mode, productTerms } from "../support/samples.js";

// The other tests have a GPU choose tiles as one of few multiprocessors would. Here it has as many as it has, and
// results with a tile of 128 x 128 for each, up to 169 of them. The emulator would take minutes.
const tiers = [
  { dtype: "float32", mode: "ieee" },
  { dtype: "float32", mode: "tf32" },
  { dtype: "bfloat16", mode: "ieee" },
  { dtype: "float16", mode: "ieee" },
] as const;

const side = 1544;
const depth = 72;

describe.runIf(device() === "cuda")("large tiles, for all multiprocessors", () => {
  afterEach(() => native.setOptions({ matmul: "ieee", convolution: "ieee" }));
  const prepare = (mode: Mode): void => native.setOptions({ matmul: mode, convolution: mode, processors: 0 });
  const count = 2000;

  test.each(tiers)("a product, $dtype, $mode", ({ dtype, mode }) => {
    prepare(mode);
    tidy(() => {
      const [a, b] = [random(1, [side, depth], dtype), random(2, [depth, side], dtype)];
      const [av, bv] = [numbers(a), numbers(b)];
      const results: Record<string, Tensor> = {
        "a b": matmul(a, b),
        "aT^T b": matmul(a.transpose(), b, { transA: true }),
        "a bT^T": linear(a, b.transpose(), null),
        "aT^T bT^T": matmul(a.transpose(), b.transpose(), { transA: true, transB: true }),
      };
      for (const [name, y] of Object.entries(results)) {
        expect(y.shape).toEqual([side, side]);
        const terms = productTerms(av, bv, side, depth);
        checkSamples(`${name}, ${dtype}, ${mode}`, numbers(y), terms, dtype, { mode, count });
      }
    });
  });

  test.each(tiers)("a long sum, $dtype, $mode", ({ dtype, mode }) => {
    prepare(mode);
    tidy(() => {
      const [m, n, k] = [264, 248, 8192];
      const [a, b] = [random(3, [m, k], dtype), random(4, [k, n], dtype)];
      const terms = productTerms(numbers(a), numbers(b), n, k);
      checkSamples(`${dtype}, ${mode}`, numbers(matmul(a, b)), terms, dtype, { mode });
    });
  });

  test.each(tiers)("a convolution, $dtype, $mode", ({ dtype, mode }) => {
    prepare(mode);
    tidy(() => {
      const shape: ConvolutionShape = { channels: 8, filters: side, image: [40, 40], kernel: [3, 3], padding: 1 };
      const [x, w] = [random(5, [1, 8, 40, 40], dtype), random(6, [side, 8, 3, 3], dtype)];
      const y = conv2d(x, w, null, { padding: 1 });
      expect(y.shape).toEqual([1, side, 40, 40]);
      const terms = convolutionTerms(numbers(x), numbers(w), shape);
      checkSamples(`${dtype}, ${mode}`, numbers(y), terms, dtype, { mode, count });
    });
  });

  test("more than a turn of the grid", () => {
    tidy(() => {
      const n = native.info().processors * 16 * 256 * 16 + 17;
      const values = Float32Array.from(randomValues(7, n, "float32"));
      const y = tensor(values).mul(-2).dataSync();
      expect(values.findIndex((x, i) => y[i] !== -2 * x)).toBe(-1);
    });
  });
});
