/**
 * The ops that draw random tensors. Philox turns counter and key into four words of 32 bits; a tensor's counters follow
 * each other from `offset` on, and every element has its own words, so that any thread can compute any element:
 *
 *   32 bits a number   element i has word i % 4 of counter offset + floor(i / 4)
 *   53 bits a number   element i has words 2 (i % 2) and 2 (i % 2) + 1 of counter offset + floor(i / 2)
 *
 * Uniform numbers have as many bits as their dtype's significand, so that they are exact and 1 never occurs. The
 * functions are called by src/random.ts, which checks their arguments.
 */
import { apply } from "../../core/apply.js";
import type { Backend } from "../../core/backend.js";
import { type DType, dtypeInfo } from "../../core/dtype.js";
import type { Numbers } from "../../core/loops/numbers.js";
import { defineOp } from "../../core/op.js";
import type { Generator, RandomKey } from "../../core/random/generator.js";
import { mulHigh, philox } from "../../core/random/philox.js";
import { type Shape, sizeOf } from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";

const chunkSize = 4096;
const words = new Uint32Array(chunkSize);

/** Draws `count` words and hands them to `use` a chunk at a time: the words, and the position of the first. */
export function forEachChunk(
  count: number,
  keyLow: number,
  keyHigh: number,
  offset: number,
  use: (words: Uint32Array, start: number, length: number) => void,
): void {
  for (let start = 0; start < count; start += chunkSize) {
    const length = Math.min(chunkSize, count - start);
    for (let i = 0; i < length; i += 4) philox(offset + (start + i) / 4, keyLow, keyHigh, words, i);
    use(words, start, length);
  }
}

/** A number from [0, 1) of 53 bits, from the two words at `at`. */
const uniform53 = (words: Uint32Array, at: number): number =>
  ((words[at] >>> 5) * 2 ** 26 + (words[at + 1] >>> 6)) * 2 ** -53;

interface RandomAttrs {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly key: RandomKey;
}

interface UniformAttrs extends RandomAttrs {
  readonly low: number;
  readonly high: number;
}

interface NormalAttrs extends RandomAttrs {
  readonly mean: number;
  readonly std: number;
}

const metaOf = ({ shape, dtype }: RandomAttrs) => ({ shape, dtype });
const keyArgs = ({ key }: RandomAttrs): [number, number, number] => [key.keyLow, key.keyHigh, key.offset];

/** The words that `n` numbers take. */
const wordsFor = (n: number, bits: number): number => (bits === 53 ? 2 * n : n);

/** y[i] = low + (high - low) u[i], with u uniform in [0, 1). */
export const randOp = defineOp({
  name: "rand",
  inputs: [],
  infer: (_, attrs: UniformAttrs) => metaOf(attrs),
  args: (_, y, attrs) => [
    sizeOf(y.shape),
    dtypeInfo[y.dtype].significand,
    attrs.low,
    attrs.high - attrs.low,
    ...keyArgs(attrs),
  ],
  cpu(
    y: Numbers,
    n: number,
    bits: number,
    low: number,
    width: number,
    keyLow: number,
    keyHigh: number,
    offset: number,
  ) {
    const unit = 2 ** -bits;
    forEachChunk(wordsFor(n, bits), keyLow, keyHigh, offset, (words, start, length) => {
      if (bits === 53) for (let i = 0; i < length; i += 2) y[(start + i) / 2] = low + width * uniform53(words, i);
      else for (let i = 0; i < length; i++) y[start + i] = low + width * ((words[i] >>> (32 - bits)) * unit);
    });
  },
  vjp: {},
});

/** Uniform numbers from [low, high). */
export function drawUniform(
  shape: Shape,
  low: number,
  high: number,
  dtype: DType,
  generator: Generator,
  on?: Backend,
): Tensor {
  const key = generator.reserve(wordsFor(sizeOf(shape), dtypeInfo[dtype].significand));
  return apply(randOp, [], { shape, dtype, low, high, key }, on);
}

/** The bits of the uniform numbers from which normal ones are made. */
const normalBits = (dtype: DType): number => (dtype === "float64" ? 53 : 32);

