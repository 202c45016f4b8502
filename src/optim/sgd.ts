/**
 * The SGD optimizer, with and without momentum: its options and the call of the fused updates. Users import it from
 * `wengert/optim`; everything that optimizers share is in optimizer.ts and group.ts.
 */

import { applyUpdate } from "../core/apply.js";
import { ArgumentError } from "../core/errors.js";
import { checkFinite } from "../core/option-checks.js";
import { sgdMomentumUpdate, sgdUpdate } from "../ops/optimizer/updates.js";
import { checkNumber, type Rule, type StepTensors } from "./group.js";
import { Optimizer, type ParameterList } from "./optimizer.js";

/** Options of `SGD` that each group of parameters can set, besides the learning rate. */
export interface SGDSettings {
  /** How much of the velocity is kept from step to step. Default 0: no velocity. */
  readonly momentum: number;
  /** The gradient is multiplied by 1 - dampening before it is added to the velocity. Default 0. */
  readonly dampening: number;
  /**
   * Look ahead along the velocity (Sutskever et al., "On the importance of initialization and momentum in deep
   * learning", 2013). Default false.
   */
  readonly nesterov: boolean;
  /** The weight of the penalty |p|^2 / 2. Default 0. */
  readonly weightDecay: number;
}

/** Options of `SGD`. */
export interface SGDOptions extends Partial<SGDSettings> {
  /** The learning rate. */
  readonly lr: number;
}

const rule: Rule<SGDSettings, "velocity"> = {
  name: "SGD",
  check({ momentum, dampening, nesterov, weightDecay }) {
    checkNumber("SGD", "momentum", momentum);
    checkNumber("SGD", "weightDecay", weightDecay);
    checkFinite("SGD", "dampening", dampening);
    if (nesterov && (momentum === 0 || dampening !== 0))
      throw new ArgumentError(
        `SGD: nesterov requires a momentum above 0 and a dampening of 0, got ${momentum} and ${dampening}`,
      );
  },
  slots: ({ momentum }) => (momentum === 0 ? {} : { velocity: 0 }),
};

/** Stochastic gradient descent, optionally with momentum; the formulas are PyTorch's. */
export class SGD extends Optimizer<SGDSettings, "velocity"> {
  /**
   * @param parameters - tensors that require gradients, or groups of them with their own options
   * @throws ArgumentError if an option is out of range, or for `nesterov` without momentum or with dampening
   */
  constructor(
    parameters: ParameterList<SGDSettings>,
    { lr, momentum = 0, dampening = 0, nesterov = false, weightDecay = 0 }: SGDOptions,
  ) {
    super(rule, parameters, lr, { momentum, dampening, nesterov, weightDecay });
  }

  protected update(
    { parameters, gradients, slots, rate, counter }: StepTensors<"velocity">,
    { momentum, dampening, nesterov, weightDecay }: SGDSettings,
  ): void {
    const tensors = { gradient: gradients, parameter: parameters, rate };
    if (momentum === 0) {
      applyUpdate(sgdUpdate, tensors, { weightDecay });
    } else {
      const attrs = { weightDecay, momentum, dampening, nesterov };
      applyUpdate(sgdMomentumUpdate, { ...tensors, velocity: slots.velocity, counter: counter() }, attrs);
    }
  }
}
