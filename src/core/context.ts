/**
 * The innermost scope and tape, and whether ops are recorded, for the code that runs now. Scopes, tapes and the
 * autograd functions change it; apply.ts reads it for each op.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Tape } from "./autograd/tape.js";
import type { Scope } from "./memory/scope.js";

/** The state that scopes, tapes and `noGrad` set for the code that runs inside them. */
export interface Context {
  /** The innermost scope. */
  scope: Scope | null;
  /** The innermost tape. */
  tape: Tape | null;
  /** Whether ops are recorded. */
  recording: boolean;
  /** Whether gradients computed here will be differentiated in turn, even if no tape is open. */
  higherOrder: boolean;
}

const root: Context = { scope: null, tape: null, recording: true, higherOrder: false };

// Made at the first `runInContext`: until then, looking up the context costs nothing.
let storage: AsyncLocalStorage<Context> | null = null;

/** The context of the running code. */
export function context(): Context {
  return storage === null ? root : (storage.getStore() ?? root);
}

/** Runs `fn`, which is synchronous, with parts of the context replaced, and puts them back afterwards. */
export function withContext<T>(change: Partial<Context>, fn: () => T): T {
  const current = context();
  const { scope, tape, recording, higherOrder } = current;
  Object.assign(current, change);
  try {
    return fn();
  } finally {
    current.scope = scope;
    current.tape = tape;
    current.recording = recording;
    current.higherOrder = higherOrder;
  }
}

/**
 * Runs `fn`, which may be asynchronous, in a new context that follows it through every `await`, so that tasks
 * that run side by side do not see each other's scopes.
 */
export function runInContext<T>(change: Partial<Context>, fn: () => T): T {
  storage ??= new AsyncLocalStorage<Context>();
  return storage.run({ ...context(), ...change }, fn);
}
