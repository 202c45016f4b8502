/**
 * The options and checks that the losses of this folder share: the reduction, and equal shapes. The checks of class
 * labels are in labels.ts.
 */
import { type DType, isFloat } from "../../core/dtype.js";
import { ArgumentError, ShapeError } from "../../core/errors.js";
import { sameShape, show } from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";

/** The result of a loss: the mean or the sum of the losses of all elements or rows, or each loss ("none"). */
export type Reduction = "mean" | "sum" | "none";

/** The option that all losses have. */
export interface LossOptions {
  /** The mean of the losses, their sum, or each of them. Default "mean". */
  readonly reduction?: Reduction;
}

const reductions: readonly unknown[] = ["mean", "sum", "none"] satisfies Reduction[];

/** Throws unless `reduction` is one of the three. */
export function checkReduction(op: string, reduction: Reduction): void {
  if (!reductions.includes(reduction))
    throw new ArgumentError(`${op}: reduction must be one of ${reductions.join(", ")}, got ${String(reduction)}`);
}

/** The mean or sum of the losses, or the losses themselves. The mean of nothing is NaN. */
export function reduceLosses(losses: Tensor, reduction: Reduction): Tensor {
  if (reduction === "none") return losses;
  return reduction === "mean" ? losses.mean() : losses.sum();
}

/**
 * Throws unless both have one shape. A loss does not broadcast: [n, 1] against [n] would silently compare every element
 * with every other.
 */
export function checkSameShape(op: string, input: Tensor, target: Tensor): void {
  if (!sameShape(input.shape, target.shape))
    throw new ShapeError(
      `${op}: input and target must have the same shape, got ${show(input.shape)} and ${show(target.shape)}`,
    );
}

/** The dtype of a loss of `input`. */
export const lossDType = (input: Tensor): DType => (isFloat(input.dtype) ? input.dtype : "float32");
