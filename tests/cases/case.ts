/** The type of cases and the values of their inputs. Used by every file of cases; Python makes the same values. */
import type { DType, Shape, Tensor } from "../../src/index.js";

/** The values of one input, made from a seed, so that TypeScript and Python see the same ones. */
export interface InputSpec {
  readonly shape: Shape;
  /** Floats are "float": the harness runs the case in every float dtype. */
  readonly dtype: "float" | Exclude<DType, "float16" | "bfloat16" | "float32" | "float64">;
  /** The elements; floats are multiples of 1/32 below 8, so that every float dtype holds them exactly. */
  readonly values: (seed: number) => number[];
}

/** The inputs of a case by name, made from their specs in one float dtype. */
export type InputTensors = Readonly<Record<string, Tensor>>;

/**
 * One sample of an op. The same sample gives the forward test, the gradient test, gradcheck, second derivatives,
 * device parity and the benchmark.
 */
export interface Case {
  /** The path it takes: "plain", "broadcast", "empty", "NaN", ... */
  readonly name: string;
  readonly inputs: Readonly<Record<string, InputSpec>>;
  readonly run: (t: InputTensors) => Tensor | readonly Tensor[];
  /** The same in Python, over the inputs by name; `torch`, `F` and `np` are there. Evaluated in float64. */
  readonly torch: string;
  /** Inputs to differentiate. Default: every float input, where an output is a float. [] for none. */
  readonly wrt?: readonly string[];
  /**
   * Where the numbers of the float dtypes may not be compared, those to leave out, with the reason: an op whose
   * result jumps (floor) or is ill-conditioned in 16 bits.
   */
  readonly skipDTypes?: { readonly dtypes: readonly DType[]; readonly reason: string };
  /** Why finite differences do not apply: the function jumps or has infinite values there. */
  readonly skipGradcheck?: string;
  /** Why there is no second derivative: its gradient is a fused kernel, or it is piecewise linear. */
  readonly skipSecond?: string;
  /** Times the bound on the error, for sums that cancel. Say why beside it. */
  readonly slack?: number;
}

/** A small seeded generator (mulberry32), independent of the project's own. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const sizeOf = (shape: Shape): number => shape.reduce((n, size) => n * size, 1);

/** Floats from [low, high], multiples of 1/32. */
export const uniform = (shape: Shape, low = -2, high = 2): InputSpec => ({
  shape,
  dtype: "float",
  values: (seed) => {
    const next = randomNumbers(seed);
    return Array.from({ length: sizeOf(shape) }, () => Math.round((low + (high - low) * next()) * 32) / 32);
  },
});

/** Distinct nonzero floats, for ops that compare their inputs: odd multiples of 1/32 in random order. At most 255 of them stay below 8. */
export const distinct = (shape: Shape): InputSpec => ({
  shape,
  dtype: "float",
  values: (seed) => {
    const next = randomNumbers(seed);
    const n = sizeOf(shape);
    const values = Array.from(
      { length: n },
      (_, i) => (2 * i - n + (n % 2 ? 0 : 1) + (n % 2 && 2 * i >= n ? 2 : 0)) / 32,
    );
    for (let i = n - 1; i > 0; i--) {
      const j = Math.floor(next() * (i + 1));
      [values[i], values[j]] = [values[j], values[i]];
    }
    return values;
  },
});

/** Integers from [0, below). */
export const integers = (shape: Shape, below: number, dtype: "int32" | "uint8" = "int32"): InputSpec => ({
  shape,
  dtype,
  values: (seed) => {
    const next = randomNumbers(seed);
    return Array.from({ length: sizeOf(shape) }, () => Math.floor(next() * below));
  },
});

/** Random 0 and 1. */
export const bools = (shape: Shape): InputSpec => ({ ...integers(shape, 2), dtype: "bool" });

/** Given values. */
export const given = (shape: Shape, values: readonly number[], dtype: InputSpec["dtype"] = "float"): InputSpec => ({
  shape,
  dtype,
  values: () => [...values],
});

/** NaN and the infinities among ordinary numbers. */
export const special = (): InputSpec =>
  given([7], [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 1, -2]);

/** The seed of a case's input: a hash (FNV-1a) of its names. */
export function seedOf(...names: string[]): number {
  let hash = 0x811c9dc5;
  for (const char of names.join("/")) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193) >>> 0;
  return hash;
}

/** The cotangent used everywhere: exact in every float dtype, and different in neighbouring elements. */
export const cotangent = (n: number): number[] =>
  Array.from({ length: n }, (_, i) => (((7 * i + 3) % 11) - 5) / 8 + 1 / 16);

/** The values of all inputs of a case. */
export const valuesOf = (op: string, sample: Case): Record<string, number[]> =>
  Object.fromEntries(
    Object.entries(sample.inputs).map(([name, spec]) => [name, spec.values(seedOf(op, sample.name, name))]),
  );
