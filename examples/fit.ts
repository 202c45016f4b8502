/**
 * The first network of every course: one hidden layer, trained on MNIST's digits by the Trainer.
 *
 *     npx tsx examples/fit.ts --help
 */
import { crossEntropy, manualSeed } from "wengert";
import { DataLoader } from "wengert/data";
import { Accuracy } from "wengert/metrics";
import { Flatten, Linear, ReLU, Sequential } from "wengert/nn";
import { Adam } from "wengert/optim";
import { ProgressBar, Trainer } from "wengert/train";
import { digitDatasets } from "./support/digits.js";
import { evaluationLoader } from "./support/loader.js";
import { integer, positive, program, text } from "./support/program.js";

const usage = `Trains a dense network on handwritten digits.

npx tsx examples/fit.ts [options]

  --data DIR     folder with the MNIST files, gzipped or not; if it has only one split, 10% of it is held out
                 (default: the official files, downloaded once; if that fails, digits that the program draws)
  --epochs N     passes over the training images (default 5)
  --batch N      images per step (default 32)
  --lr X         Adam learning rate (default 0.001)
  --seed N       random seed for the weights and the image order (default 0)
  --device NAME  cpu, cuda or emulator (default: WENGERT_DEVICE if set, else cuda if a working GPU is found, else cpu)
  --help         print this text`;

const options = {
  data: text(),
  epochs: integer(5, 1),
  batch: integer(32, 1),
  lr: positive(1e-3),
  seed: integer(0),
  device: text(),
};

await program("fit", usage, options, async ({ data, epochs, batch, lr, seed }) => {
  const { train, validation, test, height, width, description } = await digitDatasets(data);
  console.log(description);

  manualSeed(seed);
  const model = new Sequential(
    new Flatten(), // (B, 1, 28, 28) -> (B, 784)
    new Linear(height * width, 128), // (B, 128)
    new ReLU(),
    new Linear(128, 10), // (B, 10), scores of the ten digits
  );
  const trainer = new Trainer({
    model,
    optimizer: new Adam(model.parameters(), { lr }),
    loss: crossEntropy,
    metrics: { accuracy: new Accuracy() },
    callbacks: [new ProgressBar()],
  });
  await trainer.fit(new DataLoader(train, { batch, shuffle: true }), {
    epochs,
    validation: evaluationLoader(validation, batch),
  });

  const { loss, accuracy } = await trainer.evaluate(evaluationLoader(test, batch));
  console.log(`test loss ${loss.toFixed(4)}, test accuracy ${(100 * accuracy).toFixed(2)}%`);
});
