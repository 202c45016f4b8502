/** The HistoryChart callback, which draws the curves of a run to an SVG file. Users pass it to Trainer. */
import { writeAtomic } from "../io/files.js";
import type { Callback, Run } from "./callback.js";

/** Draws the curves of a run to an SVG file, which it replaces after each epoch. */
export class HistoryChart implements Callback {
  readonly #path: string;
  readonly #names: readonly string[] | undefined;

  /**
   * @param path - the SVG file
   * @param names - the numbers to draw; by default all except the learning rate
   */
  constructor(path: string, names?: readonly string[]) {
    this.#path = path;
    this.#names = names;
  }

  /**
   * Draws the epochs so far.
   *
   * @throws FileError if the file cannot be written; ArgumentError if no epoch has a number of one of the names
   */
  async onEpochEnd({ history }: Run): Promise<void> {
    await writeAtomic("HistoryChart", this.#path, [new TextEncoder().encode(history.chart(this.#names))]);
  }
}
