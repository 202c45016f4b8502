/** The search space and the score of the tune example: one training run with given parameters. */
import { crossEntropy, manualSeed } from "wengert";
import { DataLoader } from "wengert/data";
import { Accuracy } from "wengert/metrics";
import { Flatten, Linear, ReLU, Sequential } from "wengert/nn";
import { Adam, SGD } from "wengert/optim";
import { Trainer } from "wengert/train";
import { choice, integer, logUniform, type Params, uniform, when } from "wengert/tune";
import type { DigitDatasets } from "../support/digits.js";
import { evaluationLoader } from "../support/loader.js";

/** What is searched. */
export const space = {
  lr: logUniform(1e-4, 1),
  hidden: integer(8, 64, { log: true }),
  optimizer: choice(["SGD", "Adam"]),
  momentum: when("optimizer", "SGD", uniform(0, 0.95)),
};

/** The part of the validation images that the network gets wrong after some epochs; NaN where training diverged. */
export async function score(
  { lr, hidden, optimizer: kind, momentum }: Params<typeof space>,
  { epochs, seed, digits }: { readonly epochs: number; readonly seed: number; readonly digits: DigitDatasets },
): Promise<number> {
  manualSeed(seed);
  const { train, validation, height, width } = digits;
  using model = new Sequential(new Flatten(), new Linear(height * width, hidden), new ReLU(), new Linear(hidden, 10));
  const parameters = model.parameters();
  using optimizer = kind === "SGD" ? new SGD(parameters, { lr, momentum }) : new Adam(parameters, { lr });
  const trainer = new Trainer({ model, optimizer, loss: crossEntropy, metrics: { accuracy: new Accuracy() } });
  await trainer.fit(new DataLoader(train, { batch: Math.min(32, train.length), shuffle: true }), { epochs });
  const { loss, accuracy } = await trainer.evaluate(evaluationLoader(validation, 1000));
  return Number.isFinite(loss) ? 1 - accuracy : Number.NaN;
}
