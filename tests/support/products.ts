/** The kinds of matrix products (dtype, capability, mode) that the tests of products go through. */
import { expect } from "vitest";
import { type DType, Generator } from "../../src/index.js";
import { type Mode, readingError, roundoff, sumBound, summingError } from "./samples.js";

export type { Mode } from "./samples.js";

/** What a product is made of, what the emulator pretends to be, and how float32 is multiplied. */
export interface Kind {
  readonly dtype: DType;
  readonly capability: number;
  readonly mode: Mode;
}

/** Of the float dtypes: together they reach every tier. */
export const floatKinds: readonly Kind[] = [
  { dtype: "float32", capability: 80, mode: "ieee" },
  { dtype: "float32", capability: 80, mode: "tf32" },
  { dtype: "bfloat16", capability: 80, mode: "ieee" },
  { dtype: "bfloat16", capability: 75, mode: "ieee" },
  { dtype: "float16", capability: 80, mode: "ieee" },
  { dtype: "float16", capability: 75, mode: "ieee" },
  { dtype: "float64", capability: 80, mode: "ieee" },
];

/** Uniform numbers in [-1, 1), or small integers for the integer dtypes. */
export function randomValues(seed: number, length: number, dtype: DType): Float64Array {
  const generator = new Generator(seed);
  const integer = dtype === "int32" || dtype === "uint8";
  return Float64Array.from({ length }, () => {
    const u = generator.uniform();
    return integer ? Math.floor(u * 100) : 2 * u - 1;
  });
}

/**
 * Throws unless `actual` is as near to the float64 reference as sums of `depth` products can be: the whole within a few
 * roundoffs of the dtype in the 2-norm, and each element within c sqrt(depth) eps times the sum of the products'
 * magnitudes, plus the rounding of the result itself. Products are summed in float32, or in float64.
 *
 * @param magnitudes - for each element the sum of |a| |b|
 */
export function expectProduct(
  what: string,
  actual: ArrayLike<number>,
  reference: Float64Array,
  magnitudes: Float64Array,
  depth: number,
  dtype: DType,
  mode: Mode = "ieee",
): void {
  expect(actual.length, what).toBe(reference.length);
  if (!(dtype in roundoff)) {
    const wrapped = dtype === "uint8" ? Uint8Array.from(reference, (x) => x % 256) : Int32Array.from(reference);
    expect(Array.from(actual), what).toEqual(Array.from(wrapped));
    return;
  }
  let [error, norm] = [0, 0];
  for (let i = 0; i < reference.length; i++) {
    const off = Math.abs(actual[i] - reference[i]);
    const bound = sumBound(reference[i], magnitudes[i], depth, dtype, mode);
    if (!(off <= bound))
      throw new Error(`${what}: element ${i} is ${actual[i]}, not ${reference[i]}: off by ${off}, allowed ${bound}`);
    error += off * off;
    norm += reference[i] * reference[i];
  }
  const relative = norm > 0 ? Math.sqrt(error / norm) : Math.sqrt(error);
  const allowed =
    roundoff[dtype] + 2 * readingError(dtype, mode) + 4 * Math.sqrt(Math.max(1, depth)) * summingError(dtype);
  if (!(relative <= allowed)) throw new Error(`${what}: off by ${relative} in the norm, allowed ${allowed}`);
}
