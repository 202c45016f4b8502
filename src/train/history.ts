import { type ChartOptions, lineChart } from "../chart/index.js";
import { ArgumentError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import type { Logs } from "./types.js";

/** The numbers of one epoch. */
export interface EpochLog {
  /** Counted from 1. */
  readonly epoch: number;
  /** Steps of the whole run up to its end. */
  readonly step: number;
  readonly logs: Logs;
}

/** Why a run ended before its last epoch, and what was saved then. */
export interface Interruption {
  /** The epoch it was in, counted from 1, and the steps of the whole run. */
  readonly epoch: number;
  readonly step: number;
  /** The files from which the run can be resumed. */
  readonly saved: readonly string[];
}

/** What came out of every epoch of a run. */
export class History {
  readonly epochs: EpochLog[];
  /** Null unless the run was interrupted. */
  interruption: Interruption | null = null;
  /** Why a callback ended the run, such as early stopping; null where none did. */
  stopped: string | null = null;

  constructor(epochs: readonly EpochLog[] = []) {
    this.epochs = [...epochs];
  }

  /** The names of all numbers, in the order in which they came up. */
  get names(): string[] {
    return [...new Set(this.epochs.flatMap(({ logs }) => Object.keys(logs)))];
  }

  /** The numbers of one name, one an epoch; NaN where an epoch has none. @throws ArgumentError if there is no such name */
  values(name: string): number[] {
    if (!this.names.includes(name))
      throw new ArgumentError(`History: no epoch has ${quote(name)}; there are ${this.names.join(", ") || "none yet"}`);
    return this.epochs.map(({ logs }) => logs[name] ?? Number.NaN);
  }

  /**
   * The curves as a chart: the text of an SVG file.
   *
   * @param names - which to draw; by default all but the learning rate
   * @throws ArgumentError if there is no such name
   */
  chart(names: readonly string[] = this.names.filter((name) => name !== "lr"), options: ChartOptions = {}): string {
    const x = this.epochs.map(({ epoch }) => epoch);
    return lineChart(
      names.map((name) => ({ name, x, y: this.values(name) })),
      { xLabel: "epoch", ...options },
    );
  }
}
