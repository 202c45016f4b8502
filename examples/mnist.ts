/**
 * Trains a convolutional network on handwritten digits: npm run mnist -- --help
 *
 * The training itself is in mnist/training.ts; here is what surrounds it.
 */
import { open, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { FileError, manualSeed } from "wengert";
import { makeFolder, saveSafetensors } from "wengert/io";
import { type Options, options, usage } from "./mnist/options.js";
import { convolutionalNetwork, train } from "./mnist/training.js";
import { loadDigits } from "./support/digits.js";
import { onInterrupt } from "./support/interrupt.js";
import { program } from "./support/program.js";
import { Progress } from "./support/progress.js";

async function main({ data, seed, device: _device, out, ...settings }: Options): Promise<void> {
  const path = await checkWritable(resolve(out), "model.safetensors");
  const digits = await loadDigits({ data });
  console.log(`digits: ${digits.source}: ${digits.train.count} for training, ${digits.test.count} for testing`);

  manualSeed(seed);
  using network = convolutionalNetwork(digits.train.height, digits.train.width);
  const progress = new Progress();
  const interruption = onInterrupt("testing and saving the model");
  interruption.signal.addEventListener("abort", () => progress.stop());
  const started = performance.now();
  const testAccuracy = await train(network, digits, {
    ...settings,
    signal: interruption.signal,
    onStep: ({ epoch, step, steps, loss }) => {
      if (interruption.signal.aborted) return;
      progress.show(`epoch ${epoch}/${settings.epochs}`, step, steps, `loss ${loss.toFixed(4)}`);
    },
    onEpoch: ({ epoch, trainLoss, testAccuracy }) => {
      progress.stop();
      const seconds = ((performance.now() - started) / 1000).toFixed(0);
      console.log(
        `epoch ${epoch}: train loss ${trainLoss.toFixed(4)}, test accuracy ${percent(testAccuracy)}, ${seconds} s`,
      );
    },
  });
  await saveSafetensors(path, network.stateDict(), { testAccuracy: String(testAccuracy) });
  interruption.end();
  console.log(`test accuracy: ${percent(testAccuracy)}`);
  console.log(`saved: ${path}`);
}

const percent = (part: number): string => `${(100 * part).toFixed(2)}%`;

/** The path of the file to be; throws at once, not after hours of training, if it cannot be written. */
async function checkWritable(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  const probe = join(folder, `.${name}-${process.pid}.tmp`);
  try {
    await makeFolder(folder);
    await (await open(probe, "wx")).close();
    await rm(probe);
    if (await isFolder(path)) throw new Error(`${path} is a folder`);
    return path;
  } catch (error) {
    throw new FileError(`--out ${folder} is not writable: ${(error as Error).message}`, { cause: error });
  }
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

await program("mnist", usage, options, main);
