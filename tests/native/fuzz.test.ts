import { describe, expect, test } from "vitest";
import { Generator } from "../../src/index.js";
import { load, skipped, why, wordsOf } from "./addon.js";

const calls = 100_000;

/** Numbers that are wrong somewhere: as a handle, a count, an integer, a dimension. */
// biome-ignore format: a table
const numbers = [
  0, -0, 1, 2, 3, 4, 7, 16, 64, -1, -2, 0.5, -1.5, 2 ** 24, 2 ** 31 - 1, -(2 ** 31), 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 53 + 2,
  -(2 ** 53), 1e300, -1e300, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.MIN_VALUE,
];
const others = [
  null,
  undefined,
  true,
  "1",
  "",
  {},
  [],
  [1],
  () => 0,
  Symbol("s"),
  1n,
  new Float32Array(2),
  new Date(0),
];

describe.skipIf(skipped)(`100,000 random calls${why}`, () => {
  test("throw errors and nothing else, and leave no memory behind", () => {
    const addon = load();
    const generator = new Generator(11);
    const one = <T>(list: readonly T[]): T => list[generator.integer(list.length)];
    const before = addon.memory().live;
    const handles = Array.from({ length: 24 }, (_, i) => addon.alloc(one([0, 1, 2, 3, 4, 8, 12, 16, 64]), i % 7));
    const freed = addon.alloc(4, 0);
    addon.free(freed);
    const functions = [
      ...Object.entries(addon.kernels).filter(([name]) => !name.startsWith("planted")),
      ...Object.entries(addon).filter(([name, value]) => typeof value === "function" && name !== "setOptions"),
    ] as [string, (...args: unknown[]) => unknown][];
    const argument = (): unknown => {
      const kind = generator.integer(10);
      if (kind < 4) return one(handles);
      if (kind < 8) return one(numbers);
      if (kind === 8) return one([freed, one(handles) + 1, one(handles) + 2 ** 24]);
      return one(others);
    };
    // Most of the time of an error is its stack.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    let thrown = 0;
    const settled: Promise<unknown>[] = [];
    const made: number[] = [];
    for (let i = 0; i < calls; i++) {
      // The lists hold sizes that fit now and then, handles, and rubbish.
      addon.lists[0] = one([0, 1, 2, 3, 4, 6, 8, 12, -1, 2 ** 20]);
      for (let word = 1; word < 16; ) {
        if (generator.integer(4) === 0) for (const half of wordsOf(one(handles))) addon.lists[word++] = half;
        else addon.lists[word++] = generator.integer(3) === 0 ? one(numbers) : generator.integer(5);
      }
      const [name, call] = one(functions);
      const args = Array.from({ length: generator.integer(4) === 0 ? generator.integer(26) : call.length }, argument);
      // Kernels take more arguments than JavaScript knows of: most calls have the right number of them.
      if (name in addon.kernels && generator.integer(8) > 0) {
        const arity = arities.get(name) ?? learnArity(name, call);
        while (args.length < arity) args.push(argument());
        args.length = arity;
      }
      if (name === "free" && handles.includes(args[0] as number)) continue;
      if (name === "alloc" && typeof args[0] === "number" && args[0] > 2 ** 20) args[0] = 2 ** 53; // no memory has that
      try {
        const result = call(...args);
        if (name === "alloc") made.push(result as number);
        if (result instanceof Promise) settled.push(result.catch(() => thrown++));
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
        thrown++;
      }
      while (made.length > 0) addon.free(made.pop() as number);
    }
    Error.stackTraceLimit = stackTraceLimit;
    expect(thrown).toBeGreaterThan(calls / 4);
    expect(thrown).toBeLessThan(calls);
    for (const handle of handles) addon.free(handle);
    try {
      addon.sync();
    } catch (error) {
      expect(error).toBeInstanceOf(Error); // a fault that the last kernels reported
    }
    addon.sync();
    expect(addon.memory().live).toBe(before);
    return Promise.all(settled).then(() => undefined);
  }, 300_000);
});

const arities = new Map<string, number>();

/** How many arguments a kernel takes: its own message says so. */
function learnArity(name: string, call: (...args: unknown[]) => unknown): number {
  try {
    call(...new Array(30));
  } catch (error) {
    arities.set(name, Number(/takes (\d+) arguments/.exec(String(error))?.[1]));
  }
  return arities.get(name) ?? 0;
}
