/**
 * Mean squared error, mean absolute error and the coefficient of determination. Users update them with batches, or give
 * them to Trainer.
 */
import { ArgumentError, ShapeError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import { show } from "../core/shape.js";
import type { Tensor } from "../tensor.js";
import { MetricError } from "./errors.js";
import { numberPairs } from "./inputs.js";
import { Metric } from "./metric.js";

/** A sum over all elements, and their number. */
type Sum = { sum: number; count: number };

/** A metric that is the mean of a function of the differences. */
abstract class MeanError extends Metric<number, Sum> {
  readonly #error: (difference: number) => number;

  protected constructor(name: string, error: (difference: number) => number) {
    super(name, { sum: 0, count: 0 });
    this.#error = error;
  }

  /**
   * Adds a batch.
   *
   * @param predictions - numbers of any shape
   * @param targets - numbers of the same shape
   * @throws ShapeError, ArgumentError if the batch does not fit; nothing has changed then
   */
  update(predictions: Tensor, targets: Tensor): void {
    const [predicted, actual] = numberPairs(`${this.name}.update`, predictions, targets);
    let { sum, count } = this.state;
    actual.forEach((target, i) => {
      sum += this.#error(predicted[i] - target);
    });
    count += actual.length;
    this.state = { sum, count };
  }

  compute(): number {
    const { sum, count } = this.state;
    return this.defined(count, () => sum / count);
  }
}

/** The mean of the squared differences; scikit-learn's `mean_squared_error`. Predictions and targets of one shape. */
export class MeanSquaredError extends MeanError {
  constructor() {
    super("MeanSquaredError", (difference) => difference * difference);
  }
}

/** The mean of the absolute differences; scikit-learn's `mean_absolute_error`. Predictions and targets of one shape. */
export class MeanAbsoluteError extends MeanError {
  constructor() {
    super("MeanAbsoluteError", Math.abs);
  }
}

/** For each output: the mean of the targets, the sum of their squared distances from it, that of squared errors. */
type Variation = { count: number; mean: number[]; total: number[]; residual: number[] };

/** The options of `R2Score`. */
export interface R2Options {
  /**
   * How the scores of several outputs are averaged: equally, or weighted by the variance of the targets. Default
   * "uniformAverage".
   */
  readonly multioutput?: "uniformAverage" | "varianceWeighted";
}

/**
 * The coefficient of determination, 1 - sum (y - prediction)^2 / sum (y - mean y)^2; scikit-learn's `r2_score`. If
 * the targets do not vary, it is 1 if every prediction is right, and 0 otherwise, as in scikit-learn.
 *
 * Predictions and targets are (N) or (N, outputs).
 */
export class R2Score extends Metric<number, Variation> {
  readonly #multioutput: "uniformAverage" | "varianceWeighted";

  /** @throws ArgumentError for an unknown `multioutput` */
  constructor({ multioutput = "uniformAverage" }: R2Options = {}) {
    if (multioutput !== "uniformAverage" && multioutput !== "varianceWeighted")
      throw new ArgumentError(
        `R2Score: multioutput must be "uniformAverage" or "varianceWeighted", got ${quote(multioutput)}`,
      );
    super("R2Score", { count: 0, mean: [], total: [], residual: [] });
    this.#multioutput = multioutput;
  }

  /**
   * Adds a batch.
   *
   * @param predictions - numbers, (N) or (N, outputs)
   * @param targets - numbers of the same shape
   * @throws ShapeError, ArgumentError if the batch does not fit; nothing has changed then
   */
  update(predictions: Tensor, targets: Tensor): void {
    const op = "R2Score.update";
    const [predicted, actual] = numberPairs(op, predictions, targets);
    if (targets.rank !== 1 && targets.rank !== 2)
      throw new ShapeError(`${op}: targets must be (N) or (N, outputs), got ${show(targets.shape)}`);
    const outputs = targets.rank === 2 ? targets.shape[1] : 1;
    const { mean, total, residual } = this.getState();
    if (mean.length === 0) for (const list of [mean, total, residual]) list.push(...new Array<number>(outputs).fill(0));
    if (mean.length !== outputs)
      throw new ShapeError(`${op}: the batch has ${outputs} outputs, but earlier batches have ${mean.length}`);
    let { count } = this.state;
    for (let row = 0; row < targets.shape[0]; row++) {
      count++;
      for (let j = 0; j < outputs; j++) {
        const y = actual[row * outputs + j];
        // Welford 1962: the mean and the sum of squares move together, without cancellation.
        const distance = y - mean[j];
        mean[j] += distance / count;
        total[j] += distance * (y - mean[j]);
        residual[j] += (y - predicted[row * outputs + j]) ** 2;
      }
    }
    this.state = { count, mean, total, residual };
  }

  compute(): number {
    const { count, total, residual } = this.state;
    return this.defined(count, () => {
      if (count < 2) throw new MetricError("R2Score.compute: at least two targets are needed, got 1");
      const scores = total.map((sum, j) => (sum > 0 ? 1 - residual[j] / sum : residual[j] === 0 ? 1 : 0));
      const all = total.reduce((sum, value) => sum + value, 0);
      const weighted = this.#multioutput === "varianceWeighted" && all > 0;
      return scores.reduce((sum, score, j) => sum + score * (weighted ? total[j] / all : 1 / scores.length), 0);
    });
  }

  protected override stateRule({ mean, total, residual }: Variation): string | null {
    const fits = mean.length === total.length && mean.length === residual.length;
    return fits
      ? null
      : `mean, total and residual must have the same length, got ${mean.length}, ${total.length} and ${residual.length}`;
  }
}
