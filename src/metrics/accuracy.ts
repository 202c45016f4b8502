/** Accuracy and top-k accuracy of classifiers. Users update them with batches, or give them to Trainer. */

import { ArgumentError } from "../core/errors.js";
import { checkInteger } from "../core/option-checks.js";
import type { Tensor } from "../tensor.js";
import { type DecisionOptions, type LabelMetricOptions, labelPairs, scoreRows } from "./inputs.js";
import { Metric } from "./metric.js";

/** How many labels there were, and how many of them were met. */
type Hits = { hits: number; count: number };

/** A metric that is a fraction of the labels. */
abstract class HitRate extends Metric<number, Hits> {
  protected constructor(name: string) {
    super(name, { hits: 0, count: 0 });
  }

  /** Adds the counts of a batch. */
  protected add(hits: number, count: number): void {
    this.state = { hits: this.state.hits + hits, count: this.state.count + count };
  }

  compute(): number {
    const { hits, count } = this.state;
    return this.defined(count, () => hits / count);
  }

  protected override stateRule({ hits, count }: Hits): string | null {
    return hits >= 0 && hits <= count ? null : `hits must be between 0 and count, got ${hits} of ${count}`;
  }
}

/**
 * The part of the labels that was predicted, from 0 to 1; scikit-learn's `accuracy_score`.
 *
 * Predictions are labels (integers) or binary scores (floats) of the targets' shape, or scores of classes (N, C, ...),
 * such as logits.
 */
export class Accuracy extends HitRate {
  readonly #options: DecisionOptions;

  /** @param options - how binary scores become labels, and which label to ignore */
  constructor(options: DecisionOptions = {}) {
    super("Accuracy");
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
    const { predicted, actual } = labelPairs("Accuracy.update", predictions, targets, null, this.#options);
    this.add(actual.filter((label, i) => label === predicted[i]).length, actual.length);
  }
}

/**
 * The part of the labels that is among the k classes with the highest scores; scikit-learn's `top_k_accuracy_score`. Of
 * equal scores that of the later class counts as higher, as there.
 *
 * Predictions are scores (N, C, ...), targets labels (N, ...).
 */
export class TopKAccuracy extends HitRate {
  /** The number of classes with the highest scores that count. */
  readonly k: number;
  readonly #ignoreIndex: number;

  /**
   * @param k - how many of the highest scores count
   * @throws ArgumentError unless k is an integer above 0
   */
  constructor(k: number, { ignoreIndex = -100 }: LabelMetricOptions = {}) {
    checkInteger("TopKAccuracy", "k", k, 1);
    super("TopKAccuracy");
    this.k = k;
    this.#ignoreIndex = ignoreIndex;
  }

  /**
   * Adds a batch.
   *
   * @param predictions - scores, (N, C, ...)
   * @param targets - labels, (N, ...)
   * @throws ShapeError, ArgumentError if the batch does not fit; nothing has changed then
   */
  update(predictions: Tensor, targets: Tensor): void {
    const op = "TopKAccuracy.update";
    const { scores, labels, classes, stride, start } = scoreRows(op, predictions, targets, this.#ignoreIndex);
    if (this.k > classes)
      throw new ArgumentError(`${op}: k must not exceed the number of classes, ${classes}, got ${this.k}`);
    let [hits, count] = [0, 0];
    labels.forEach((label, row) => {
      if (label === this.#ignoreIndex) return;
      const first = start(row);
      let above = 0;
      for (let c = 0; c < classes; c++)
        if (c !== label && ranksAbove(scores[first + c * stride], scores[first + label * stride], c > label)) above++;
      if (above < this.k) hits++;
      count++;
    });
    this.add(hits, count);
  }
}

/** Whether `a` is the higher score, NaN being the highest of all; `ifEqual` decides where neither is. */
function ranksAbove(a: number, b: number, ifEqual: boolean): boolean {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && (!Number.isNaN(b) || ifEqual);
  return a > b || (a === b && ifEqual);
}
