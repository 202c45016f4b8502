import type { Tensor } from "../tensor.js";
import { apply } from "../core/apply.js";
import type { Backend } from "../core/backend.js";
import { type DType, dtypeInfo } from "../core/dtype.js";
import { ArgumentError } from "../core/errors.js";
import type { Generator, RandomKey } from "../core/generator.js";
import { defineOp } from "../core/op.js";
import { mulHigh, philox } from "../core/philox.js";
import { type Shape, sizeOf } from "../core/shape.js";
import type { Numbers } from "./elementwise.js";

/*
 * Random tensors. Philox turns counter and key into four words of 32 bits; a tensor's counters follow each other from
 * `offset` on, and every element has words of its own, so that any thread can compute any element:
 *
 *   32 bits a number   element i has word i % 4 of counter offset + floor(i / 4)
 *   53 bits a number   element i has words 2 (i % 2) and 2 (i % 2) + 1 of counter offset + floor(i / 2)
 *
 * Uniform numbers have as many bits as their dtype's significand, so that they are exact and 1 never occurs.
 */

const words = new Uint32Array(4);

/** Calls `use` with the index of each of `n` elements and its word. */
export function forEachWord(
  n: number,
  keyLow: number,
  keyHigh: number,
  offset: number,
  use: (i: number, word: number) => void,
): void {
  for (let i = 0, counter = offset; i < n; i += 4, counter++) {
    philox(counter, keyLow, keyHigh, words);
    for (let k = 0; k < 4 && i + k < n; k++) use(i + k, words[k]);
  }
}

/** Calls `use` with the index of each of `n` elements and its number from [0, 1), which has 1 to 32 bits, or 53. */
function forEachUniform(
  n: number,
  bits: number,
  keyLow: number,
  keyHigh: number,
  offset: number,
  use: (i: number, u: number) => void,
): void {
  if (bits <= 32) {
    forEachWord(n, keyLow, keyHigh, offset, (i, word) => use(i, (word >>> (32 - bits)) * 2 ** -bits));
    return;
  }
  for (let i = 0, counter = offset; i < n; i += 2, counter++) {
    philox(counter, keyLow, keyHigh, words);
    for (let k = 0; k < 2 && i + k < n; k++)
      use(i + k, ((words[2 * k] >>> 5) * 2 ** 26 + (words[2 * k + 1] >>> 6)) * 2 ** -53);
  }
}

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

/** The words that `n` numbers of `bits` bits take. */
const wordsFor = (n: number, bits: number): number => (bits <= 32 ? n : 2 * n);

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
    forEachUniform(n, bits, keyLow, keyHigh, offset, (i, u) => {
      y[i] = low + width * u;
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
  cpu(
    y: Numbers,
    n: number,
    bits: number,
    mean: number,
    std: number,
    keyLow: number,
    keyHigh: number,
    offset: number,
  ) {
    let radius = 0;
    forEachUniform(n + (n % 2), bits, keyLow, keyHigh, offset, (i, u) => {
      if (i % 2 === 0) {
        radius = Math.sqrt(-2 * Math.log1p(-u));
      } else {
        const angle = 2 * Math.PI * u;
        y[i - 1] = mean + std * radius * Math.cos(angle);
        if (i < n) y[i] = mean + std * radius * Math.sin(angle);
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
    forEachWord(n, keyLow, keyHigh, offset, (i, word) => {
      y[i] = low + (mulHigh(word, count) >>> 0);
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

/** Throws unless `p` is a probability. */
export function checkProbability(op: string, p: number): void {
  if (!(p >= 0 && p <= 1)) throw new ArgumentError(`${op}: p is a probability from 0 to 1, got ${p}`);
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
    forEachWord(n, keyLow, keyHigh, offset, (i, word) => {
      y[i] = word < threshold ? 1 : 0;
    });
  },
  vjp: {},
});

/** 1 with probability `p`, else 0. */
export function drawBernoulli(shape: Shape, p: number, dtype: DType, generator: Generator, on?: Backend): Tensor {
  return apply(bernoulliOp, [], { shape, dtype, p, key: generator.reserve(sizeOf(shape)) }, on);
}