/**
 * y[i] = mean + std z[i], with z from the standard normal distribution by the transform of Box and Muller (1958): the
 * uniform numbers u, v of elements 2k and 2k + 1 give both, sqrt(-2 ln(1 - u)) times cos(2 pi v) and sin(2 pi v).
 */
export const randnOp = defineOp({
  name: "randn",
  inputs: [],
  infer: (_, attrs: NormalAttrs) => metaOf(attrs),
  args: (_, y, attrs) => [sizeOf(y.shape), normalBits(y.dtype), attrs.mean, attrs.std, ...keyArgs(attrs)],
  cpu(y: Numbers, n: number, bits: number, mean: number, std: number, keyLow: number, keyHigh: number, offset: number) {
    const step = bits === 53 ? 2 : 1;
    forEachChunk(wordsFor(n + (n % 2), bits), keyLow, keyHigh, offset, (words, start, length) => {
      for (let i = 0; i < length; i += 2 * step) {
        const u = bits === 53 ? uniform53(words, i) : words[i] * 2 ** -32;
        const v = bits === 53 ? uniform53(words, i + step) : words[i + step] * 2 ** -32;
        const radius = std * Math.sqrt(-2 * Math.log1p(-u));
        const at = (start + i) / step;
        y[at] = mean + radius * Math.cos(2 * Math.PI * v);
        if (at + 1 < n) y[at + 1] = mean + radius * Math.sin(2 * Math.PI * v);
      }
    });
  },
  vjp: {},
});

/** Normal numbers of the given mean and standard deviation. */
export function drawNormal(
  shape: Shape,
  mean: number,
  std: number,
  dtype: DType,
  generator: Generator,
  on?: Backend,
): Tensor {
  const n = sizeOf(shape);
  const key = generator.reserve(wordsFor(n + (n % 2), normalBits(dtype)));
  return apply(randnOp, [], { shape, dtype, mean, std, key }, on);
}

interface IntegerAttrs extends RandomAttrs {
  readonly low: number;
  readonly high: number;
}

/**
 * y[i] = low + floor(word[i] (high - low) / 2^32). The chances of two integers differ by at most 2^-32, which is the
 * price of one word an element (Lemire, 2019, arXiv:1805.10941, without the rejection).
 */
export const randintOp = defineOp({
  name: "randint",
  inputs: [],
  infer: (_, attrs: IntegerAttrs) => metaOf(attrs),
  args: (_, y, attrs) => [sizeOf(y.shape), attrs.low, attrs.high - attrs.low, ...keyArgs(attrs)],
  cpu(y: Numbers, n: number, low: number, count: number, keyLow: number, keyHigh: number, offset: number) {
    forEachChunk(n, keyLow, keyHigh, offset, (words, start, length) => {
      for (let i = 0; i < length; i++) y[start + i] = low + (mulHigh(words[i], count) >>> 0);
    });
  },
  vjp: {},
});

/** Integers from [low, high), fewer than 2^32 different ones. */
export function drawIntegers(
  shape: Shape,
  low: number,
  high: number,
  dtype: DType,
  generator: Generator,
  on?: Backend,
): Tensor {
  return apply(randintOp, [], { shape, dtype, low, high, key: generator.reserve(sizeOf(shape)) }, on);
}

interface BernoulliAttrs extends RandomAttrs {
  readonly p: number;
}

/** y[i] = 1 where word[i] < p 2^32, else 0. */
export const bernoulliOp = defineOp({
  name: "bernoulli",
  inputs: [],
  infer: (_, attrs: BernoulliAttrs) => metaOf(attrs),
  args: (_, y, attrs) => [sizeOf(y.shape), attrs.p * 2 ** 32, ...keyArgs(attrs)],
  cpu(y: Numbers, n: number, threshold: number, keyLow: number, keyHigh: number, offset: number) {
    forEachChunk(n, keyLow, keyHigh, offset, (words, start, length) => {
      for (let i = 0; i < length; i++) y[start + i] = words[i] < threshold ? 1 : 0;
    });
  },
  vjp: {},
});

/** 1 with probability `p`, else 0. */
export function drawBernoulli(shape: Shape, p: number, dtype: DType, generator: Generator, on?: Backend): Tensor {
  return apply(bernoulliOp, [], { shape, dtype, p, key: generator.reserve(sizeOf(shape)) }, on);
}
