/**
 * A training loop written by hand: Tape, optimizer and DataLoader, without the Trainer. It saves the weights whenever
 * the validation loss is the lowest so far, and gives the best ones back at the end.
 *
 *     npx tsx examples/custom-loop.ts --help
 */
import { join } from "node:path";
import { crossEntropy, manualSeed, noGrad, Tape, type Tensor, tidy } from "wengert";
import { DataLoader } from "wengert/data";
import { loadSafetensors, makeFolder, saveSafetensors } from "wengert/io";
import { Dropout, Flatten, Linear, ReLU, Sequential } from "wengert/nn";
import { Adam } from "wengert/optim";
import { NonFiniteError } from "wengert/train";
import { digitDatasets } from "./support/digits.js";
import { evaluationLoader } from "./support/loader.js";
import { integer, positive, program, text } from "./support/program.js";

const usage = `Trains a dense network on handwritten digits in a hand-written loop, and keeps the best weights.

npx tsx examples/custom-loop.ts [options]

  --data DIR     folder with the MNIST files, gzipped or not; if it has only one split, 10% of it is held out
                 (default: the official files, downloaded once; if that fails, digits that the program draws)
  --epochs N     passes over the training images (default 10)
  --batch N      images per step (default 64)
  --lr X         Adam learning rate (default 0.003)
  --seed N       random seed for the weights and the image order (default 0)
  --device NAME  cpu, cuda or emulator (default: WENGERT_DEVICE if set, else cuda if a working GPU is found, else cpu)
  --out DIR      folder for best.safetensors (default runs/custom-loop)
  --help         print this text`;

const options = {
  data: text(),
  epochs: integer(10, 1),
  batch: integer(64, 1),
  lr: positive(3e-3),
  seed: integer(0),
  device: text(),
  out: text(join("runs", "custom-loop")),
};

type Batches = AsyncIterable<{ readonly x: Tensor; readonly y: Tensor }>;

/** One epoch. Returns its mean loss. */
async function train(model: Sequential, optimizer: Adam, batches: Batches): Promise<number> {
  let [sum, count] = [0, 0];
  for await (const { x, y } of batches) {
    using tape = new Tape(); // at the end of the step it frees all that the step made
    const loss = crossEntropy(model.forward(x), y);
    optimizer.step(tape.gradients(loss, optimizer.parameters));
    sum += (await loss.data())[0] * y.size;
    count += y.size;
  }
  return sum / count;
}

/** Mean loss and accuracy, without dropout; nothing is recorded. */
async function evaluate(model: Sequential, batches: Batches): Promise<{ loss: number; accuracy: number }> {
  model.eval();
  let [loss, hits, count] = [0, 0, 0];
  for await (const { x, y } of batches)
    await tidy(() =>
      noGrad(async () => {
        const scores = model.forward(x); // (B, 10)
        loss += (await crossEntropy(scores, y, { reduction: "sum" }).data())[0];
        hits += (await scores.argmax(1).eq(y).sum().data())[0];
        count += y.size;
      }),
    );
  model.train();
  return { loss: loss / count, accuracy: hits / count };
}

const show = (name: string, { loss, accuracy }: { loss: number; accuracy: number }): string =>
  `${name} loss ${loss.toFixed(4)}, ${name} accuracy ${(100 * accuracy).toFixed(2)}%`;

await program("custom-loop", usage, options, async ({ data, epochs, batch, lr, seed, out }) => {
  await makeFolder(out);
  const path = join(out, "best.safetensors");
  const digits = await digitDatasets(data);
  console.log(digits.description);

  manualSeed(seed);
  const model = new Sequential(
    new Flatten(),
    new Linear(digits.height * digits.width, 128),
    new ReLU(),
    new Dropout(0.2),
    new Linear(128, 10),
  );
  using optimizer = new Adam(model.parameters(), { lr });
  const batches = new DataLoader(digits.train, { batch, shuffle: true });
  const validation = evaluationLoader(digits.validation, batch);

  let best = { epoch: 0, loss: Number.POSITIVE_INFINITY };
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const trainLoss = await train(model, optimizer, batches);
    const validated = await evaluate(model, validation);
    const isBest = validated.loss < best.loss;
    if (isBest) {
      best = { epoch, loss: validated.loss };
      await saveSafetensors(path, model.stateDict(), { epoch: String(epoch) });
    }
    const numbers = `loss ${trainLoss.toFixed(4)}, ${show("validation", validated)}`;
    console.error(`epoch ${epoch}/${epochs}: ${numbers}${isBest ? ", the best so far" : ""}`);
  }

  if (best.epoch === 0) throw new NonFiniteError("no epoch had a finite validation loss; a lower --lr may help");
  const { tensors } = await loadSafetensors(path);
  model.loadStateDict(tensors);
  console.log(`saved the weights of epoch ${best.epoch}: ${path}`);
  console.log(show("validation", await evaluate(model, validation)));
  console.log(show("test", await evaluate(model, evaluationLoader(digits.test, batch))));
});
