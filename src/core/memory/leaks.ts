import type { Tensor } from "../../tensor.js";
import type { DType } from "../dtype.js";
import type { Shape } from "../shape.js";

/** A tensor that is still alive, and where it was made. */
export interface Leak {
  readonly madeBy: string;
  readonly shape: Shape;
  readonly dtype: DType;
  /** The line of the program that made it: `file:line:column`. */
  readonly line: string;
  /** The whole stack. */
  readonly stack: string;
}

/** Records where tensors are made, from `start` to `stop`. Recording costs a stack trace a tensor. */
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

  /** The tensors made since the start that nothing has disposed. */
  leaks(): Leak[] {
    return [...this.#live.values()];
  }

  /** Ends the recording; `leaks` still tells what was made until now. */
  stop(): void {
    trackers.delete(this);
  }
}

const trackers = new Set<LeakTracker>();

/** @internal Who wants to know of tensors; empty unless leaks are being looked for. */
export const activeTrackers: ReadonlySet<LeakTracker> = trackers;

/** Starts recording where tensors are made. */
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

// The folder that holds this file's parent: src/ or dist/. Frames in it are the engine's, the first other is the user's.
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
