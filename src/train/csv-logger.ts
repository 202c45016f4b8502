/** The CSVLogger callback, which writes the numbers of every epoch to a CSV file. Users pass it to Trainer. */
import { writeAtomic } from "../io/files.js";
import type { Callback, Run } from "./callback.js";
import { type EpochLog, History } from "./history.js";

/**
 * Writes the numbers of every epoch to a CSV file, with a line for each epoch. The whole file is replaced after
 * each epoch, in one step, so that a resumed run gives the same file as a run without a break.
 */
export class CSVLogger implements Callback {
  readonly #path: string;

  /** @param path - the file to write */
  constructor(path: string) {
    this.#path = path;
  }

  /** Writes the epochs so far. @throws FileError if the file cannot be written */
  async onEpochEnd({ history }: Run): Promise<void> {
    await writeAtomic("CSVLogger", this.#path, [new TextEncoder().encode(encodeHistory(history.epochs))]);
  }
}

/** The numbers of epochs as CSV; a field is empty where an epoch has no such number. */
export function encodeHistory(epochs: readonly EpochLog[]): string {
  const { names } = new History(epochs);
  const rows = epochs.map(({ epoch, step, logs }) => [epoch, step, ...names.map((name) => logs[name] ?? "")].join(","));
  return `${[["epoch", "step", ...names.map(quoteField)].join(","), ...rows].join("\n")}\n`;
}

const quoteField = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
