/**
 * An independent reference for ops that move elements: index arithmetic on nested arrays. Used by the property tests of
 * ops.
 */
import fc from "fast-check";
import { expect } from "vitest";
import { type Nested, type Shape, type Tensor, tensor, tidy } from "../../src/index.js";

export type Index = readonly number[];

/** The nested arrays of a shape, from a function of the index. */
export const build = (shape: Shape, f: (index: Index) => number, index: Index = []): Nested =>
  index.length === shape.length
    ? f(index)
    : Array.from({ length: shape[index.length] }, (_, i) => build(shape, f, [...index, i]));

/** The element of nested arrays at an index. */
export const at = (x: Nested, index: Index): number =>
  index.reduce<Nested>((part, i) => (part as Nested[])[i], x) as number;

/** The index with another position on one axis. */
export const replace = (index: Index, axis: number, value: number): number[] =>
  index.map((i, k) => (k === axis ? value : i));
/** 0, 1, ..., n - 1. */
export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** A tensor to be. */
export interface Sample {
  readonly shape: Shape;
  readonly dtype: "float32" | "float64" | "int32" | "float16";
  readonly values: Nested;
}

/** 1, 2, 3, ... in a shape, so that each element says where it is from; up to 4^5 = 1024, which float16 holds exactly. */
const count = (shape: Shape): Nested => {
  let n = 0;
  return build(shape, () => ++n);
};

export const sampleOf = (shape: Shape, dtype: Sample["dtype"]): Sample => ({ shape, dtype, values: count(shape) });

export const sizes = fc.integer({ min: 0, max: 4 });
const dtypes = fc.constantFrom("float32" as const, "float64" as const, "int32" as const, "float16" as const);
const samples = (minRank = 0): fc.Arbitrary<Sample> =>
  fc
    .tuple(fc.array(sizes, { minLength: minRank, maxLength: 5 }), dtypes)
    .map(([shape, dtype]) => sampleOf(shape, dtype));

/** A sample and what is drawn for it. */
export const withChoice = <T>(choices: (x: Sample) => fc.Arbitrary<T>, minRank = 0): fc.Arbitrary<[Sample, T]> =>
  samples(minRank).chain((x) => choices(x).map((choice): [Sample, T] => [x, choice]));

/** An axis of a sample of rank 1 or more. */
export const axisOf = (x: Sample): fc.Arbitrary<number> => fc.integer({ min: 0, max: x.shape.length - 1 });

export const make = ({ shape, dtype, values }: Sample): Tensor =>
  tensor(Float64Array.from([values].flat(9) as number[]), { shape, dtype });

/** Runs `f` on a sample and compares it with the element that `expected` gives for each index. */
export function check(x: Sample, f: (x: Tensor) => Tensor, shape: Shape, expected: (index: Index) => number): void {
  tidy(() => {
    const y = f(make(x));
    expect(y.shape).toEqual(shape);
    expect(y.dtype).toBe(x.dtype);
    expect(y.arraySync()).toEqual(build(shape, expected));
  });
}
