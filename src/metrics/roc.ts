/** The ROC curve and the area under it. Both keep every score, since the curve depends on the order of all of them. */

import { ArgumentError } from "../core/errors.js";
import { checkInteger } from "../core/option-checks.js";
import { quote } from "../core/quote.js";
import type { Tensor } from "../tensor.js";
import { MetricError } from "./errors.js";
import { checkLabelAt, numberPairs, scoreRows } from "./inputs.js";
import { Metric } from "./metric.js";

/** All scores so far, row by row, and their labels: the curve depends on the order of all. */
type Scored = { scores: number[]; labels: number[] };

/** A ROC curve: point i is what classifying as 1 all scores of at least `thresholds[i]` gives. */
export interface ROC {
  /** The part of the labels 0 that is taken for 1; rising from 0 to 1. */
  readonly fpr: number[];
  /** The part of the labels 1 that is taken for 1; rising from 0 to 1. */
  readonly tpr: number[];
  /** Falling from infinity. */
  readonly thresholds: number[];
}

/** The options of `ROCCurve`. */
export interface ROCCurveOptions {
  /** Leave out points on a straight line between their neighbours. Default true. */
  readonly dropIntermediate?: boolean;
}

/**
 * The receiver operating characteristic of a binary classifier; scikit-learn's `roc_curve`. It keeps every score.
 *
 * Predictions are scores of class 1, targets 0 or 1 of the same shape.
 */
export class ROCCurve extends Metric<ROC, Scored> {
  readonly #dropIntermediate: boolean;

  /** @param options - whether points on straight lines are left out */
  constructor({ dropIntermediate = true }: ROCCurveOptions = {}) {
    super("ROCCurve", { scores: [], labels: [] });
    this.#dropIntermediate = dropIntermediate;
  }

  /**
   * Adds a batch.
   *
   * @param predictions - scores of class 1, of any shape
   * @param targets - 0 or 1, of the same shape
   * @throws ShapeError, ArgumentError if the batch does not fit; nothing has changed then
   */
  update(predictions: Tensor, targets: Tensor): void {
    addBinary("ROCCurve.update", this.state, predictions, targets);
  }

