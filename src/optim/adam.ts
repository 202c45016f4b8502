/**
 * The Adam and AdamW optimizers: their options and the call of the fused updates. Users import them from
 * `wengert/optim`; everything that optimizers share is in optimizer.ts and group.ts.
 */
import { applyUpdate } from "../core/apply.js";
import { adamUpdate, adamWUpdate, amsgradUpdate, amsgradWUpdate } from "../ops/optimizer/updates.js";
import { checkNumber, type Rule, type StepTensors } from "./group.js";
import { Optimizer, type ParameterList } from "./optimizer.js";

/** Options of `Adam` and `AdamW` that each group of parameters can set, besides the learning rate. */
export interface AdamSettings {
  /** How much of the averages of the gradient and of its square is kept from step to step. Default [0.9, 0.999]. */
  readonly betas: readonly [number, number];
  /** Added to the divisor, so that it is never 0. Default 1e-8. */
  readonly eps: number;
  /** Adam: the weight of the penalty |p|^2 / 2, default 0. AdamW: the weights shrink by lr times this, default 0.01. */
  readonly weightDecay: number;
  /** Divide by the largest average of squares so far (Reddi, Kale and Kumar 2018). Default false. */
  readonly amsgrad: boolean;
}

/** Options of `Adam` and `AdamW`. */
export interface AdamOptions extends Partial<AdamSettings> {
  /** The learning rate. Default 1e-3. */
  readonly lr?: number;
}

type Slot = "mean" | "variance" | "maximum";

const ruleOf = (name: string): Rule<AdamSettings, Slot> => ({
  name,
  check({ betas, eps, weightDecay }) {
    checkNumber(name, "betas[0]", betas[0], 1);
    checkNumber(name, "betas[1]", betas[1], 1);
    checkNumber(name, "eps", eps);
    checkNumber(name, "weightDecay", weightDecay);
  },
  slots: ({ amsgrad }) => (amsgrad ? { mean: 0, variance: 0, maximum: 0 } : { mean: 0, variance: 0 }),
});

abstract class AdamFamily extends Optimizer<AdamSettings, Slot> {
  readonly #decoupled: boolean;

  protected constructor(
    name: string,
    decoupled: boolean,
    parameters: ParameterList<AdamSettings>,
    { lr = 1e-3, betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0, amsgrad = false }: AdamOptions,
  ) {
    super(ruleOf(name), parameters, lr, { betas, eps, weightDecay, amsgrad });
    this.#decoupled = decoupled;
  }

  protected update(
    { parameters, gradients, slots, rate, counter }: StepTensors<Slot>,
    { betas, eps, weightDecay, amsgrad }: AdamSettings,
  ): void {
    const attrs = { beta1: betas[0], beta2: betas[1], eps, weightDecay };
    const { mean, variance } = slots;
    const tensors = { gradient: gradients, parameter: parameters, mean, variance, rate, counter: counter() };
    if (amsgrad)
      applyUpdate(this.#decoupled ? amsgradWUpdate : amsgradUpdate, { ...tensors, maximum: slots.maximum }, attrs);
    else applyUpdate(this.#decoupled ? adamWUpdate : adamUpdate, tensors, attrs);
  }
}

/**
 * Adam (Kingma and Ba, "Adam: a method for stochastic optimization", 2015, arXiv:1412.6980): the step of each weight is
 * its averaged gradient over the root of its averaged squared gradient. The formulas are PyTorch's.
 */
export class Adam extends AdamFamily {
  /**
   * @param parameters - tensors that require gradients, or groups of them with their own options
   * @throws ArgumentError if an option is out of range
   */
  constructor(parameters: ParameterList<AdamSettings>, options: AdamOptions = {}) {
    super("Adam", false, parameters, options);
  }
}

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter, 2019, arXiv:1711.05101): the decay does not pass through the
 * averages. The formulas are PyTorch's.
 */
export class AdamW extends AdamFamily {
  /**
   * @param parameters - tensors that require gradients, or groups of them with their own options
   * @throws ArgumentError if an option is out of range
   */
  constructor(parameters: ParameterList<AdamSettings>, options: AdamOptions = {}) {
    super("AdamW", true, parameters, { ...options, weightDecay: options.weightDecay ?? 0.01 });
  }
}
