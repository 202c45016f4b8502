/** The NaNGuard callback, which ends a run when the loss or a gradient is not finite. Users pass it to Trainer. */
import { gradNorm } from "../optim/clip.js";
import type { Callback, Run, StepGradients } from "./callback.js";
import { NonFiniteError } from "./errors.js";

/** Options of `NaNGuard`. */
export interface NaNGuardOptions {
  /** Also check the gradients, which reads their norm from the device in every step. Default false. */
  readonly gradients?: boolean;
}

/**
 * Ends a run with a NonFiniteError when the loss, or a gradient, is NaN or infinite: before the weights change, and
 * before anything is saved.
 */
export class NaNGuard implements Callback {
  readonly #gradients: boolean;

  constructor({ gradients = false }: NaNGuardOptions = {}) {
    this.#gradients = gradients;
  }

  /** Checks the loss and, if asked to, the gradients of a step. @throws NonFiniteError */
  async onGradients({ step, epoch, optimizer }: Run, { loss, gradients }: StepGradients): Promise<void> {
    const at = `step ${step + 1} of epoch ${epoch} with learning rate ${optimizer.lr}`;
    if (!Number.isFinite(loss))
      throw new NonFiniteError(`NaNGuard: the loss is ${loss} at ${at}; the weights have not been updated`);
    if (!this.#gradients || gradients.every((gradient) => gradient === null)) return;
    const [norm] = await gradNorm(gradients, Number.POSITIVE_INFINITY).data();
    if (!Number.isFinite(norm))
      throw new NonFiniteError(`NaNGuard: a gradient is ${norm} at ${at}; the weights have not been updated`);
  }
}
