/**
 * The walk of docs/architecture.md from `x.matmul(w)` to the `mma` instruction: each file has its step, and the files of
 * kernels/ are connected by their includes.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { includesOf, readSources } from "../architecture/includes.js";

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

const sources = readSources("kernels");

/** The files of kernels/ that a file includes. */
const includedBy = (file: string): string[] =>
  includesOf(sources.get(file) ?? "").map((include) => `kernels/${include}`);

/** Whether a file includes another, directly or through one header. */
const includes = (file: string, other: string): boolean =>
  includedBy(file).some((header) => header === other || includedBy(header).includes(other));

/** The kernel files that compile a function template, such as `startMma` for one element type. */
const instantiating = (template: string): string[] =>
  [...sources]
    .filter(([path, text]) => path.endsWith(".cu") && text.includes(`template void ${template}`))
    .map(([path]) => path);

/**
 * The rows of kernels/ from which the next row cannot be reached. A row leads to the next if it includes the next file, if a
 * file that compiles the template of its step does, or if an earlier row includes both and so connects them.
 */
function disconnected(steps: readonly Step[]): string[] {
  const rows = steps.filter(({ file }) => file.startsWith("kernels/"));
  const leads = ({ file, step }: Step, next: Step, earlier: readonly Step[]): boolean =>
    includes(file, next.file) ||
    (step.endsWith("<") && instantiating(step).some((kernel) => includes(kernel, next.file))) ||
    earlier.some((row) => includedBy(row.file).includes(file) && includedBy(row.file).includes(next.file));
  // The registry is the first of them. Its launcher is a function that EXPORT_KERNEL names, so that the next row includes it.
  const connected = (row: Step, i: number): boolean =>
    row.file === registry ? includes(rows[i + 1].file, registry) : leads(row, rows[i + 1], rows.slice(0, i));
  return rows
    .slice(0, -1)
    .flatMap((row, i) => (connected(row, i) ? [] : [`${row.file} does not lead to ${rows[i + 1].file}`]));
}

const registry = "kernels/runtime/registry.h";

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

  test("is connected by includes from the registry on", () => {
    expect(steps.filter(({ file }) => file.startsWith("kernels/")).length).toBeGreaterThan(4);
    expect(steps.filter(({ file }) => file.startsWith("kernels/") && !sources.has(file))).toEqual([]);
    expect(disconnected(steps)).toEqual([]);
  });

  test.each([
    [6, "kernels/elementwise/unary.cu"],
    [7, "kernels/convolution/conv.cu"],
    [8, "kernels/matmul/gemm-simt.cuh"],
    [9, "kernels/reduction/folds.cuh"],
    [10, "kernels/ptx/ptx-hopper.cuh"],
  ])("is found to be wrong if row %i is %s", (number, file) => {
    expect(sources.has(file)).toBe(true);
    const wrong = steps.map((row) => (row.number === number ? { ...row, file } : row));
    expect(disconnected(wrong).join()).toContain(file);
  });

  test("is found to be wrong if rows change places", () => {
    const [a, b] = [steps[7], steps[8]];
    const wrong = steps.with(7, b).with(8, a);
    expect(disconnected(wrong)).toEqual([`${b.file} does not lead to ${a.file}`]);
  });

  test("names a step that is not there", () => {
    const planted = stepsOf(
      "| 1 | `src/core/apply.ts` | x | `device.run(` |\n| 2 | `src/core/op.ts` | y | `gone(` |\n",
    );
    expect(broken(planted)).toEqual(["src/core/op.ts: gone("]);
  });
});
