/**
 * Checks and reductions of losses whose targets are class labels. Shared by nll.ts and the two files of the
 * cross-entropy.
 */
import { ArgumentError, ShapeError } from "../../core/errors.js";
import type { Meta } from "../../core/op.js";
import { type Shape, sameShape, show } from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";
import type { LossOptions, Reduction } from "./loss-options.js";

/** The options that losses of class labels share. */
export interface LabelOptions extends LossOptions {
  /** (C), a factor on the loss of each class. With labels the mean is weighted too. Default: none. */
  readonly weight?: Tensor | null;
  /** A label with no loss, which does not count in the mean, such as padding. Default -100. */
  readonly ignoreIndex?: number;
}

/** The axis of the classes in (C) and in (N, C, d1, ...). */
export function classAxis(op: string, shape: Shape): number {
  if (shape.length === 0) throw new ShapeError(`${op}: scores must have shape (C) or (N, C, ...), got a scalar`);
  return shape.length === 1 ? 0 : 1;
}

/** The shape of a row of classes: that of labels and of losses. */
export const labelShape = (scores: Shape, axis: number): Shape => scores.filter((_, i) => i !== axis);

/** Throws unless there is one label for each row of scores, and one weight for each class. */
export function checkLabels(op: string, scores: Shape, axis: number, target: Meta, weight: Meta | undefined): void {
  const expected = labelShape(scores, axis);
  if (!sameShape(target.shape, expected))
    throw new ShapeError(
      `${op}: labels must have shape ${show(expected)} for scores ${show(scores)}, got ${show(target.shape)}`,
    );
  checkClassWeight(op, scores, axis, weight);
}

/** Throws unless there is one weight for each class. */
export function checkClassWeight(op: string, scores: Shape, axis: number, weight: Meta | undefined): void {
  if (weight && !sameShape(weight.shape, [scores[axis]]))
    throw new ShapeError(
      `${op}: weight must have shape [${scores[axis]}], one value for each class, got ${show(weight.shape)}`,
    );
}

/** Throws for a label that is out of range. */
export function checkLabel(op: string, label: number, classes: number, ignoreIndex: number): void {
  if (label < 0 || label >= classes)
    throw new ArgumentError(
      `${op}: label ${label} is out of range for ${classes} classes; labels count from 0, and ignoreIndex is ${ignoreIndex}`,
    );
}

/** (C) -> (C, 1, ...), to broadcast against the scores. */
export const alongClasses = (weight: Tensor, rank: number, axis: number): Tensor =>
  weight.reshape([weight.size, ...new Array<number>(rank - 1 - axis).fill(1)]);

/** The losses of labels, reduced; their mean is over the weights of the labels. */
export function reduceLabelLosses(losses: Tensor, weights: Tensor, reduction: Reduction): Tensor {
  if (reduction === "none") return losses;
  return reduction === "sum" ? losses.sum() : losses.sum().div(weights.sum());
}
