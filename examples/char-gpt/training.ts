/** The data, the loss and the training of the char-gpt example. */
import { crossEntropy, type Tensor } from "wengert";
import { DataLoader, type Dataset, type HostArray, subset, tokenDataset } from "wengert/data";
import { AdamW } from "wengert/optim";
import { type Callback, Trainer } from "wengert/train";
import { evaluationLoader } from "../support/loader.js";
import type { GPT } from "./model.js";

/** Stretches of text: tokens `x`, and `y` the token after each one. */
export type Stretches = Dataset<{ readonly x: HostArray; readonly y: HostArray }>;

/** The first nine tenths of a text, at every position, and the rest, which must not be used in training. */
export function splitText(tokens: Int32Array, context: number): { train: Stretches; heldOut: Stretches } {
  const end = Math.floor(0.9 * tokens.length);
  return {
    train: tokenDataset(tokens.subarray(0, end), { length: context }),
    heldOut: tokenDataset(tokens.subarray(end), { length: context, stride: context }),
  };
}

/** `count` samples from anywhere in the dataset, other ones in each epoch. */
export const drawn = (dataset: Stretches, count: number): Stretches => ({
  length: count,
  get: (_, generator) => dataset.get(generator.integer(dataset.length), generator),
});

/** At most `count` samples of the dataset, evenly apart, always the same. */
export function spread(dataset: Stretches, count: number): Stretches {
  const n = Math.min(count, dataset.length);
  return subset(
    dataset,
    Array.from({ length: n }, (_, i) => Math.floor((i * dataset.length) / n)),
  );
}

export interface TrainOptions {
  readonly batch: number;
  readonly epochs: number;
  /** Steps in an epoch. */
  readonly steps: number;
  readonly lr: number;
  readonly callbacks?: readonly Callback[];
  readonly signal?: AbortSignal;
}

/** The mean cross entropy over all tokens of a batch: logits (N, L, V), targets (N, L). */
export const tokenLoss = (logits: Tensor, targets: Tensor): Tensor =>
  crossEntropy(logits.flatten(0, 1), targets.flatten());

/**
 * Trains with AdamW; the log of each epoch has the held-out loss. The samples come from the default generator.
 *
 * @returns the held-out loss in the end, in nats a token
 */
export async function train(
  model: GPT,
  text: { readonly train: Stretches; readonly heldOut: Stretches },
  { batch, epochs, steps, lr, callbacks, signal }: TrainOptions,
): Promise<number> {
  using optimizer = new AdamW(model.parameters(), { lr });
  const validation = evaluationLoader(spread(text.heldOut, 256), 16);
  const trainer = new Trainer({ model, optimizer, loss: tokenLoss, callbacks });
  await trainer.fit(new DataLoader(drawn(text.train, batch * steps), { batch }), { epochs, validation, signal });
  return (await trainer.evaluate(validation)).loss;
}
