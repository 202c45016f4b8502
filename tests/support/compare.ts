/** Compares tensors with expected values within the rounding of their dtype. Used by tests of ops and devices. */
import type { DType } from "../../src/index.js";

/** The relative spacing of a dtype's numbers; 0 for those that must match exactly. */
export const epsilon: Readonly<Record<DType, number>> = {
  bool: 0,
  uint8: 0,
  int32: 0,
  float16: 2 ** -10,
  bfloat16: 2 ** -7,
  float32: 2 ** -23,
  float64: 2 ** -52,
};

/** How many epsilons a result may be off: a single op rounds once or a few times, a gradient more often. */
const allowed = { value: 4, gradient: 16 };

/**
 * Throws unless `actual` agrees with the float64 reference: NaN and infinities in the same places, the rest within
 * a few epsilons of the dtype, element by element relative to the element and to the norm of the whole.
 */
export function expectClose(
  what: string,
  actual: ArrayLike<number>,
  expected: readonly number[],
  dtype: DType,
  kind: keyof typeof allowed,
  slack = 1,
): void {
  if (actual.length !== expected.length)
    throw new Error(`${what}: ${actual.length} values, expected ${expected.length}`);
  const finite = expected.filter(Number.isFinite);
  const scale = Math.sqrt(finite.reduce((sum, x) => sum + x * x, 0) / Math.max(1, finite.length));
  // float64 goldens are themselves only float64: allow the accumulated rounding of both sides.
  const bound = epsilon[dtype] * allowed[kind] * slack * (dtype === "float64" ? 64 : 1);
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i], expected[i]];
    if (Number.isNaN(e) ? Number.isNaN(a) : a === e) continue;
    // A finite value may overflow to infinity in a 16-bit float.
    const limit = dtype === "float16" ? 65504 : Number.MAX_VALUE;
    if (Math.abs(e) > limit && Number.isFinite(e) && a === Math.sign(e) * Number.POSITIVE_INFINITY) continue;
    const error = Math.abs(a - e);
    // An infinity has been compared above; as a bound it would let every number pass.
    if (!(Number.isFinite(e) && error <= bound * Math.max(Math.abs(e), scale)))
      throw new Error(
        `${what}: element ${i} is ${a}, PyTorch says ${e}: off by ${(error / Math.max(Math.abs(e), scale)).toExponential(2)} in ${dtype}, allowed ${bound.toExponential(2)}`,
      );
  }
}
