import { writeAtomic } from "../io/files.js";
import type { Callback, Run } from "./callback.js";

/** Draws the curves of a run to an SVG file, anew after each epoch. */
export class HistoryChart implements Callback {
  readonly #path: string;
  readonly #names: readonly string[] | undefined;

  /** @param names - the numbers to draw; by default all but the learning rate */
  constructor(path: string, names?: readonly string[]) {
    this.#path = path;
    this.#names = names;
  }

  /** @throws FileError if the file cannot be written; ArgumentError if there is no number of such a name */
  async onEpochEnd({ history }: Run): Promise<void> {
    await writeAtomic("HistoryChart", this.#path, [new TextEncoder().encode(history.chart(this.#names))]);
  }
}
