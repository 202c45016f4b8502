/**
 * A record of where live tensors were made, to find leaks. The constructor of Tensor and `dispose` report to it while
 * a tracker is active; `wengert/testing` builds its assertions on it.
 */
import type { Tensor } from "../../tensor.js";
import type { DType } from "../dtype.js";
import type { Shape } from "../shape.js";

/** A tensor that is still alive, and where it was made. */
export interface Leak {
  /** The op or function that made it. */
  readonly madeBy: string;
  /** Its shape. */
  readonly shape: Shape;
  /** Its dtype. */
  readonly dtype: DType;
  /** The line of the program that made it: `file:line:column`. */
  readonly line: string;
  /** The whole stack trace at that moment. */
  readonly stack: string;
}

/**
 * Records where tensors are made, from `trackLeaks()` to `stop()`. While it records, each new tensor costs a stack
 * trace.
 */
export class LeakTracker {
  readonly #live = new Map<number, Leak>();

  /** @internal */
  made(id: number, tensor: Tensor): void {
    const stack = captureStack();
    this.#live.set(id, {
      madeBy: tensor.madeBy,
      shape: tensor.shape,
      dtype: tensor.dtype,
      line: programLine(stack),
      stack,
    });
  }

  /** @internal */
  disposed(id: number): void {
    this.#live.delete(id);
  }

  /** The tensors that were made since the start and are not disposed, oldest first. */
  leaks(): Leak[] {
    return [...this.#live.values()];
  }

  /** Ends the recording. `leaks` still returns the tensors made until now. */
  stop(): void {
    trackers.delete(this);
  }
}

const trackers = new Set<LeakTracker>();

/** @internal The trackers that record now. */
export const activeTrackers: ReadonlySet<LeakTracker> = trackers;

/** Starts recording where tensors are made, to find those that are never disposed. Call `stop()` on the result. */
export function trackLeaks(): LeakTracker {
  const tracker = new LeakTracker();
  trackers.add(tracker);
  return tracker;
}

function captureStack(): string {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = 50;
  const stack = new Error().stack ?? "";
  Error.stackTraceLimit = before;
  return stack;
}

// The folder that holds this file's parent: src/ or dist/. Frames in it are the engine's, the first other is the
// user's.
const engine = new URL("../..", import.meta.url).href;
const enginePath = decodeURIComponent(new URL("../..", import.meta.url).pathname);

function programLine(stack: string): string {
  for (const frame of stack.split("\n").slice(1)) {
    if (frame.includes(engine) || frame.includes(enginePath) || frame.includes("node:")) continue;
    const place = /\(?((?:file:\/\/)?\/?[^()\s]+:\d+:\d+)\)?$/.exec(frame.trim());
    if (place) return place[1].replace(/^file:\/\//, "");
  }
  return "unknown";
}
