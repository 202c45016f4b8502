/**
 * Tunes a small network on handwritten digits: learning rate, width, optimizer, and the momentum of the one that has it.
 *
 *     npx tsx examples/tune.ts --help
 *
 * The study lies in a file that is written after each trial: stopped by Ctrl-C or by force, the same command goes on.
 */
import { join } from "node:path";
import { subset } from "wengert/data";
import { makeFolder } from "wengert/io";
import { bayesianSearch, gridSearch, hyperband, type Params, randomSearch, Study } from "wengert/tune";
import { digitDatasets } from "./support/digits.js";
import { onInterrupt } from "./support/interrupt.js";
import { writeOutput } from "./support/output.js";
import { integer, program, text, UsageError } from "./support/program.js";
import { score, space } from "./tune/training.js";

const usage = `Tunes a small network on handwritten digits. If you stop it, you can run it again to continue.

npx tsx examples/tune.ts [options]

  --data DIR     folder with the MNIST files, gzipped or not; if it has only one split, 10% of it is held out
                 (default: the official files, downloaded once; if that fails, digits that the program draws)
  --search NAME  search method: random, bayesian, hyperband or grid (default bayesian)
  --trials N     total number of trials, including earlier runs (default 20); Hyperband divides the same number of
                 epochs among more trials
  --epochs N     epochs per trial; with Hyperband, epochs of the longest trials (default 9)
  --images N     number of training images (default 1000)
  --seed N       random seed for the search, weights and image order (default 0)
  --device NAME  cpu, cuda or emulator (default: WENGERT_DEVICE if set, else cuda if a working GPU is found, else cpu)
  --out DIR      folder for the study (JSON) and its chart (SVG), whose names contain --search, --images, --epochs
                 and --seed; use a different folder for different data (default runs/tune)
  --help         print this text

Ctrl-C ends the study after the current trial; press it again to quit immediately.`;

const options = {
  data: text(),
  search: text("bayesian"),
  trials: integer(20, 1),
  epochs: integer(9, 1),
  images: integer(1000, 1),
  seed: integer(0),
  device: text(),
  out: text(join("runs", "tune")),
};

const searches = {
  random: () => randomSearch(),
  bayesian: () => bayesianSearch(),
  hyperband: (epochs: number) => hyperband({ maxBudget: epochs }),
  grid: () => gridSearch({ points: 3 }),
};

/** lr 0.01, hidden 32, optimizer Adam */
const describe = (params: Params<typeof space>): string =>
  Object.entries(params)
    .map(([name, value]) => `${name} ${typeof value === "number" ? Number(value.toPrecision(3)) : value}`)
    .join(", ");

const describeScore = (value: number | null): string =>
  value === null ? "failed" : `validation error ${(100 * value).toFixed(2)}%`;

await program("tune", usage, options, async ({ data, search, trials, epochs, images, seed, out }) => {
  if (!Object.hasOwn(searches, search))
    throw new UsageError(`--search must be one of ${Object.keys(searches).join(", ")}, got ${JSON.stringify(search)}`);
  const all = await digitDatasets(data);
  const count = Math.min(images, all.train.length);
  const digits = {
    ...all,
    train: subset(
      all.train,
      Array.from({ length: count }, (_, i) => i),
    ),
  };

  // The study does not know of these: each combination has a separate file.
  const name = `tune-${search}-${count}-images-${epochs}-epochs-seed-${seed}`;
  const path = join(out, `${name}.json`);
  await makeFolder(out);
  const study = await Study.open(path, { space, search: searches[search as keyof typeof searches](epochs), seed });
  if (study.trials.length > 0) console.error(`continuing after ${study.trials.length} trials`);

  const interruption = onInterrupt("finishing this trial");
  const budgeted = search === "hyperband";
  await study.run(
    async ({ number, params, budget }) => {
      const found = await score(params, { epochs: budgeted ? budget : epochs, seed, digits });
      const after = budgeted ? `, ${budget} of ${epochs} epochs` : "";
      console.error(
        `trial ${number}: ${describe(params)}${after}: ${describeScore(Number.isNaN(found) ? null : found)}`,
      );
      return found;
    },
    { signal: interruption.signal, ...(budgeted ? { budget: trials * epochs } : { trials }) },
  );

  interruption.end();

  console.log(study.table({ top: 10 }));
  const { best } = study;
  if (best) console.log(`best: trial ${best.number}: ${describe(best.params)}: ${describeScore(best.score)}`);
  const chart = await writeOutput(out, `${name}.svg`, study.chart());
  console.log(`study: ${path}, chart: ${chart}`);
});
