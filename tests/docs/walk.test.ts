/** The walk of docs/architecture.md from `x.matmul(w)` to the `mma` instruction: each file has the step that it is named for. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string): string => readFileSync(`${root}/${path}`, "utf8");

interface Step {
  readonly number: number;
  readonly file: string;
  /** Text of the file where the walk goes on. */
  readonly step: string;
}

/** The rows of the table: number, file, description, step. */
const stepsOf = (page: string): Step[] =>
  [...page.matchAll(/^\| (\d+) \| `([^`]+)` \|.*\| `([^`]+)` \|$/gm)].map(([, number, file, step]) => ({
    number: Number(number),
    file,
    step,
  }));

/** The steps whose file does not have their text. */
const broken = (steps: readonly Step[]): string[] =>
  steps.filter(({ file, step }) => !read(file).includes(step)).map(({ file, step }) => `${file}: ${step}`);

describe("the walk to the mma instruction", () => {
  const steps = stepsOf(read("docs/architecture.md"));

  test("takes at most ten files, each once", () => {
    expect(steps.map(({ number }) => number)).toEqual(steps.map((_, i) => i + 1));
    expect(new Set(steps.map(({ file }) => file)).size).toBe(steps.length);
    expect(steps.length).toBeLessThanOrEqual(10);
    expect(steps[0].file).toBe("src/ops/matmul/matmul.ts");
    expect(steps.at(-1)).toMatchObject({ file: "kernels/ptx/ptx.cuh", step: "mma.sync.aligned" });
  });

  test("finds each step in its file", () => {
    expect(broken(steps)).toEqual([]);
  });

  test("names a step that is not there", () => {
    const planted = stepsOf(
      "| 1 | `src/core/apply.ts` | x | `device.run(` |\n| 2 | `src/core/op.ts` | y | `gone(` |\n",
    );
    expect(broken(planted)).toEqual(["src/core/op.ts: gone("]);
  });
});
