/**
 * L1 and L2 penalties on parameters, as scalars that users add to their loss. Weight decay inside a step is an option
 * of the optimizers.
 */
import { ArgumentError } from "../core/errors.js";
import type { Tensor } from "../tensor.js";
import { checkNumber } from "./group.js";

/**
 * weight (|p1| + |p2| + ...), a scalar to be added to a loss: it draws weights to 0 exactly (Tibshirani 1996).
 *
 * @throws ArgumentError if there are no parameters, or the weight is not a finite number of 0 or more
 */
export const l1Penalty = (parameters: Iterable<Tensor>, weight: number): Tensor =>
  penalty("l1Penalty", parameters, weight, (p) => p.abs());

/**
 * weight (p1^2 + p2^2 + ...), a scalar to be added to a loss; Keras's L2. An optimizer's `weightDecay` of twice the
 * weight has the same gradient.
 *
 * @throws ArgumentError if there are no parameters, or the weight is not a finite number of 0 or more
 */
export const l2Penalty = (parameters: Iterable<Tensor>, weight: number): Tensor =>
  penalty("l2Penalty", parameters, weight, (p) => p.mul(p));

function penalty(op: string, parameters: Iterable<Tensor>, weight: number, of: (p: Tensor) => Tensor): Tensor {
  checkNumber(op, "the weight", weight);
  const sums = [...parameters].map((p) => of(p).sum());
  if (sums.length === 0) throw new ArgumentError(`${op}: there are no parameters`);
  return sums.reduce((total, sum) => total.add(sum)).mul(weight);
}
