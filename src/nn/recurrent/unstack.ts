/** Splits a sequence into its steps so that the gradient costs L log L, not L^2. Used by the recurrent layers. */
import type { Tensor } from "../../tensor.js";

/**
 * The parts of `x` along axis 0, without that axis: (L, ...) to L times (...).
 *
 * The axis is cut in halves, again and again: the gradient of a cut writes all of what was cut, so L cuts of the whole
 * would cost L^2, these L log L.
 */
export function unstack(x: Tensor): Tensor[] {
  const [length, ...rest] = x.shape;
  if (length === 0) return [];
  if (length === 1) return [x.reshape(rest)];
  const middle = Math.ceil(length / 2);
  return x.split([middle, length - middle], 0).flatMap(unstack);
}
