/**
 * The Adagrad optimizer: its options and the call of the fused update. Users import it from `wengert/optim`; everything
 * that optimizers share is in optimizer.ts and group.ts.
 */
import { applyUpdate } from "../core/apply.js";
import { adagradUpdate } from "../ops/optimizer/adaptive-updates.js";
import { checkNumber, type Rule, type StepTensors } from "./group.js";
import { Optimizer, type ParameterList } from "./optimizer.js";

/** Options of `Adagrad` that each group of parameters can set, besides the learning rate. */
export interface AdagradSettings {
  /** The learning rate is divided by 1 + lrDecay times the number of earlier steps. Default 0. */
  readonly lrDecay: number;
  /** The weight of the penalty |p|^2 / 2. Default 0. */
  readonly weightDecay: number;
  /** The initial value of the sums of squares. Default 0. */
  readonly initialAccumulatorValue: number;
  /** Added to the divisor, so that it is never 0. Default 1e-10. */
  readonly eps: number;
}

/** Options of `Adagrad`. */
export interface AdagradOptions extends Partial<AdagradSettings> {
  /** The learning rate. Default 0.01. */
  readonly lr?: number;
}

const rule: Rule<AdagradSettings, "sum"> = {
  name: "Adagrad",
  check({ lrDecay, weightDecay, initialAccumulatorValue, eps }) {
    for (const [name, value] of Object.entries({ lrDecay, weightDecay, initialAccumulatorValue, eps }))
      checkNumber("Adagrad", name, value);
  },
  slots: ({ initialAccumulatorValue }) => ({ sum: initialAccumulatorValue }),
};

/** Adagrad (Duchi, Hazan and Singer 2011): the gradient over the root of the sum of its squares so far. */
export class Adagrad extends Optimizer<AdagradSettings, "sum"> {
  /**
   * @param parameters - tensors that require gradients, or groups of them with their own options
   * @throws ArgumentError if an option is out of range
   */
  constructor(
    parameters: ParameterList<AdagradSettings>,
    { lr = 0.01, lrDecay = 0, weightDecay = 0, initialAccumulatorValue = 0, eps = 1e-10 }: AdagradOptions = {},
  ) {
    super(rule, parameters, lr, { lrDecay, weightDecay, initialAccumulatorValue, eps });
  }

  protected update({ parameters, gradients, slots, rate, counter }: StepTensors<"sum">, attrs: AdagradSettings): void {
    const tensors = { gradient: gradients, parameter: parameters, sum: slots.sum, rate, counter: counter() };
    applyUpdate(adagradUpdate, tensors, attrs);
  }
}
