/**
 * Whether it pays to learn from earlier trials: random search, Bayesian search and Hyperband tune a small network on
 * MNIST, each with the same number of epochs to spend in all, once for each seed. The result is the least validation
 * error of a fully trained network, and over the seeds the median. Fails unless both beat random search.
 *
 * Trials do not continue from checkpoints: if Hyperband trains a trial further, it starts again and counts all epochs.
 *
 *     npm run mnist:study -- --help
 */
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { crossEntropy, manualSeed, noGrad, Tape, tidy } from "wengert";
import { Batches, type ImageSet, loadMnist, mnistPixels, selectImages } from "wengert/data";
import { Flatten, Linear, ReLU, Sequential } from "wengert/nn";
import { SGD } from "wengert/optim";
import {
  bayesianSearch,
  hyperband,
  integer,
  logUniform,
  type Params,
  randomSearch,
  Study,
  uniform,
} from "wengert/tune";
import { writeOutput } from "../examples/support/output.js";
import { integer as count, program, text, type Values } from "../examples/support/program.js";

const options = {
  data: text(fileURLToPath(new URL("../../shared/data/mnist", import.meta.url))),
  train: count(500, 1),
  validation: count(2000, 1),
  epochs: count(27, 1),
  trials: count(30, 1),
  seeds: count(5, 1),
  device: text("cpu"),
  out: text(),
};

const usage = `Compares random search, Bayesian search and Hyperband on a small MNIST study, with the same epoch budget for each.

npm run mnist:study -- [options]

  --data DIR        folder with the MNIST files (default ../shared/data/mnist)
  --train N         number of training images (default 500)
  --validation N    number of images used to compute the score (default 2000)
  --epochs N        epochs per full training run (default 27)
  --trials N        number of full training runs per search (default 30)
  --seeds N         number of random seeds for searches and weights, 0 to N - 1 (default 5)
  --device NAME     cpu, cuda or emulator (default cpu)
  --out FILE        write the figures to FILE as JSON
  --help            print this text`;

/** What somebody who knows little of the problem would search: generous ranges, on scales that fit. */
const space = {
  lr: logUniform(1e-5, 10),
  momentum: uniform(0, 0.99),
  weightDecay: logUniform(1e-6, 1e-1),
  width: integer(8, 128, { log: true }),
  batch: integer(16, 128, { log: true }),
};

interface Data {
  readonly train: ImageSet;
  readonly validation: ImageSet;
}

/** The part of the validation images that the network gets wrong after some epochs; NaN where training diverged. */
function validationError(point: Params<typeof space>, epochs: number, seed: number, data: Data): number {
  const { lr, momentum, weightDecay, width, batch } = point;
  manualSeed(seed);
  using network = new Sequential(new Flatten(), new Linear(784, width), new ReLU(), new Linear(width, 10));
  using optimizer = new SGD(network.parameters(), { lr, momentum, weightDecay });
  const batches = new Batches(data.train, { batch, shuffle: true, normalize: mnistPixels });
  for (let epoch = 0; epoch < epochs; epoch++) {
    let last = 0;
    for (const { x, y } of batches) {
      using tape = new Tape();
      const loss = crossEntropy(network.forward(x), y);
      optimizer.step(tape.gradients(loss, optimizer.parameters));
      last = loss.item();
    }
    if (!Number.isFinite(last)) return Number.NaN; // it will not come back
  }
  let wrong = 0;
  for (const { x, y } of new Batches(data.validation, { batch: 500, normalize: mnistPixels }))
    wrong += tidy(() => noGrad(() => network.forward(x).argmax(1).ne(y).sum().item()));
  return wrong / data.validation.count;
}

const searches = {
  random: () => randomSearch(),
  bayesian: () => bayesianSearch(),
  hyperband: (epochs: number) => hyperband({ maxBudget: epochs }),
};
type Name = keyof typeof searches;
const names = Object.keys(searches) as Name[];

interface Result {
  /** The least error of a fully trained network; 1 if there was none. */
  readonly error: number;
  /** Different networks that were tried. */
  readonly points: number;
  readonly epochs: number;
}

/** One study of as many epochs as `trials` full trainings have. */
async function run(
  name: Name,
  seed: number,
  { epochs, trials }: { readonly epochs: number; readonly trials: number },
  score: (point: Params<typeof space>, epochs: number) => number,
): Promise<Result> {
  const study = new Study({ space, search: searches[name](epochs), seed });
  if (name !== "hyperband") {
    await study.run(({ params }) => score(params, epochs), { trials });
    return { error: study.best?.score ?? 1, points: trials, epochs: trials * epochs };
  }
  await study.run(({ params, budget }) => score(params, budget), { budget: trials * epochs });
  const { best } = study;
  return {
    error: best?.budget === epochs ? (best.score ?? 1) : 1,
    points: study.trials.filter(({ parent }) => parent === null).length,
    epochs: study.spent,
  };
}

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
};

const percent = (part: number): string => `${(100 * part).toFixed(2)}%`;

async function main({ data: folder, device, out, seeds, ...settings }: Values<typeof options>): Promise<void> {
  const { train: images } = await loadMnist({ data: folder });
  const range = (from: number, length: number): number[] => Array.from({ length }, (_, i) => from + i);
  const data = {
    train: selectImages(images, range(0, settings.train)),
    validation: selectImages(images, range(settings.train, settings.validation)),
  };
  const started = performance.now();
  const seconds = (): number => Math.round((performance.now() - started) / 1000);
  const results: Record<Name, Result[]> = { random: [], bayesian: [], hyperband: [] };
  for (const seed of range(0, seeds)) {
    // The first trials of Bayesian search are those of random search: what is known is not computed again.
    const known = new Map<string, number>();
    const score = (point: Params<typeof space>, epochs: number): number => {
      const key = JSON.stringify([point, epochs]);
      const error = known.get(key) ?? validationError(point, epochs, seed, data);
      known.set(key, error);
      return error;
    };
    for (const name of names) {
      const result = await run(name, seed, settings, score);
      results[name].push(result);
      const { error, points, epochs } = result;
      console.error(`seed ${seed}, ${name}: ${percent(error)}, ${points} networks, ${epochs} epochs, ${seconds()} s`);
    }
  }

  const errors = (name: Name): number[] => results[name].map(({ error }) => error);
  const medians = Object.fromEntries(names.map((name) => [name, median(errors(name))])) as Record<Name, number>;
  const row = (head: string, cells: readonly string[]): string =>
    head.padEnd(10) + cells.map((cell) => cell.padStart(8)).join("");
  console.log(row("", [...range(0, seeds).map((seed) => `seed ${seed}`), "median"]));
  for (const name of names) console.log(row(name, [...errors(name), medians[name]].map(percent)));
  if (out !== undefined) {
    const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
      readonly version: string;
    };
    const made = { date: new Date().toISOString().slice(0, 10), wengert: version, node: process.version };
    const report = { ...made, processor: cpus()[0].model, device, settings, space, results, medians };
    await writeOutput(dirname(out), basename(out), `${JSON.stringify(report, null, 2)}\n`);
  }
  const better = names.filter((name) => medians[name] < medians.random);
  console.log(`better than random: ${better.join(", ") || "none"}`);
  if (better.length < 2) process.exitCode = 1;
}

await program("mnist-study", usage, options, main);
