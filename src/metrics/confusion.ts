/**
 * The confusion matrix, and the base class of metrics that are computed from its counts. Precision, recall and F1 in
 * precision-recall.ts extend it.
 */

import { ArgumentError } from "../core/errors.js";
import { checkInteger } from "../core/option-checks.js";
import { quote } from "../core/quote.js";
import type { Tensor } from "../tensor.js";
import { type DecisionOptions, labelPairs } from "./inputs.js";
import { Metric } from "./metric.js";

/**
 * The counts of a confusion matrix, (classes, classes) in row-major order: element (i, j) is how often class i was
 * predicted as class j.
 */
export type Counts = { counts: number[] };

/** A metric that is computed from the counts of a confusion matrix. */
export abstract class CountsMetric<V> extends Metric<V, Counts> {
  /** The number of classes. */
  readonly numClasses: number;
  readonly #options: DecisionOptions;

  protected constructor(name: string, numClasses: number, options: DecisionOptions) {
    checkInteger(name, "numClasses", numClasses, 2);
    super(name, { counts: new Array<number>(numClasses ** 2).fill(0) });
    this.numClasses = numClasses;
    this.#options = options;
  }

  /**
   * Adds a batch.
   *
   * @param predictions - labels or binary scores of the targets' shape, or scores (N, C, ...)
   * @param targets - labels, (N, ...)
   * @throws ShapeError, ArgumentError if the batch does not fit; nothing has changed then
   */
  update(predictions: Tensor, targets: Tensor): void {
    const op = `${this.name}.update`;
    const { predicted, actual } = labelPairs(op, predictions, targets, this.numClasses, this.#options);
    const { counts } = this.state;
    actual.forEach((label, i) => {
      counts[label * this.numClasses + predicted[i]]++;
    });
  }

  protected override stateRule({ counts }: Counts): string | null {
    const wrong = counts.find((count) => !Number.isSafeInteger(count) || count < 0);
    return wrong === undefined ? null : `counts must be non-negative integers, got ${wrong}`;
  }
}

/** The options of `ConfusionMatrix`. */
export interface ConfusionMatrixOptions extends DecisionOptions {
  /** The number of classes, 2 or more. */
  readonly numClasses: number;
  /** Divide by the sum of each row ("true"), of each column ("pred"), or of all; a sum of 0 gives 0. Default: counts. */
  readonly normalize?: "true" | "pred" | "all" | null;
}

/**
 * How often class i (row) was predicted as class j (column); scikit-learn's `confusion_matrix`.
 *
 * Predictions are labels (integers) or binary scores (floats) of the targets' shape, or scores of classes (N, C, ...).
 */
export class ConfusionMatrix extends CountsMetric<number[][]> {
  readonly #normalize: "true" | "pred" | "all" | null;

  /** @throws ArgumentError unless numClasses is an integer above 1 */
  constructor({ numClasses, normalize = null, ...options }: ConfusionMatrixOptions) {
    if (![null, "true", "pred", "all"].includes(normalize))
      throw new ArgumentError(
        `ConfusionMatrix: normalize must be "true", "pred", "all" or null, got ${quote(normalize)}`,
      );
    super("ConfusionMatrix", numClasses, options);
    this.#normalize = normalize;
  }

  /** The matrix by rows, (classes, classes). @throws MetricError if there were no targets */
  compute(): number[][] {
    const { actual, predicted, all, matrix } = marginsOf(this.state.counts, this.numClasses);
    return this.defined(all, () => {
      const divisor = (i: number, j: number): number =>
        this.#normalize === "true" ? actual[i] : this.#normalize === "pred" ? predicted[j] : all;
      if (this.#normalize === null) return matrix;
      return matrix.map((row, i) => row.map((count, j) => (count === 0 ? 0 : count / divisor(i, j))));
    });
  }
}

/** @internal The counts as rows, and their sums. */
export function marginsOf(
  counts: readonly number[],
  classes: number,
): { matrix: number[][]; actual: number[]; predicted: number[]; all: number } {
  const matrix = Array.from({ length: classes }, (_, i) => counts.slice(i * classes, (i + 1) * classes));
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const predicted = matrix.map((_, j) => sum(matrix.map((row) => row[j])));
  return { matrix, actual: matrix.map(sum), predicted, all: sum(counts) };
}
