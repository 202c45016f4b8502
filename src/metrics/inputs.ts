/**
 * Checks predictions and targets and turns them into labels, scores or numbers on the host. Used by all metrics; it
 * computes no figure.
 */
import { isFloat, type TypedArray } from "../core/dtype.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import { sameShape, show } from "../core/shape.js";
import { Tensor } from "../tensor.js";

/** Options that all metrics of labels share. */
export interface LabelMetricOptions {
  /** Targets with this label are left out. Default -100. */
  readonly ignoreIndex?: number;
}

/** Options of metrics that turn predictions into labels. */
export interface DecisionOptions extends LabelMetricOptions {
  /** Binary scores above it mean class 1. Default 0.5, for probabilities; for logits take 0. */
  readonly threshold?: number;
}

/** Labels in pairs, without those that are ignored. */
export interface LabelPairs {
  readonly predicted: readonly number[];
  readonly actual: readonly number[];
}

/** Scores by row of classes: (outer, classes, inner), as they lie in memory. */
export interface ScoreRows {
  readonly scores: TypedArray;
  readonly labels: TypedArray;
  readonly classes: number;
  /** The distance between two classes of one row. */
  readonly stride: number;
  /** Where the scores of a label begin. */
  start(label: number): number;
}

export function checkTensors(op: string, predictions: Tensor, targets: Tensor): void {
  for (const [name, value] of Object.entries({ predictions, targets })) {
    if (!(value instanceof Tensor)) throw new ArgumentError(`${op}: ${name} must be a tensor, got ${quote(value)}`);
    value.checkLive(op);
  }
}

/** Throws unless a label is a class. */
export function checkLabelAt(op: string, label: number, i: number, classes: number): void {
  if (Number.isInteger(label) && label >= 0 && label < classes) return;
  const problem =
    classes === Number.POSITIVE_INFINITY ? "is not a non-negative integer" : `is out of range for ${classes} classes`;
  throw new ArgumentError(`${op}: label ${label} at index ${i} ${problem}`);
}

/**
 * Predicted and actual labels. Predictions are labels (integers) or binary scores (floats) of the targets' shape, or
 * scores of classes (C) or (N, C, ...), of which the largest counts.
 *
 * @param classes - how many there are; null if the metric does not need the number
 */
export function labelPairs(
  op: string,
  predictions: Tensor,
  targets: Tensor,
  classes: number | null,
  { threshold = 0.5, ignoreIndex = -100 }: DecisionOptions,
): LabelPairs {
  checkTensors(op, predictions, targets);
  const same = sameShape(predictions.shape, targets.shape);
  const binary = same && isFloat(predictions.dtype);
  if (binary && classes !== null && classes !== 2)
    throw new ArgumentError(
      `${op}: floats in the shape of the targets are binary scores, but there are ${classes} classes; pass integer labels`,
    );
  const given = same ? (binary ? 2 : classes) : classAxisOf(op, predictions, targets).classes;
  if (classes !== null && given !== classes)
    throw new ShapeError(
      `${op}: predictions ${show(predictions.shape)} must have scores for ${classes} classes, got ${given}`,
    );
  const [predicted, actual] = [decide(predictions, same, binary, threshold), targets.dataSync()];
  const most = given ?? Number.POSITIVE_INFINITY;
  const pairs = { predicted: [] as number[], actual: [] as number[] };
  actual.forEach((label, i) => {
    if (label === ignoreIndex) return;
    checkLabelAt(op, label, i, most);
    checkLabelAt(op, predicted[i], i, most);
    pairs.predicted.push(predicted[i]);
    pairs.actual.push(label);
  });
  return pairs;
}

function decide(predictions: Tensor, same: boolean, binary: boolean, threshold: number): TypedArray {
  if (same && !binary) return predictions.dataSync();
  if (binary) return Uint8Array.from(predictions.dataSync(), (score) => (score > threshold ? 1 : 0));
  using labels = predictions.argmax(predictions.rank === 1 ? 0 : 1);
  return labels.dataSync();
}

/** Scores of classes and their labels, which are checked. */
export function scoreRows(op: string, predictions: Tensor, targets: Tensor, ignoreIndex: number): ScoreRows {
  checkTensors(op, predictions, targets);
  const { axis, classes } = classAxisOf(op, predictions, targets);
  const [scores, labels] = [predictions.dataSync(), targets.dataSync()];
  labels.forEach((label, i) => {
    if (label !== ignoreIndex) checkLabelAt(op, label, i, classes);
  });
  const stride = predictions.shape.slice(axis + 1).reduce((size, n) => size * n, 1);
  const start = (row: number): number => Math.floor(row / stride) * classes * stride + (row % stride);
  return { scores, labels, classes, stride, start };
}

/** The axis of the classes: the only one of (C), the second of (N, C, ...). */
function classAxisOf(op: string, { shape }: Tensor, targets: Tensor): { axis: number; classes: number } {
  const axis = shape.length > 1 ? 1 : 0;
  const rest = shape.filter((_, i) => i !== axis);
  if (shape.length === 0 || !sameShape(rest, targets.shape))
    throw new ShapeError(
      `${op}: predictions ${show(shape)} do not match targets ${show(targets.shape)}; pass the same shape, or scores (N, C, ...) for targets (N, ...)`,
    );
  if (shape[axis] < 2)
    throw new ShapeError(
      `${op}: predictions ${show(shape)} must have scores for at least 2 classes, got ${shape[axis]}; reshape binary scores to the shape of the targets, ${show(targets.shape)}`,
    );
  return { axis, classes: shape[axis] };
}

/** Numbers in pairs, of tensors of one shape. */
export function numberPairs(op: string, predictions: Tensor, targets: Tensor): readonly [TypedArray, TypedArray] {
  checkTensors(op, predictions, targets);
  if (!sameShape(predictions.shape, targets.shape))
    throw new ShapeError(
      `${op}: predictions and targets must have the same shape, got ${show(predictions.shape)} and ${show(targets.shape)}`,
    );
  const pair = [predictions.dataSync(), targets.dataSync()] as const;
  pair.forEach((values, which) => {
    const at = values.findIndex((value) => !Number.isFinite(value));
    const name = which === 0 ? "prediction" : "target";
    if (at >= 0) throw new ArgumentError(`${op}: the ${name} at index ${at} must be finite, got ${values[at]}`);
  });
  return pair;
}