  compute(): ROC {
    const { scores, labels } = this.state;
    return this.defined(labels.length, () => curveOf(this.name, scores, labels, 1, this.#dropIntermediate));
  }

  protected override stateRule(state: Scored): string | null {
    return scoredRule(state, 1, 2);
  }
}

/** The options of `AUC`. */
export interface AUCOptions {
  /** For more than two classes: each against all others (one versus rest). Default: binary. */
  readonly numClasses?: number;
  /** Over the classes: their mean, or one weighted by the number of labels. Default "macro". */
  readonly average?: "macro" | "weighted";
}

/**
 * The area under the ROC curve: how often a label 1 has a higher score than a label 0; scikit-learn's `roc_auc_score`.
 * It keeps every score.
 *
 * Predictions are scores of class 1 of the targets' shape, or, with `numClasses`, probabilities of classes (N, C, ...).
 */
export class AUC extends Metric<number, Scored> {
  readonly #classes: number | null;
  readonly #average: "macro" | "weighted";

  /** @throws ArgumentError if an option is out of range */
  constructor({ numClasses, average = "macro" }: AUCOptions = {}) {
    if (numClasses !== undefined) checkInteger("AUC", "numClasses", numClasses, 2);
    if (average !== "macro" && average !== "weighted")
      throw new ArgumentError(`AUC: average must be "macro" or "weighted", got ${quote(average)}`);
    super("AUC", { scores: [], labels: [] });
    this.#classes = numClasses ?? null;
    this.#average = average;
  }

  /**
   * Adds a batch.
   *
   * @param predictions - scores of class 1 of the targets' shape or, with `numClasses`, probabilities (N, C, ...)
   * @param targets - labels
   * @throws ShapeError, ArgumentError if the batch does not fit; nothing has changed then
   */
  update(predictions: Tensor, targets: Tensor): void {
    if (this.#classes === null) addBinary("AUC.update", this.state, predictions, targets);
    else addRows("AUC.update", this.state, predictions, targets, this.#classes);
  }

  compute(): number {
    const { scores, labels } = this.state;
    const classes = this.#classes;
    return this.defined(labels.length, () => {
      if (classes === null) return areaOf(curveOf(this.name, scores, labels, 1, false));
      let area = 0;
      for (let c = 0; c < classes; c++) {
        const positives = labels.filter((label) => label === c).length;
        const weight = this.#average === "macro" ? 1 / classes : positives / labels.length;
        if (weight === 0) continue; // no label has this class: it counts for nothing
        const column = labels.map((_, i) => scores[i * classes + c]);
        area += weight * areaOf(curveOf(this.name, column, labels, c, false));
      }
      return area;
    });
  }

  protected override stateRule(state: Scored): string | null {
    return scoredRule(state, this.#classes ?? 1, this.#classes ?? 2);
  }
}

function addBinary(op: string, state: Scored, predictions: Tensor, targets: Tensor): void {
  const [scores, labels] = numberPairs(op, predictions, targets);
  labels.forEach((label, i) => {
    checkLabelAt(op, label, i, 2);
  });
  for (const score of scores) state.scores.push(score);
  for (const label of labels) state.labels.push(label);
}

function addRows(op: string, state: Scored, predictions: Tensor, targets: Tensor, numClasses: number): void {
  const { scores, labels, classes, stride, start } = scoreRows(op, predictions, targets, Number.NaN);
  if (classes !== numClasses)
    throw new ArgumentError(`${op}: predictions must have scores for ${numClasses} classes, got ${classes}`);
  const rows = Array.from(labels, (_, row) =>
    Array.from({ length: classes }, (_, c) => scores[start(row) + c * stride]),
  );
  rows.forEach((row, i) => {
    // Logits of different rows cannot be compared, and a column of them has another order than its probabilities.
    const sum = row.reduce((total, score) => total + score, 0);
    if (!(row.every((score) => score >= 0) && Math.abs(sum - 1) <= tolerance))
      throw new ArgumentError(
        `${op}: row ${i} of the predictions must be probabilities that sum to 1, got the sum ${sum} and the minimum ${Math.min(...row)}; apply softmax to logits`,
      );
  });
  for (const row of rows) state.scores.push(...row);
  for (const label of labels) state.labels.push(label);
}

/** How far from 1 the sum of a row's probabilities may be: what the rounding of bfloat16 leaves. */
const tolerance = 0.02;

function scoredRule({ scores, labels }: Scored, columns: number, classes: number): string | null {
  if (scores.length !== labels.length * columns)
    return `the state has ${scores.length} scores for ${labels.length} labels`;
  const wrong = labels.find((label) => !Number.isInteger(label) || label < 0 || label >= classes);
  return wrong === undefined ? null : `label ${wrong} is out of range for ${classes} classes`;
}

/** The curve of one class against all others. */
function curveOf(name: string, scores: number[], labels: number[], positive: number, drop: boolean): ROC {
  const positives = labels.filter((label) => label === positive).length;
  const negatives = labels.length - positives;
  if (positives === 0)
    throw new MetricError(
      `${name}.compute: no label is ${positive}; both classes must occur among the ${labels.length} labels`,
    );
  if (negatives === 0)
    throw new MetricError(
      `${name}.compute: every label is ${positive}; both classes must occur among the ${labels.length} labels`,
    );
  const order = Uint32Array.from(scores, (_, i) => i).sort((a, b) => scores[b] - scores[a]);
  // One point at the end of each run of equal scores.
  const points: [falsePositives: number, truePositives: number, threshold: number][] = [];
  let hits = 0;
  order.forEach((index, i) => {
    if (labels[index] === positive) hits++;
    if (i + 1 === order.length || scores[order[i + 1]] !== scores[index])
      points.push([i + 1 - hits, hits, scores[index]]);
  });
  const straight = (i: number, which: 0 | 1): boolean =>
    points[i + 1][which] - points[i][which] === points[i][which] - points[i - 1][which];
  const inner = (i: number): boolean => i > 0 && i < points.length - 1;
  const kept = points.filter((_, i) => !(drop && inner(i) && straight(i, 0) && straight(i, 1)));
  return {
    fpr: [0, ...kept.map(([falsePositives]) => falsePositives / negatives)],
    tpr: [0, ...kept.map(([, truePositives]) => truePositives / positives)],
    thresholds: [Number.POSITIVE_INFINITY, ...kept.map(([, , threshold]) => threshold)],
  };
}

/** By trapezia. */
const areaOf = ({ fpr, tpr }: ROC): number =>
  fpr.reduce((area, x, i) => (i === 0 ? 0 : area + ((x - fpr[i - 1]) * (tpr[i] + tpr[i - 1])) / 2), 0);
