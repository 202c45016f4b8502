import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ArgumentError, moduleDataset } from "../../src/index.js";
import { type Compiled, compile } from "../support/compiled.js";

let compiled: Compiled;
beforeAll(() => {
  compiled = compile("src", "tests/data/workers");
});
afterAll(() => compiled.remove());

async function run(...args: number[]): Promise<unknown[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    join(compiled.folder, "tests/data/workers/main.js"),
    ...args.map(String),
  ]);
  return JSON.parse(stdout);
}

describe("workers", () => {
  test("give what the program's own thread gives, random crops included, and do not keep the program alive", async () => {
    const [alone, one, three] = await Promise.all([run(0), run(1), run(3)]);
    expect(alone).toHaveLength(16);
    expect(new Set(alone.map((batch) => JSON.stringify(batch))).size).toBe(16);
    expect(one).toEqual(alone);
    expect(three).toEqual(alone);
  });

  test("hand over what goes wrong in them", async () => {
    const [failed, ended] = await Promise.all([run(2, 17), run(2, -1, 17)]);
    const errors = (batches: unknown[]) => batches.filter((batch) => typeof batch === "string");
    const broken = "WengertError: DataLoader: error in a worker: Error: sample 17 is broken";
    expect(errors(failed)).toEqual([broken, broken]);
    // A worker that ended is replaced: the second epoch comes as far as that sample again.
    const gone = expect.stringMatching(/^WengertError: DataLoader: a worker (exited unexpectedly|failed)/);
    expect(errors(ended)).toEqual([gone, gone]);
    expect(ended.length).toBeGreaterThan(3);
  });
});

describe("moduleDataset refuses", () => {
  const inline = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`;
  test.each([
    ["a module without a function", "export const a = 1;", /data:.* does not export a function "dataset"/],
    ["a function that gives something else", "export const dataset = () => 3;", /must return a dataset/],
  ])("%s", async (_, code, message) => {
    await expect(moduleDataset(inline(code))).rejects.toThrow(ArgumentError);
    await expect(moduleDataset(inline(code))).rejects.toThrow(message);
  });
});
