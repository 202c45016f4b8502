/** Perplexity of language models. Users update it with logits, or give it to Trainer. */
import { noGrad } from "../core/autograd/grad.js";
import { ArgumentError } from "../core/errors.js";
import { tidy } from "../core/memory/scope.js";
import { crossEntropy } from "../ops/index.js";
import type { Tensor } from "../tensor.js";
import { checkTensors, type LabelMetricOptions } from "./inputs.js";
import { Metric } from "./metric.js";

/**
 * e to the mean cross entropy in nats: the number of equally likely tokens that would be as hard to guess.
 *
 * Predictions are logits (C) or (N, C, ...), targets integers of shape () or (N, ...).
 */
export class Perplexity extends Metric<number, { sum: number; count: number }> {
  readonly #ignoreIndex: number;

  /** @param options - which label to ignore */
  constructor({ ignoreIndex = -100 }: LabelMetricOptions = {}) {
    super("Perplexity", { sum: 0, count: 0 });
    this.#ignoreIndex = ignoreIndex;
  }

  /**
   * Adds a batch.
   *
   * @param predictions - logits, (C) or (N, C, ...)
   * @param targets - labels, () or (N, ...)
   * @throws ShapeError, ArgumentError if the batch does not fit or its loss is not finite; nothing has changed then
   */
  update(predictions: Tensor, targets: Tensor): void {
    checkTensors("Perplexity.update", predictions, targets);
    const ignoreIndex = this.#ignoreIndex;
    const loss = noGrad(() => tidy(() => crossEntropy(predictions, targets, { reduction: "sum", ignoreIndex }).item()));
    if (!Number.isFinite(loss))
      throw new ArgumentError(`Perplexity.update: the loss of the batch must be finite, got ${loss}`);
    const counted = targets.dataSync().filter((label) => label !== ignoreIndex).length;
    this.state = { sum: this.state.sum + loss, count: this.state.count + counted };
  }

  compute(): number {
    const { sum, count } = this.state;
    return this.defined(count, () => Math.exp(sum / count));
  }
}
