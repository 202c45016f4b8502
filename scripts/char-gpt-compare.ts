/**
 * examples/char-gpt.ts against PyTorch: the same weights to start from, the same batches in the same order, the losses
 * of every step, and the loss on held-out text. Fails where the latter differ by 0.05 or more.
 *
 *     npm run compare:char-gpt [-- --steps 300 --file ../shared/data/tinyshakespeare/input.txt]
 *
 * PYTHON names a Python with torch and safetensors.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Generator, manualSeed } from "wengert";
import { CharacterVocabulary, DataLoader, subset, tokenDataset } from "wengert/data";
import { saveSafetensors } from "wengert/io";
import { AdamW } from "wengert/optim";
import { Trainer } from "wengert/train";
import { readText } from "../examples/char-gpt/files.js";
import { GPT } from "../examples/char-gpt/model.js";
import { tokenLoss } from "../examples/char-gpt/training.js";
import { integer, program, text } from "../examples/support/program.js";

const bound = 0.05;
const [batch, lr] = [12, 1e-3];
const sizes = { layers: 4, width: 128, heads: 4, context: 64 };
const pathOf = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

const options = { file: text(pathOf("../shared/data/tinyshakespeare/input.txt")), steps: integer(300, 1) };
const usage = "npm run compare:char-gpt -- [--file FILE] [--steps N]";

/** What both programs report. */
interface Run {
  /** Of every step, before it. */
  readonly losses: readonly number[];
  readonly validation: number;
  /** Seconds of processor time of each step. */
  readonly seconds: readonly number[];
}

/** Where samples start in the text, for every step and for the validation. */
interface Starts {
  readonly train: readonly (readonly number[])[];
  readonly validation: readonly number[];
}

/** Nine tenths of the text to train on, anywhere; 256 stretches of the rest, evenly apart. */
function chooseStarts(length: number, steps: number): Starts {
  const { context } = sizes;
  const generator = new Generator(1);
  const end = Math.floor(0.9 * length);
  const anywhere = (): number => generator.integer(end - context);
  const room = length - end - context;
  return {
    train: Array.from({ length: steps }, () => Array.from({ length: batch }, anywhere)),
    validation: Array.from({ length: 256 }, (_, i) => end + Math.floor((i * room) / 256)),
  };
}

async function runWengert(model: GPT, tokens: Int32Array, starts: Starts): Promise<Run> {
  const samples = tokenDataset(tokens, { length: sizes.context });
  const [losses, seconds]: [number[], number[]] = [[], []];
  let begun = process.cpuUsage();
  const trainer = new Trainer({
    model,
    optimizer: new AdamW(model.parameters(), { lr }),
    loss: tokenLoss,
    callbacks: [
      {
        onStepEnd: ({ step }, loss) => {
          const { user, system } = process.cpuUsage(begun);
          losses.push(loss);
          seconds.push((user + system) / 1e6);
          if (step % 10 === 0) process.stderr.write(`step ${step}: loss ${loss.toFixed(4)}\n`);
          begun = process.cpuUsage();
        },
      },
    ],
  });
  await trainer.fit(new DataLoader(subset(samples, starts.train.flat()), { batch }), { epochs: 1 });
  const validation = await trainer.evaluate(new DataLoader(subset(samples, starts.validation), { batch: 16 }));
  return { losses, seconds, validation: validation.loss };
}

function runPyTorch(file: string, folder: string): Run {
  const python = process.env.PYTHON ?? "python3";
  const { status, error } = spawnSync(python, [pathOf("bench/peers/char_gpt_torch.py"), file, folder], {
    env: { ...process.env, OMP_NUM_THREADS: "1" },
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (status !== 0) throw new Error(`${python} failed: ${error?.message ?? `status ${status}`}`);
  return JSON.parse(readFileSync(join(folder, "run.json"), "utf8")) as Run;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

function report(ours: Run, theirs: Run): void {
  const differences = ours.losses.map((loss, i) => Math.abs(loss - theirs.losses[i]));
  const count = differences.length;
  console.log("step   wengert   PyTorch   difference");
  for (const i of differences.keys())
    if (i < 5 || (i + 1) % 25 === 0 || i === count - 1)
      console.log(
        `${String(i + 1).padStart(4)}   ${ours.losses[i].toFixed(5)}   ${theirs.losses[i].toFixed(5)}   ${differences[i].toExponential(1)}`,
      );
  console.log(`largest difference in a step: ${Math.max(...differences).toExponential(1)}`);
  const [a, b] = [median(ours.seconds), median(theirs.seconds)];
  console.log(
    `processor time per step: wengert ${(1000 * a).toFixed(0)} ms, PyTorch ${(1000 * b).toFixed(0)} ms (ratio ${(a / b).toFixed(1)})`,
  );
  const difference = Math.abs(ours.validation - theirs.validation);
  console.log(
    `validation loss: wengert ${ours.validation.toFixed(5)}, PyTorch ${theirs.validation.toFixed(5)}, difference ${difference.toExponential(1)} (below ${bound})`,
  );
  if (!(difference < bound)) process.exitCode = 1;
}

await program("char-gpt-compare", usage, options, async ({ file, steps }) => {
  const { text: characters } = await readText(file);
  const vocabulary = CharacterVocabulary.of(characters);
  const tokens = vocabulary.encode(characters);
  manualSeed(0);
  const model = new GPT({ vocabulary: vocabulary.size, ...sizes });
  const starts = chooseStarts(tokens.length, steps);
  const folder = mkdtempSync(join(tmpdir(), "wengert-compare-"));
  try {
    await saveSafetensors(join(folder, "weights.safetensors"), model.stateDict());
    writeFileSync(join(folder, "plan.json"), JSON.stringify({ ...sizes, lr, ...starts }));
    const theirs = runPyTorch(file, folder);
    report(await runWengert(model, tokens, starts), theirs);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
