/** Random operands, references in float64 and comparison within some ulps, for tests of kernels. */
import { expect } from "vitest";
import { type DType, type Tensor, tensor } from "../../src/index.js";
import { randomValues } from "./products.js";
import { roundoff } from "./samples.js";

/** The same values in float64 on the CPU, whose loops sum in float64. */
export const reference = (x: Tensor): Tensor =>
  tensor(Float64Array.from(x.dataSync()), { device: "cpu" }).reshape(x.shape);

/** Random numbers as a dtype holds them. */
export const random = (seed: number, shape: readonly number[], dtype: DType): Tensor =>
  tensor(
    randomValues(
      seed,
      shape.reduce((a, b) => a * b, 1),
      dtype,
    ),
    { dtype, shape },
  );

/** The values, for any dtype. */
export const numbers = (x: Tensor): Float64Array => Float64Array.from(x.dataSync());

/** Each element within a few roundoffs, of its own size or of `scale`; NaN and infinities in the same places. */
export function expectNear(what: string, actual: Tensor, expected: Tensor, ulps: number, scale = 1): void {
  expect(actual.shape, what).toEqual(expected.shape);
  const [a, e] = [actual.dataSync(), expected.dataSync()];
  const eps = roundoff[actual.dtype];
  for (let i = 0; i < e.length; i++) {
    if (Object.is(a[i], e[i]) || a[i] === e[i]) continue;
    const bound =
      1.01 * eps * Math.abs(e[i]) +
      ulps * (actual.dtype === "float64" ? 4 * eps : roundoff.float32) * Math.max(Math.abs(e[i]), scale);
    if (!(Math.abs(a[i] - e[i]) <= bound + (actual.dtype === "float16" ? 2 ** -25 : 0)))
      throw new Error(`${what}: element ${i} is ${a[i]}, not ${e[i]}; allowed ${bound}`);
  }
}
