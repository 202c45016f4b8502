/**
 * The RMSprop optimizer: its options and the call of the fused updates. Users import it from `wengert/optim`;
 * everything that optimizers share is in optimizer.ts and group.ts.
 */
import { applyUpdate } from "../core/apply.js";
import {
  centredRmspropMomentumUpdate,
  centredRmspropUpdate,
  rmspropMomentumUpdate,
  rmspropUpdate,
} from "../ops/optimizer/adaptive-updates.js";
import { checkNumber, type Rule, type StepTensors } from "./group.js";
import { Optimizer, type ParameterList } from "./optimizer.js";

/** Options of `RMSprop` that each group of parameters can set, besides the learning rate. */
export interface RMSpropSettings {
  /** How much of the average of squares is kept from step to step. Default 0.99. */
  readonly alpha: number;
  /** Added to the divisor, so that it is never 0. Default 1e-8. */
  readonly eps: number;
  /** The weight of the penalty |p|^2 / 2. Default 0. */
  readonly weightDecay: number;
  /** How much of the velocity is kept from step to step. Default 0: no velocity. */
  readonly momentum: number;
  /** Divide by the deviation from the average gradient (Graves, 2013, arXiv:1308.0850). Default false. */
  readonly centered: boolean;
}

/** Options of `RMSprop`. */
export interface RMSpropOptions extends Partial<RMSpropSettings> {
  /** The learning rate. Default 0.01. */
  readonly lr?: number;
}

type Slot = "square" | "mean" | "velocity";

const rule: Rule<RMSpropSettings, Slot> = {
  name: "RMSprop",
  check({ alpha, eps, weightDecay, momentum }) {
    // An alpha of 1 or more, which PyTorch lets pass, would never forget, or grow without bound.
    checkNumber("RMSprop", "alpha", alpha, 1);
    for (const [name, value] of Object.entries({ eps, weightDecay, momentum })) checkNumber("RMSprop", name, value);
  },
  slots: ({ momentum, centered }) => ({
    square: 0,
    ...(centered ? { mean: 0 } : {}),
    ...(momentum > 0 ? { velocity: 0 } : {}),
  }),
};

/**
 * RMSprop (Tieleman and Hinton, "Lecture 6.5", 2012): the step of each weight is its gradient over the root of its
 * averaged square. The formulas are PyTorch's.
 */
export class RMSprop extends Optimizer<RMSpropSettings, Slot> {
  /**
   * @param parameters - tensors that require gradients, or groups of them with their own options
   * @throws ArgumentError if an option is out of range
   */
  constructor(
    parameters: ParameterList<RMSpropSettings>,
    { lr = 0.01, alpha = 0.99, eps = 1e-8, weightDecay = 0, momentum = 0, centered = false }: RMSpropOptions = {},
  ) {
    super(rule, parameters, lr, { alpha, eps, weightDecay, momentum, centered });
  }

  protected update(
    { parameters, gradients, slots: { square, mean, velocity }, rate }: StepTensors<Slot>,
    { centered, ...attrs }: RMSpropSettings,
  ): void {
    const tensors = { gradient: gradients, parameter: parameters, square, rate };
    if (centered && attrs.momentum > 0)
      applyUpdate(centredRmspropMomentumUpdate, { ...tensors, mean, velocity }, attrs);
    else if (centered) applyUpdate(centredRmspropUpdate, { ...tensors, mean }, attrs);
    else if (attrs.momentum > 0) applyUpdate(rmspropMomentumUpdate, { ...tensors, velocity }, attrs);
    else applyUpdate(rmspropUpdate, tensors, attrs);
  }
}
