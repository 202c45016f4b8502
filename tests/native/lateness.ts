import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { median } from "../support/median.js";

/** By how many milliseconds a 1 ms timer was late at most: of this thread, and of one that has nothing else to do. */
export interface Lateness {
  readonly own: number;
  readonly idle: number;
}

/**
 * Runs `work` beside a 1 ms timer. A second timer, in a thread of its own, shows what the machine does to any timer
 * while all cores compute: other programs take them away for tens of milliseconds.
 */
export async function lateness(work: () => Promise<unknown>): Promise<Lateness> {
  const shared = new Float64Array(new SharedArrayBuffer(8));
  const idle = new Worker(`(${timer})(require("node:worker_threads").workerData)`, { eval: true, workerData: shared });
  await once(idle, "online");
  while (shared[0] === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  shared[0] = 0;
  const own = new Float64Array(1);
  const turn = timer(own);
  await work();
  turn();
  const late = { own: own[0], idle: shared[0] };
  clearInterval(turn.interval);
  await idle.terminate();
  return late;
}

/** Starts a timer that keeps the most it was late in `late`. Written without a word from outside, since a worker runs it. */
function timer(late: Float64Array): (() => void) & { interval: NodeJS.Timeout } {
  let last = performance.now();
  const turn = (): void => {
    const now = performance.now();
    late[0] = Math.max(late[0], now - last - 1);
    last = now;
  };
  return Object.assign(turn, { interval: setInterval(turn, 1) });
}

/** Prints what was measured. */
export function print(found: readonly Lateness[]): void {
  const row = (of: "own" | "idle"): string => {
    const list = found.map((late) => late[of]);
    return `${Math.min(...list).toFixed(1)} ms at least, ${median(list).toFixed(1)} in the median`;
  };
  process.stdout.write(`late by ${row("own")} of ${found.length}; an idle thread by ${row("idle")}\n`);
}
