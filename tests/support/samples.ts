/**
 * Checks single elements of matrix products and convolutions within bounds on their rounding errors. Used by tests on
 * devices and by the benchmark.
 */
import { type DType, Generator } from "../../src/index.js";

/** The unit roundoff of what a result is stored in. */
export const roundoff: Readonly<Record<string, number>> = {
  float16: 2 ** -11,
  bfloat16: 2 ** -8,
  float32: 2 ** -24,
  float64: 2 ** -53,
};

/** How float32 operands are read: as they are, or rounded to tf32. */
export type Mode = "ieee" | "tf32";

/** What the operands of tf32 are rounded by. */
export const readingError = (dtype: DType, mode: Mode): number =>
  dtype === "float32" && mode === "tf32" ? 2 ** -11 : 0;

/** What sums are taken in. */
export const summingError = (dtype: DType): number => (dtype === "float64" ? roundoff.float64 : roundoff.float32);

/**
 * How far a sum of `depth` products may be from the exact `value`: c sqrt(depth) eps times the sum of the products'
 * magnitudes, plus the rounding of the result itself.
 */
export function sumBound(value: number, magnitude: number, depth: number, dtype: DType, mode: Mode): number {
  const bound = (4 * Math.sqrt(depth) * summingError(dtype) + 2 * readingError(dtype, mode)) * magnitude;
  // Float16 has subnormals, whose roundoff is absolute.
  return bound + 1.01 * roundoff[dtype] * Math.abs(value) + (dtype === "float16" ? 2 ** -25 : 0);
}

/** The pairs of factors whose products an element is the sum of. */
export type Terms = (element: number) => Iterable<readonly [number, number]>;

/**
 * Compares elements of `y` with sums in float64: the first, the last, and others drawn from `seed`. For what is too
 * large to be compared whole.
 *
 * @returns the largest error of a sample, as a part of what is allowed
 * @throws where an element is off by more
 */
export function checkSamples(
  what: string,
  y: ArrayLike<number>,
  terms: Terms,
  dtype: DType,
  { mode = "ieee", count = 64, seed = 1 }: { mode?: Mode; count?: number; seed?: number } = {},
): number {
  const generator = new Generator(seed);
  const drawn = Array.from({ length: count - 2 }, () => generator.integer(y.length));
  let worst = 0;
  for (const i of [0, y.length - 1, ...drawn]) {
    let [sum, magnitude, depth] = [0, 0, 0];
    for (const [a, b] of terms(i)) {
      sum += a * b;
      magnitude += Math.abs(a * b);
      depth++;
    }
    const [off, bound] = [Math.abs(y[i] - sum), sumBound(sum, magnitude, depth, dtype, mode)];
    if (!(off <= bound))
      throw new Error(`${what}: element ${i} is ${y[i]}, not ${sum}: off by ${off}, allowed ${bound}`);
    worst = Math.max(worst, off / bound);
  }
  return worst;
}

/** Of y = a b, with a (m, k) and b (k, n). */
export const productTerms = (a: ArrayLike<number>, b: ArrayLike<number>, n: number, k: number): Terms =>
  function* (element) {
    const [row, column] = [Math.floor(element / n), element % n];
    for (let p = 0; p < k; p++) yield [a[row * k + p], b[p * n + column]];
  };

/** Images (n, channels, height, width) and filters (filters, channels, tall, wide), with one padding, in strides of 1. */
export interface ConvolutionShape {
  readonly channels: number;
  readonly filters: number;
  readonly image: readonly [number, number];
  readonly kernel: readonly [number, number];
  readonly padding?: number;
}

/** Of y = conv2d(x, w), (n, filters, outHeight, outWidth). */
export const convolutionTerms = (x: ArrayLike<number>, w: ArrayLike<number>, shape: ConvolutionShape): Terms =>
  function* (element) {
    const { channels, filters, padding = 0 } = shape;
    const [[height, width], [tall, wide]] = [shape.image, shape.kernel];
    const [outHeight, outWidth] = [height + 2 * padding - tall + 1, width + 2 * padding - wide + 1];
    const q = element % outWidth;
    const p = Math.floor(element / outWidth) % outHeight;
    const f = Math.floor(element / (outWidth * outHeight)) % filters;
    const n = Math.floor(element / (outWidth * outHeight * filters));
    for (let c = 0; c < channels; c++)
      for (let r = 0; r < tall; r++)
        for (let s = 0; s < wide; s++) {
          const [h, v] = [p + r - padding, q + s - padding];
          if (h < 0 || h >= height || v < 0 || v >= width) continue;
          yield [x[((n * channels + c) * height + h) * width + v], w[((f * channels + c) * tall + r) * wide + s]];
        }
  };
