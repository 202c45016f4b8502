/**
 * The gradients of one optimizer step: accumulation over batches, clipping, and checks of the loss. Used by fit.ts,
 * evaluate.ts and Trainer.
 */
import { ArgumentError } from "../core/errors.js";
import { keep } from "../core/memory/scope.js";
import { show } from "../core/shape.js";
import { clipNorm, clipValue, type GradientList } from "../optim/clip.js";
import { Tensor } from "../tensor.js";

/** Bounds on the gradients of a step. */
export interface ClipOptions {
  /** The largest norm of all gradients together. */
  readonly norm?: number;
  /** The largest absolute value of an element; applied before `norm`. */
  readonly value?: number;
}

/** Adds up the gradients of several batches for one step. Its tensors belong to no scope. */
export class Accumulator implements Disposable {
  #sums: (Tensor | null)[] = [];
  #losses = 0;
  #count = 0;

  /** Batches since the last step. */
  get count(): number {
    return this.#count;
  }

  /** The mean loss of those batches. */
  get loss(): number {
    return this.#losses / this.#count;
  }

  add(gradients: GradientList, loss: number): void {
    const sums = gradients.map((gradient, i) => {
      const sum = this.#sums[i] ?? null;
      if (!gradient || !sum) return gradient ? keep(gradient.detach()) : sum;
      return keep(sum.add(gradient));
    });
    this.#sums.forEach((old, i) => {
      if (old !== sums[i]) old?.dispose();
    });
    this.#sums = sums;
    this.#losses += loss;
    this.#count++;
  }

  /** The mean of the gradients, bounded; new tensors, which belong to the scope around. */
  mean({ norm, value }: ClipOptions): GradientList {
    let mean: GradientList = this.#sums.map((sum) => sum && (this.#count === 1 ? sum.detach() : sum.div(this.#count)));
    if (value !== undefined) mean = clipValue(mean, value);
    if (norm !== undefined) mean = clipNorm(mean, norm).gradients;
    return mean;
  }

  /** Forgets everything. */
  dispose(): void {
    for (const sum of this.#sums) sum?.dispose();
    this.#sums = [];
    this.#losses = 0;
    this.#count = 0;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** The samples of a batch: the size of the output's first axis. */
export const samplesIn = ({ shape }: Tensor): number => shape[0] ?? 1;

/** Throws unless a loss is one number: of several, the trainer could not know whether to take mean or sum. */
export function checkLoss(value: unknown): Tensor {
  const loss = expectTensor("loss", value);
  if (loss.size === 1) return loss;
  throw new ArgumentError(
    `Trainer: loss must return one number, such as the mean over the batch, got ${show(loss.shape)}`,
  );
}

/** Throws unless a model, or a loss, gave one tensor. */
export function expectTensor(what: string, value: unknown): Tensor {
  if (value instanceof Tensor) return value;
  throw new ArgumentError(`Trainer: ${what} must return a tensor, got ${typeof value}`);
}
