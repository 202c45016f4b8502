/**
 * Assertions that tests leak no tensors: `expectNoLeaks` for a function, `checkLeaks` for all tests of a file. Users
 * call them in their tests; the tracking itself is in src/core.
 */
import { WengertError } from "../core/errors.js";
import { type Leak, type LeakTracker, trackLeaks } from "../core/memory/leaks.js";
import { show } from "../core/shape.js";

/** Tensors that were made and not disposed; the message lists them with the lines that made them. */
export class LeakError extends WengertError {
  /** The name in messages and stack traces. */
  override name = "LeakError";

  /**
   * @param user - the function that checks, for the message
   * @param leaks - every leaked tensor, in the order in which they were made
   */
  constructor(
    user: string,
    /** Every leaked tensor, in the order in which they were made. */
    readonly leaks: readonly Leak[],
  ) {
    super(
      `${user}: ${leaks.length === 1 ? "1 tensor was" : `${leaks.length} tensors were`} not disposed:\n${list(leaks)}`,
    );
  }
}

/** A loop that leaks makes many tensors on one line: they are one row of the list. */
const longestList = 20;

function list(leaks: readonly Leak[]): string {
  const counts = new Map<string, number>();
  for (const { dtype, shape, madeBy, line } of leaks) {
    const row = `  ${dtype} ${show(shape)} created by ${madeBy} at ${line}`;
    counts.set(row, (counts.get(row) ?? 0) + 1);
  }
  const rows = [...counts].map(([row, count]) => (count > 1 ? `${row} (${count} times)` : row));
  if (rows.length <= longestList) return rows.join("\n");
  return [...rows.slice(0, longestList), `  and ${rows.length - longestList} more kinds`].join("\n");
}

function check(user: string, tracker: LeakTracker): void {
  tracker.stop();
  const leaks = tracker.leaks();
  if (leaks.length > 0) throw new LeakError(user, leaks);
}

/**
 * Runs `fn` and throws if a tensor that it made is still alive at its end. Errors of `fn` are passed on.
 *
 * ```ts
 * test("a training step leaks nothing", () => {
 *   expectNoLeaks(() => trainStep(model, batch));
 * });
 * ```
 *
 * `fn` may be asynchronous; then so is the check, and every tensor that other tasks make meanwhile counts as well.
 * Warm up first what makes its state at the first step, such as an optimizer.
 *
 * @returns what `fn` returns; tensors in it are alive, so they count as leaks: return numbers
 * @throws LeakError listing dtype, shape, op and the line of the program that made each leaked tensor
 */
export function expectNoLeaks<T>(fn: () => T): T {
  const tracker = trackLeaks();
  const settle = <V>(value: V): V => {
    check("expectNoLeaks", tracker);
    return value;
  };
  const fail = (error: unknown): never => {
    tracker.stop();
    throw error;
  };
  let result: T;
  try {
    result = fn();
  } catch (error) {
    return fail(error);
  }
  return result instanceof Promise ? (result.then(settle, fail) as T) : settle(result);
}

/** The two hooks of a test runner (vitest, jest, mocha, node:test) that `checkLeaks` needs. */
export interface LeakHooks {
  /** Registers a function that the runner calls before each test. */
  beforeEach(hook: () => void): unknown;
  /** Registers a function that the runner calls after each test. */
  afterEach(hook: () => void): unknown;
}

/**
 * Makes every test of a file, or of the block it is called in, fail if it leaks a tensor:
 *
 * ```ts
 * import { afterEach, beforeEach } from "vitest";
 * checkLeaks({ beforeEach, afterEach });
 * ```
 *
 * Call it before other hooks: then tensors that they make before a test count, and those that they dispose after it do
 * not. (The latter holds where the runner calls `afterEach` hooks in reverse order, as vitest and jest do.) Tests of
 * the file must run one after the other.
 *
 * @throws LeakError, in the hook after the test
 */
export function checkLeaks({ beforeEach, afterEach }: LeakHooks): void {
  let tracker: LeakTracker | null = null;
  beforeEach(() => {
    tracker?.stop();
    tracker = trackLeaks();
  });
  afterEach(() => {
    if (tracker) check("checkLeaks", tracker);
  });
}
