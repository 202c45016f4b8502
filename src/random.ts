/**
 * Random tensors: `rand`, `randn`, `randint`, `randperm` and `bernoulli` check their arguments here and draw with the
 * ops in ops/random. Generators and seeds are in core/random/generator.ts.
 */
import { backend } from "./core/device.js";
import { type DType, isFloat } from "./core/dtype.js";
import { ArgumentError, DTypeError } from "./core/errors.js";
import { checkProbability } from "./core/option-checks.js";
import { defaultGenerator, type Generator } from "./core/random/generator.js";
import { checkShape, type Shape } from "./core/shape.js";
import { type CreateOptions, checkValues, chooseDType, finish, fromValues } from "./create.js";
import { drawBernoulli, drawIntegers, drawNormal, drawUniform } from "./ops/random/random.js";
import type { Tensor } from "./tensor.js";

/** The options of every random tensor. */
export interface RandomOptions extends CreateOptions {
  /** The source of the random numbers. Default: the default generator, which `manualSeed` seeds. */
  readonly generator?: Generator;
}

/** The options of `rand`. */
export interface UniformOptions extends RandomOptions {
  /** The lower bound. Default 0. */
  readonly low?: number;
  /** The upper bound. Default 1. */
  readonly high?: number;
}

/** The options of `randn`. */
export interface NormalOptions extends RandomOptions {
  /** The mean. Default 0. */
  readonly mean?: number;
  /** The standard deviation. Default 1. */
  readonly std?: number;
}

/**
 * Uniform numbers from [low, high), by default [0, 1), with as many random bits as the dtype has significant bits.
 * Numbers from [0, 1) are never 1; with other bounds, rounding can give `high` itself.
 *
 * @param options - dtype: a float, default float32
 * @throws ShapeError if `shape` is not a list of sizes; DTypeError for a dtype that is not a float; ArgumentError
 *   unless low and high are finite and low <= high
 */
export function rand(shape: Shape, options: UniformOptions = {}): Tensor {
  const { low = 0, high = 1, generator = defaultGenerator, device } = options;
  const dtype = floatDType("rand", options);
  if (!Number.isFinite(low) || !Number.isFinite(high) || low > high)
    throw new ArgumentError(
      `rand: low and high must be finite, and low must not be above high, got ${low} and ${high}`,
    );
  return finish(drawUniform(checkShape("rand", shape), low, high, dtype, generator, backend(device)), options);
}

/**
 * Numbers from the normal distribution, by default with mean 0 and standard deviation 1, by the transform of Box and
 * Muller (1958).
 *
 * @param options - dtype: a float, default float32
 * @throws ShapeError if `shape` is not a list of sizes; DTypeError for a dtype that is not a float; ArgumentError
 *   unless mean and std are finite and std >= 0
 */
export function randn(shape: Shape, options: NormalOptions = {}): Tensor {
  const { mean = 0, std = 1, generator = defaultGenerator, device } = options;
  const dtype = floatDType("randn", options);
  if (!Number.isFinite(mean) || !Number.isFinite(std) || std < 0)
    throw new ArgumentError(`randn: mean and std must be finite, and std must not be negative, got ${mean} and ${std}`);
  return finish(drawNormal(checkShape("randn", shape), mean, std, dtype, generator, backend(device)), options);
}

/**
 * Integers from [low, high), equally likely to within 2^-32.
 *
 * @param options - dtype: int32, the default, or uint8
 * @throws ShapeError if `shape` is not a list of sizes; DTypeError for another dtype; ArgumentError unless low < high
 *   and the dtype holds the integers
 */
export function randint(low: number, high: number, shape: Shape, options: RandomOptions = {}): Tensor {
  const { generator = defaultGenerator, device } = options;
  const dtype = chooseDType("randint", options, "int32");
  if (dtype !== "int32" && dtype !== "uint8")
    throw new DTypeError(`randint: dtype must be int32 or uint8, got ${dtype}`);
  const [least, most] = dtype === "int32" ? [-(2 ** 31), 2 ** 31 - 1] : [0, 255];
  if (!Number.isInteger(low) || !Number.isInteger(high) || low >= high || low < least || high - 1 > most)
    throw new ArgumentError(
      `randint: low and high must be integers with low < high, and [low, high) must fit in ${dtype}, got [${low}, ${high})`,
    );
  if (high - low === 2 ** 32)
    throw new ArgumentError(`randint: [low, high) can contain at most 2^32 - 1 integers, got [${low}, ${high})`);
  return finish(drawIntegers(checkShape("randint", shape), low, high, dtype, generator, backend(device)), options);
}

/**
 * The integers 0 .. n - 1 in random order, int32 [n]. Every order is equally likely.
 *
 * @throws ShapeError if n is not a size; DTypeError if the dtype cannot hold n - 1
 */
export function randperm(n: number, options: RandomOptions = {}): Tensor {
  const { generator = defaultGenerator } = options;
  checkShape("randperm", [n]);
  const dtype = chooseDType("randperm", options, "int32");
  if (n > 0) checkValues("randperm", [n - 1], dtype); // before anything is drawn
  return fromValues("randperm", generator.permutation(n), [n], dtype, options);
}

/**
 * 1 with probability `p`, else 0, in any dtype. Default dtype: float32.
 *
 * @throws ShapeError if `shape` is not a list of sizes; ArgumentError unless 0 <= p <= 1
 */
export function bernoulli(p: number, shape: Shape, options: RandomOptions = {}): Tensor {
  const { generator = defaultGenerator, device } = options;
  const dtype = chooseDType("bernoulli", options, "float32");
  checkProbability("bernoulli", p);
  return finish(drawBernoulli(checkShape("bernoulli", shape), p, dtype, generator, backend(device)), options);
}

function floatDType(op: string, options: RandomOptions): DType {
  const dtype = chooseDType(op, options, "float32");
  if (isFloat(dtype)) return dtype;
  throw new DTypeError(`${op}: dtype must be a float, got ${dtype}`);
}
