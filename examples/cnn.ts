/**
 * A convolutional network on MNIST's digits, with all that a long run needs: it can be watched, interrupted and resumed,
 * ends when it learns no more, and keeps its best weights.
 *
 *     npx tsx examples/cnn.ts --help
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { crossEntropy, manualSeed } from "wengert";
import { DataLoader } from "wengert/data";
import { saveSafetensors } from "wengert/io";
import { Accuracy } from "wengert/metrics";
import { summary } from "wengert/nn";
import { Adam, schedules } from "wengert/optim";
import {
  CSVLogger,
  EarlyStopping,
  HistoryChart,
  LearningRateScheduler,
  ModelCheckpoint,
  NaNGuard,
  ProgressBar,
  TensorBoard,
  Trainer,
} from "wengert/train";
import { convolutionalNetwork } from "./mnist/training.js";
import { digitDatasets } from "./support/digits.js";
import { evaluationLoader } from "./support/loader.js";
import { flag, integer, positive, program, text, UsageError } from "./support/program.js";

const usage = `Trains a convolutional network on handwritten digits. You can interrupt the run and resume it later.

npx tsx examples/cnn.ts [options]

  --data DIR     folder with the MNIST files, gzipped or not; if it has only one split, 10% of it is held out
                 (default: the official files, downloaded once; if that fails, digits that the program draws)
  --epochs N     maximum number of passes over the training images (default 5)
  --patience N   end the run after N epochs without a better validation loss (default 2)
  --batch N      images per step (default 64)
  --lr X         initial Adam learning rate, with cosine decay to 0 (default 0.002)
  --seed N       random seed for the weights and the image order (default 0)
  --device NAME  cpu, cuda or emulator (default: WENGERT_DEVICE if set, else cuda if a working GPU is found, else cpu)
  --out DIR      folder for the files of the run (default runs/cnn)
  --resume       continue the run in the --out folder; pass the same options as before
  --help         print this text

Ctrl-C ends the run after the current step and saves it; press it again to quit immediately.`;

const options = {
  data: text(),
  epochs: integer(5, 1),
  patience: integer(2, 1),
  batch: integer(64, 1),
  lr: positive(2e-3),
  seed: integer(0),
  device: text(),
  out: text(join("runs", "cnn")),
  resume: flag(),
};

await program("cnn", usage, options, async ({ data, epochs, patience, batch, lr, seed, out, resume }) => {
  const checkpoint = new ModelCheckpoint(out);
  if (existsSync(checkpoint.last) && !resume)
    throw new UsageError(`--out ${out} already contains a run; continue it with --resume, or choose another folder`);
  const digits = await digitDatasets(data);
  console.log(digits.description);

  manualSeed(seed);
  const { height, width } = digits;
  const model = convolutionalNetwork(height, width);
  console.log(summary(model, [batch, 1, height, width]));

  const train = new DataLoader(digits.train, { batch, shuffle: true });
  const early = new EarlyStopping({ monitor: "valLoss", patience });
  const trainer = new Trainer({
    model,
    optimizer: new Adam(model.parameters(), { lr }),
    loss: crossEntropy,
    metrics: { accuracy: new Accuracy() },
    callbacks: [
      new LearningRateScheduler(schedules.cosine(lr, { tMax: epochs * train.length })),
      new NaNGuard({ gradients: true }),
      new ProgressBar(),
      new CSVLogger(join(out, "log.csv")),
      new HistoryChart(join(out, "curves.svg")),
      new TensorBoard(join(out, "events")),
      early,
      checkpoint,
    ],
  });
  const { interruption, stopped } = await trainer.fit(train, {
    epochs,
    validation: evaluationLoader(digits.validation, batch),
    resume: resume ? checkpoint.last : undefined,
    sigint: true,
  });
  if (interruption) {
    console.log(`interrupted after step ${interruption.step}; to continue, run the same command with --resume`);
    process.exitCode = 130; // as of any program that Ctrl-C has ended
    return;
  }

  // The run is over, so the weights are those of the best epoch.
  const { loss, accuracy } = await trainer.evaluate(evaluationLoader(digits.test, batch));
  await saveSafetensors(join(out, "model.safetensors"), model.stateDict(), { testAccuracy: String(accuracy) });
  if (stopped) console.log(`stopped early: ${stopped}`);
  console.log(`written to ${out}:
  model.safetensors  the weights of the best epoch (${early.best?.epoch})
  best.safetensors   the run after that epoch
  last.safetensors   the run after the last epoch
  log.csv            the results of all epochs
  curves.svg         the same results as curves
  events/            the results of each epoch and each step: tensorboard --logdir ${out}`);
  console.log(`test loss ${loss.toFixed(4)}, test accuracy ${(100 * accuracy).toFixed(2)}%`);
});
