import { describe, expect, test } from "vitest";
import { type Addon, leftOut } from "../../src/backends/native/addon.js";
import { Generator } from "../../src/index.js";
import { load, skipped, why } from "./addon.js";

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
    const kernels = Object.entries(addon.kernels).filter(([name]) => !name.startsWith("planted"));
    const functions = [
      ...kernels,
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
    const kinds = new Map(kernels.map(([name]) => [name, learnKinds(addon, name, handles[0])]));
    const dims = (): number => (generator.integer(8) === 0 ? one(numbers) : generator.integer(5));
    const handle = (): number => (generator.integer(8) === 0 ? leftOut : one(handles));
    const list = (entry: () => number): number[] => {
      const entries = Array.from({ length: generator.integer(5) }, entry);
      return [entries.length, ...entries];
    };
    const random: Record<Kind, () => number[]> = {
      buffer: () => [handle()],
      number: () => [one(numbers)],
      buffers: () => list(handle),
      dims: () => list(dims),
    };
    /** The same buffer and its length everywhere: many kernels accept that. */
    const fitting = (buffer: number): Record<Kind, () => number[]> => {
      const { length } = addon.describe(buffer);
      return { buffer: () => [buffer], number: () => [length], buffers: () => [1, buffer], dims: () => [1, length] };
    };
    /** What fits the kernel now and then, in kind at least, with rubbish in some places. */
    const writeOperands = (name: string): void => {
      const operand = generator.integer(2) === 0 ? random : fitting(one(handles));
      const words = (kinds.get(name) ?? []).flatMap((kind) =>
        generator.integer(20) > 0
          ? operand[kind]()
          : [one([...numbers, freed, one(handles) + 1, one(handles) + 2 ** 24])],
      );
      if (generator.integer(20) === 0) words.length = generator.integer(words.length + 4);
      addon.operands[0] = generator.integer(20) > 0 ? words.length : one([...numbers, addon.operands.length]);
      addon.operands.set(words, 1);
    };
    let launched = 0;
    for (let i = 0; i < calls; i++) {
      const [name, call] = one(functions);
      const args = Array.from({ length: generator.integer(4) === 0 ? generator.integer(26) : call.length }, argument);
      if (name in addon.kernels) writeOperands(name);
      if (name === "free" && handles.includes(args[0] as number)) continue;
      if (name === "alloc" && typeof args[0] === "number" && args[0] > 2 ** 20) args[0] = 2 ** 53; // no memory has that
      try {
        const result = call(...args);
        if (name in addon.kernels) launched++;
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
    expect(launched).toBeGreaterThan(calls / 20);
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

type Kind = "buffer" | "number" | "buffers" | "dims";

/** The kinds of a kernel's operands, from what it says of wrong ones. */
function learnKinds(addon: Addon, name: string, handle: number): Kind[] {
  const kinds: (Kind | "list")[] = [];
  const trial = { buffer: [handle], number: [0.5], list: [1, 0.5], buffers: [1, handle], dims: [1, 1] };
  for (let turn = 0; turn < 200; turn++) {
    const words = kinds.flatMap((kind) => trial[kind]);
    addon.operands[0] = words.length;
    addon.operands.set(words, 1);
    try {
      addon.kernels[name]();
      break;
    } catch (error) {
      const text = String(error);
      const at = Number(/operand (\d+)/.exec(text)?.[1]) - 1;
      if (/expected \d+ operands/.test(text)) kinds.push("number");
      else if (/operand \d+\[0\] must be the handle/.test(text)) kinds[at] = "buffers";
      else if (/operand \d+\[0\] must be a 32-bit integer/.test(text)) kinds[at] = "dims";
      else if (/must be the handle/.test(text)) kinds[at] = "buffer";
      else if (/must be a list/.test(text)) kinds[at] = "list";
      else if (/must be an integer/.test(text)) trial.number = [1];
      else break;
    }
  }
  return kinds as Kind[];
}
