/**
 * The Lion optimizer: its options and the call of the fused update. Users import it from `wengert/optim`; everything
 * that optimizers share is in optimizer.ts and group.ts.
 */
import { applyUpdate } from "../core/apply.js";
import { lionUpdate } from "../ops/optimizer/adaptive-updates.js";
import { checkNumber, type Rule, type StepTensors } from "./group.js";
import { Optimizer, type ParameterList } from "./optimizer.js";

/** Options of `Lion` that each group of parameters can set, besides the learning rate. */
export interface LionSettings {
  /** How much of the average counts in a step, and how much of it is kept from step to step. Default [0.9, 0.99]. */
  readonly betas: readonly [number, number];
  /** The weights shrink by lr times this. Default 0. */
  readonly weightDecay: number;
}

/** Options of `Lion`. */
export interface LionOptions extends Partial<LionSettings> {
  /** The learning rate, three to ten times smaller than for AdamW. Default 1e-4. */
  readonly lr?: number;
}

const rule: Rule<LionSettings, "mean"> = {
  name: "Lion",
  check({ betas, weightDecay }) {
    checkNumber("Lion", "betas[0]", betas[0], 1);
    checkNumber("Lion", "betas[1]", betas[1], 1);
    checkNumber("Lion", "weightDecay", weightDecay);
  },
  slots: () => ({ mean: 0 }),
};

/**
 * Lion (Chen et al., "Symbolic discovery of optimization algorithms", 2023, arXiv:2302.06675): the step of each
 * weight is lr, up or down.
 */
export class Lion extends Optimizer<LionSettings, "mean"> {
  /**
   * @param parameters - tensors that require gradients, or groups of them with their own options
   * @throws ArgumentError if an option is out of range
   */
  constructor(
    parameters: ParameterList<LionSettings>,
    { lr = 1e-4, betas = [0.9, 0.99], weightDecay = 0 }: LionOptions = {},
  ) {
    super(rule, parameters, lr, { betas, weightDecay });
  }

  protected update(
    { parameters, gradients, slots, rate }: StepTensors<"mean">,
    { betas, weightDecay }: LionSettings,
  ): void {
    const tensors = { gradient: gradients, parameter: parameters, mean: slots.mean, rate };
    applyUpdate(lionUpdate, tensors, { beta1: betas[0], beta2: betas[1], weightDecay });
  }
}
