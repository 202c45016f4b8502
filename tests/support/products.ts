import { expect } from "vitest";
import { type DType, Generator } from "../../src/index.js";

/** The unit roundoff of what a result is stored in. */
const roundoff: Readonly<Record<string, number>> = {
  float16: 2 ** -11,
  bfloat16: 2 ** -8,
  float32: 2 ** -24,
  float64: 2 ** -53,
};

/** How float32 operands are read: as they are, or rounded to tf32. */
export type Mode = "ieee" | "tf32";

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
  const stored = roundoff[dtype];
  const summed = dtype === "float64" ? roundoff.float64 : roundoff.float32;
  const read = dtype === "float32" && mode === "tf32" ? 2 ** -11 : 0;
  let [error, norm] = [0, 0];
  for (let i = 0; i < reference.length; i++) {
    const off = Math.abs(actual[i] - reference[i]);
    const bound = (4 * Math.sqrt(depth) * summed + 2 * read) * magnitudes[i] + 1.01 * stored * Math.abs(reference[i]);
    // Float16 has subnormals, whose roundoff is absolute.
    if (!(off <= bound + (dtype === "float16" ? 2 ** -25 : 0)))
      throw new Error(`${what}: element ${i} is ${actual[i]}, not ${reference[i]}: off by ${off}, allowed ${bound}`);
    error += off * off;
    norm += reference[i] * reference[i];
  }
  const relative = norm > 0 ? Math.sqrt(error / norm) : Math.sqrt(error);
  const allowed = stored + 2 * read + 4 * Math.sqrt(Math.max(1, depth)) * summed;
  if (!(relative <= allowed)) throw new Error(`${what}: off by ${relative} in the norm, allowed ${allowed}`);
}
