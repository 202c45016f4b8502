import { writeAtomic } from "../io/files.js";
import type { Callback, Run } from "./callback.js";
import { type EpochLog, History } from "./history.js";

/**
 * Writes the numbers of every epoch to a CSV file: a line an epoch, a column a number. The file is written anew after
 * each epoch, in one step, so that after a resumed run it is what it would have been without an end.
 */
export class CSVLogger implements Callback {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** @throws FileError if the file cannot be written */
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
