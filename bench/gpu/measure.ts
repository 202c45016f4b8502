/**
 * Times a row's work on the device in use: the median over rounds of the time between two events of the stream. A round
 * is a number of calls that follow each other; operands and results rotate through more memory than the caches hold.
 */
import { type NativeDevice, randn, sync, type Tensor, tidy } from "../../src/index.js";
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
  /** Microseconds of one round. */
  readonly round: number;
  /** Microseconds of all rounds: as many as fit, from 3 to 16. */
  readonly total: number;
  /** Whether the device is kept busy while the host submits a round. */
  readonly filler: boolean;
}

export const fullEffort: Effort = { round: 5_000, total: 50_000, filler: true };
/** For trying a program. */
export const smallEffort: Effort = { round: 1, total: 1, filler: false };

/** Twice the largest second-level cache. */
const rotated = 2 ** 27;

/** As many sets of operands as go beyond the caches together, and at most 64. */
export const setsOf = ({ bytes, sets }: Pick<Work, "bytes" | "sets">, small: boolean): number =>
  sets ?? (small ? 2 : Math.min(64, Math.max(1, Math.ceil(rotated / Math.max(1, bytes)))));

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

  /** The results of the last run on the first set. */
  get results(): readonly Tensor[] {
    return this.#kept[0] ?? [];
  }
}

/** Work for the device while the host submits a round: otherwise the time of a short kernel is the host's. */
class Filler implements Disposable {
  readonly #x = randn([2 ** 26]);
  readonly #microseconds: number;

  constructor(native: NativeDevice) {
    this.submit(1);
    this.#microseconds = Math.max(1, native.elapsed(() => this.submit(4)) / 4);
  }

  submit(times: number): void {
    for (let i = 0; i < times; i++) this.#x.neg().dispose();
  }

  /** Submits so many microseconds of work, but at most 100 launches: about 20 ms on an H100. */
  cover(microseconds: number): void {
    this.submit(Math.min(100, Math.ceil(microseconds / this.#microseconds)));
  }

  [Symbol.dispose](): void {
    this.#x.dispose();
  }
}

/** The time of one call. The first calls, which load kernels and fill the caches of memory, are not timed. */
export function measure(native: NativeDevice, work: Work, rotation: Rotation, effort: Effort): Timing {
  const { clock = "device" } = work;
  using filler = clock === "device" && effort.filler ? new Filler(native) : null;
  const inHost = (calls: number): number => onHost(() => rotation.run(calls));
  rotation.run(2);
  // The host's time for a call, plus 50%.
  const host = (1.5 * inHost(4)) / 4;
  sync();
  const round = (calls: number): number => {
    if (clock === "host") return inHost(calls);
    filler?.cover(calls * host);
    return native.elapsed(() => rotation.run(calls));
  };
  const calls = work.calls ?? callsFor(round(2) / 2, effort);
  const first = round(calls);
  const rounds = Math.min(15, Math.max(2, Math.floor(effort.total / first)));
  const times = [first, ...Array.from({ length: rounds }, () => round(calls))];
  return summarize(
    times.map((time) => time / calls),
    calls,
  );
}

/** At most 100: with several launches a call, a stream that is full would make the host wait. */
const callsFor = (time: number, { round }: Effort): number =>
  Math.max(1, Math.min(100, Math.ceil(round / Math.max(0.1, time))));

/** Microseconds that the host takes; the device has nothing to do before and may still work afterwards. */
function onHost(body: () => void): number {
  sync();
  const start = performance.now();
  body();
  return (performance.now() - start) * 1000;
}
