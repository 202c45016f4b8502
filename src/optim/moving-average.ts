/**
 * Exponential moving averages of weights, which can take the place of the weights for an evaluation. Users call
 * `update` after each optimizer step.
 */
import { applyUpdate } from "../core/apply.js";
import { isFloat } from "../core/dtype.js";
import { ArgumentError, DTypeError, FormatError } from "../core/errors.js";
import { outsideScopes } from "../core/memory/scope.js";
import type { Meta } from "../core/op.js";
import { compareTensors, type SavedState } from "../io/checkpoint.js";
import { emaUpdate } from "../ops/optimizer/adaptive-updates.js";
import { copyValues } from "../ops/optimizer/copy.js";
import type { Tensor } from "../tensor.js";
import { checkNumber, slotType } from "./group.js";
import { isCount, isObject } from "./state.js";

const name = "ExponentialMovingAverage";

/** Options of `ExponentialMovingAverage`. */
export interface ExponentialMovingAverageOptions {
  /** How much of the average is kept from update to update. Default 0.999, as in PyTorch. */
  readonly decay?: number;
}

/**
 * Averages of weights over the steps of a training run, which often do better than the weights (Polyak and Juditsky
 * 1992):
 *
 *     average = decay average + (1 - decay) weight          the first update takes the weight as it is
 *
 * as in PyTorch's AveragedModel with `get_ema_multi_avg_fn`. It keeps them outside all scopes until `dispose`, in
 * float32 at least.
 *
 * ```ts
 * const average = new ExponentialMovingAverage(model.parameters());
 * optimizer.step(gradients);
 * average.update();
 * ...
 * average.swapIn();
 * const { loss } = await trainer.evaluate(validation);
 * average.swapOut();
 * ```
 */
export class ExponentialMovingAverage implements Disposable {
  /** The parameters whose averages are kept. */
  readonly parameters: readonly Tensor[];
  /** How much of the average is kept from update to update. */
  readonly decay: number;
  readonly #averages: readonly Tensor[];
  /** The weights, while the averages are swapped in. */
  #weights: readonly Tensor[] | null = null;
  #updates = 0;

  /**
   * @throws ArgumentError if there are no parameters, one is listed twice, or `decay` is not from 0 to below 1;
   *   DTypeError if one is not a float
   */
  constructor(parameters: Iterable<Tensor>, { decay = 0.999 }: ExponentialMovingAverageOptions = {}) {
    checkNumber(name, "decay", decay, 1);
    this.decay = decay;
    this.parameters = [...parameters];
    if (this.parameters.length === 0) throw new ArgumentError(`${name}: there are no parameters`);
    if (new Set(this.parameters).size !== this.parameters.length)
      throw new ArgumentError(`${name}: a parameter appears twice in the list`);
    this.parameters.forEach((p, i) => {
      p.checkLive(name);
      if (!isFloat(p.dtype))
        throw new DTypeError(`${name}: parameters[${i}] must have a float dtype, got ${p.describe()}`);
    });
    this.#averages = outsideScopes(() => this.parameters.map((p) => p.zeros(p.shape, slotType(p))));
    copy(this.parameters, this.#averages);
  }

  /** Adds the current weights to the averages. @throws ArgumentError while the averages are swapped in */
  update(): void {
    this.#checkOut("update");
    // They follow parameters that were moved to another device.
    this.#averages.forEach((average, i) => {
      average.storage.move(this.parameters[i].storage.backend);
    });
    if (this.#updates === 0) copy(this.parameters, this.#averages);
    else applyUpdate(emaUpdate, { source: this.parameters, average: this.#averages }, { decay: this.decay });
    this.#updates++;
  }

  /** Replaces the weights by the averages, and keeps the weights. @throws ArgumentError if they are there already */
  swapIn(): void {
    this.#checkOut("swapIn");
    const weights = outsideScopes(() => this.parameters.map((p) => p.zeros()));
    copy(this.parameters, weights);
    copy(this.#averages, this.parameters);
    this.#weights = weights;
  }

  /** Puts the weights back. @throws ArgumentError if the averages are not swapped in */
  swapOut(): void {
    if (!this.#weights) throw new ArgumentError(`${name}.swapOut: the averages are not swapped in; call swapIn first`);
    copy(this.#weights, this.parameters);
    this.#forgetWeights();
  }

  /** The averages (`7` belongs to `parameters[7]`) and the number of updates. */
  stateDict(): SavedState {
    const tensors = new Map(this.#averages.map((average, i) => [String(i), average]));
    return { tensors, values: { type: name, decay: this.decay, updates: this.#updates } };
  }

  /**
   * Loads averages, copying them.
   *
   * @throws FormatError that names the differences in number, shapes, dtypes or `decay`, or if it is not such a state;
   *   ArgumentError while the averages are swapped in. Nothing has changed then
   */
  loadStateDict({ tensors, values }: SavedState): void {
    this.#checkOut("loadStateDict");
    const op = `${name}.loadStateDict`;
    if (!isObject(values) || values.type !== name || !isCount(values.updates))
      throw new FormatError(`${op}: this is not the state of an ${name}`);
    const averages = new Map<string, Meta>(this.#averages.map((average, i) => [String(i), average]));
    const differences = [
      ...(values.decay === this.decay ? [] : [`decay is ${this.decay}, but ${values.decay} in the state`]),
      ...compareTensors(averages, tensors, "the state"),
    ];
    if (differences.length > 0) throw new FormatError(`${op}: ${differences.join("; ")}`);
    copy(
      this.#averages.map((_, i) => tensors.get(String(i)) as Tensor),
      this.#averages,
    );
    this.#updates = values.updates;
  }

  /** Frees the averages. Parameters stay as they are. */
  dispose(): void {
    for (const average of this.#averages) average.dispose();
    this.#forgetWeights();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #forgetWeights(): void {
    for (const weight of this.#weights ?? []) weight.dispose();
    this.#weights = null;
  }

  #checkOut(method: string): void {
    if (this.#weights) throw new ArgumentError(`${name}.${method}: the averages are swapped in; call swapOut first`);
  }
}

const copy = (source: readonly Tensor[], target: readonly Tensor[]): void => copyValues(name, source, target);
