/**
 * Times a row's work on the device in use: the median over rounds of the time between two events of the stream. A round
 * is a number of calls that follow each other; operands and results rotate through more memory than the caches hold.
 */
import { type NativeDevice, sync, type Tensor, tidy } from "../../src/index.js";
import type { Operands, Work } from "./work.js";

/** Microseconds a call. */
export interface Timing {
  readonly median: number;
  readonly quartiles: readonly [number, number];
  readonly rounds: number;
  readonly calls: number;
}

/** How long a row is measured. */
export interface Effort {
  /** Microseconds of one round, and of all of them: as many rounds as fit, but at least three. */
  readonly round: number;
  readonly total: number;
}

export const fullEffort: Effort = { round: 5_000, total: 50_000 };
/** Where a program is only tried. */
export const smallEffort: Effort = { round: 1, total: 1 };

/** Twice the largest second-level cache. */
const rotated = 2 ** 27;

/** As many sets of operands as go beyond the caches together, and at most 64. */
export const setsOf = (work: Work, small: boolean): number =>
  small ? 2 : Math.min(64, Math.max(1, Math.ceil(rotated / Math.max(1, work.bytes))));

/** At a fraction of a sorted list, between its elements. */
function quantile(sorted: readonly number[], fraction: number): number {
  const at = fraction * (sorted.length - 1);
  const [low, high] = [Math.floor(at), Math.ceil(at)];
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low);
}

/** Median and quartiles of microseconds a call. */
export function summarize(times: readonly number[], calls: number): Timing {
  const sorted = [...times].sort((a, b) => a - b);
  const [lower, median, upper] = [0.25, 0.5, 0.75].map((fraction) => quantile(sorted, fraction));
  return { median, quartiles: [lower, upper], rounds: sorted.length, calls };
}

/** Runs work on sets of operands, one after the other, and keeps as many results as there are sets. */
export class Rotation {
  readonly #sets: readonly Operands[];
  readonly #kept: Tensor[][] = [];
  #next = 0;

  constructor(sets: readonly Operands[]) {
    this.#sets = sets;
  }

  run(calls: number): void {
    for (let i = 0; i < calls; i++) {
      const at = this.#next++ % this.#sets.length;
      const old = this.#kept[at];
      this.#kept[at] = tidy(() => this.#sets[at].run());
      if (old !== undefined) for (const t of old) t.dispose();
    }
  }
}

/** The time of one call. The first calls, which load kernels and fill the caches of memory, are not timed. */
export function measure(native: NativeDevice, work: Work, rotation: Rotation, effort: Effort): Timing {
  const round =
    work.clock === "host"
      ? (calls: number): number => onHost(() => rotation.run(calls))
      : (calls: number): number => native.elapsed(() => rotation.run(calls));
  round(2);
  const calls = work.calls ?? callsFor(round(2) / 2, effort);
  const first = round(calls);
  const rounds = Math.min(15, Math.max(2, Math.floor(effort.total / first)));
  const times = [first, ...Array.from({ length: rounds }, () => round(calls))];
  return summarize(
    times.map((time) => time / calls),
    calls,
  );
}

/** At most so many that the stream holds all launches: beyond that, the host waits for the device. */
const callsFor = (time: number, { round }: Effort): number =>
  Math.max(1, Math.min(200, Math.ceil(round / Math.max(0.1, time))));

/** Microseconds that the host takes; the device has nothing to do before and may still work afterwards. */
function onHost(body: () => void): number {
  sync();
  const start = performance.now();
  body();
  return (performance.now() - start) * 1000;
}
