import { applyUpdate } from "../core/apply.js";
import { ArgumentError } from "../core/errors.js";
import { sgdMomentumUpdate, sgdUpdate } from "../ops/optimizer/updates.js";
import { checkNumber, type Rule, type StepTensors } from "./group.js";
import { Optimizer, type ParameterList } from "./optimizer.js";

/** What a group of parameters may have of its own, beside the learning rate. */
export interface SGDSettings {
  /** How much of the velocity is kept from step to step. Default 0: no velocity. */
  readonly momentum: number;
  /** How much less than 1 of the gradient is added to the velocity. Default 0. */
  readonly dampening: number;
  /** Look ahead along the velocity (Sutskever et al. 2013). Default false. */
  readonly nesterov: boolean;
  /** The weight of the penalty |p|^2 / 2. Default 0. */
  readonly weightDecay: number;
}

export interface SGDOptions extends Partial<SGDSettings> {
  /** The learning rate. */
  readonly lr: number;
}

const rule: Rule<SGDSettings, "velocity"> = {
  name: "SGD",
  check({ momentum, dampening, nesterov, weightDecay }) {
    checkNumber("SGD", "momentum", momentum);
    checkNumber("SGD", "weightDecay", weightDecay);
    if (!Number.isFinite(dampening)) throw new ArgumentError(`SGD: dampening is a finite number, got ${dampening}`);
    if (nesterov && (momentum === 0 || dampening !== 0))
      throw new ArgumentError(`SGD: nesterov needs momentum and no dampening, got ${momentum} and ${dampening}`);
  },
  slots: ({ momentum }) => (momentum === 0 ? {} : { velocity: 0 }),
};

/** Stochastic gradient descent, with momentum where asked for; the formulas are PyTorch's. */
export class SGD extends Optimizer<SGDSettings, "velocity"> {
  /** @throws ArgumentError if an option is out of range, or Nesterov is asked for without momentum or with dampening */
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
