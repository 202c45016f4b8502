/** Measures how late timers are while work runs, to test that the event loop is not blocked. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { median } from "../support/median.js";

/** By how many milliseconds a 1 ms timer was late at most: of this thread, and of one that has nothing else to do. */
export interface Lateness {
  readonly own: number;
  readonly idle: number;
}

/**
 * Runs `work` beside a 1 ms timer. A second timer, in a separate thread, shows what the machine does to any timer
 * while all cores compute: other programs take them away for tens of milliseconds.
 */
export async function lateness(work: () => Promise<unknown>): Promise<Lateness> {
  const idle = new Float64Array(new SharedArrayBuffer(16));
  const worker = new Worker(`(${startTimer})(require("node:worker_threads").workerData)`, {
    eval: true,
    workerData: idle,
  });
  await once(worker, "online");
  while (idle[1] === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  const own = new Float64Array(2);
  const timer = startTimer(own);
  idle[1] = own[1] = 2;
  try {
    await work();
    timer.turn();
    return { own: own[0], idle: idle[0] };
  } finally {
    clearInterval(timer.interval);
    await worker.terminate();
  }
}

/**
 * Starts a timer that keeps in `state[0]` the most it was late; `state[1]` is 1 once it runs, and 2 from when it counts.
 * It uses no variables from outside, since a worker runs its source.
 */
function startTimer(state: Float64Array): { turn(): void; interval: NodeJS.Timeout } {
  let last = performance.now();
  const turn = (): void => {
    const now = performance.now();
    if (state[1] === 2) state[0] = Math.max(state[0], now - last - 1);
    else state[1] = 1;
    last = now;
  };
  return { turn, interval: setInterval(turn, 1) };
}

/**
 * How late the timer was through what is measured: the least there was; or, if that is less, as on a machine that keeps
 * even the idle thread's timer waiting, what it was late beyond that one, in the median.
 */
export const ownLateness = (found: readonly Lateness[]): number =>
  Math.min(...found.map(({ own }) => own), median(found.map(({ own, idle }) => own - idle)));

/** Prints what was measured. */
export function print(found: readonly Lateness[]): void {
  const row = (of: "own" | "idle"): string => {
    const list = found.map((late) => late[of]);
    return `${Math.min(...list).toFixed(1)} ms at least, ${median(list).toFixed(1)} in the median`;
  };
  process.stdout.write(`late by ${row("own")} of ${found.length}; an idle thread by ${row("idle")}\n`);
}
