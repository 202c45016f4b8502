import { parseArgs } from "node:util";

export interface Options {
  /** Folder with MNIST's files; undefined for the official ones. */
  readonly data: string | undefined;
  readonly epochs: number;
  readonly batch: number;
  readonly lr: number;
  readonly seed: number;
  readonly device: string;
  /** Folder for model.safetensors. */
  readonly out: string;
}

export const usage = `Trains a convolutional network on handwritten digits and saves it.

npm run mnist -- [options]

  --data DIR     folder with MNIST's files, gzipped or not; where only one split is there, a tenth is held out.
                 Default: the official files, downloaded once; without a network, digits drawn by the program
  --epochs N     times through the training images (default 3)
  --batch N      images a step (default 64)
  --lr X         learning rate of Adam (default 0.001)
  --seed N       of the weights and the order of the images (default 0); the same seed gives the same run
  --device NAME  cpu (default)
  --out DIR      folder for model.safetensors (default .)
  --help         prints this

Ctrl-C ends training early and still saves; a second one quits at once.`;

/** What is wrong with the command line, in one line. */
export class UsageError extends Error {}

/** Reads the command line; null if help is asked for. */
export function parseOptions(args: readonly string[]): Options | null {
  const { help, ...given } = parse(args);
  if (help) return null;
  const { data, device = "cpu", out = "." } = given;
  for (const [name, value] of Object.entries({ data, device, out }))
    if (value === "") throw new UsageError(`--${name} is empty`);
  return {
    data,
    epochs: integer("epochs", given.epochs ?? "3", 1),
    batch: integer("batch", given.batch ?? "64", 1),
    lr: positive("lr", given.lr ?? "0.001"),
    seed: integer("seed", given.seed ?? "0", 0),
    device,
    out,
  };
}

function parse(args: readonly string[]) {
  const text = { type: "string" } as const;
  const options = { data: text, epochs: text, batch: text, lr: text, seed: text, device: text, out: text } as const;
  try {
    return parseArgs({ args: [...args], options: { ...options, help: { type: "boolean" } }, strict: true }).values;
  } catch (error) {
    // Node's message may have a second line of advice.
    throw new UsageError(error instanceof Error ? error.message.split("\n")[0] : String(error));
  }
}

function integer(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least)
    throw new UsageError(`--${name} is an integer of ${least} or more, got ${JSON.stringify(text)}`);
  return value;
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value <= 0)
    throw new UsageError(`--${name} is a number above 0, got ${JSON.stringify(text)}`);
  return value;
}
