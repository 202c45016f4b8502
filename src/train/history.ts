/** The numbers of the epochs of a run, which Trainer.fit returns and callbacks read. */
import { type ChartOptions, lineChart } from "../chart/index.js";
import { ArgumentError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import type { Logs } from "./types.js";

/** The numbers of one epoch. */
export interface EpochLog {
  /** The epoch, counted from 1. */
  readonly epoch: number;
  /** The number of steps of the whole run at the end of the epoch. */
  readonly step: number;
  /** The numbers by name: `loss`, `lr`, the metrics and, with `val` in front, those of the validation data. */
  readonly logs: Logs;
}

/** An interruption before the last epoch, and the files that were saved. */
export interface Interruption {
  /** The epoch in which it came, counted from 1. */
  readonly epoch: number;
  /** The number of steps that the whole run had taken. */
  readonly step: number;
  /** The files from which the run can be resumed. */
  readonly saved: readonly string[];
}

/** The numbers of every epoch of a run. */
export class History {
  /** The epochs in order. */
  readonly epochs: EpochLog[];
  /** The interruption of the run; null if there was none. */
  interruption: Interruption | null = null;
  /** The reason why a callback, such as early stopping, ended the run; null if none did. */
  stopped: string | null = null;

  /** @param epochs - the epochs so far */
  constructor(epochs: readonly EpochLog[] = []) {
    this.epochs = [...epochs];
  }

  /** The names of all numbers, in the order of their first use. */
  get names(): string[] {
    return [...new Set(this.epochs.flatMap(({ logs }) => Object.keys(logs)))];
  }

  /**
   * The numbers of one name, one for each epoch; NaN if an epoch lacks it.
   *
   * @throws ArgumentError if no epoch has a number of this name
   */
  values(name: string): number[] {
    if (!this.names.includes(name))
      throw new ArgumentError(
        `History: no epoch has a value ${quote(name)}; available: ${this.names.join(", ") || "none yet"}`,
      );
    return this.epochs.map(({ logs }) => logs[name] ?? Number.NaN);
  }

  /**
   * The curves as a chart: the text of an SVG file.
   *
   * @param names - the numbers to draw; by default all except the learning rate
   * @throws ArgumentError if no epoch has a number of one of the names
   */
  chart(names: readonly string[] = this.names.filter((name) => name !== "lr"), options: ChartOptions = {}): string {
    const x = this.epochs.map(({ epoch }) => epoch);
    return lineChart(
      names.map((name) => ({ name, x, y: this.values(name) })),
      { xLabel: "epoch", ...options },
    );
  }
}
