import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { summarize, type Timing } from "../../bench/gpu/measure.js";
import { fastestTorch, medianOf, type RowResult, type Run, replaceFile } from "../../bench/gpu/results.js";
import { reduce, rows, size } from "../../bench/gpu/rows.js";
import { sameBits } from "../../bench/gpu/samples.js";
import { cellsOf, floorsOf, tableOf } from "../../bench/gpu/table.js";

const timing = (median: number): Timing => ({ median, quartiles: [median, median], rounds: 3, calls: 1 });

const row = (name: string, op: string, more: Partial<RowResult>): RowResult => ({
  ...{ name, op, mode: "bf16", status: "measured", bytes: 0, flops: 0 },
  ...more,
});

const results: readonly RowResult[] = [
  row("copy", "copy", { bytes: 3e6, ours: [timing(2), timing(2)], torch: { eager: timing(1) } }), // 3e6 bytes a us
  row("product", "matmul", { flops: 8e9, ours: [timing(20), timing(12)], torch: { eager: timing(10) } }), // 8e8 a us
  row("conv", "conv", {
    ...{ bytes: 6e6, flops: 8e8, ours: [timing(5)] },
    torch: { "channels last": timing(2), NCHW: timing(4) },
  }),
  row("norm", "layerNorm", { bytes: 6e6, ours: [timing(8)], torch: { eager: { error: "out of memory" } } }),
  row("spoilt", "matmul", { flops: 1e15, ours: [timing(1)], status: "wrong as planted" }),
  row("sort", "sort", { status: "no kernel", reason: "no kernel for sort yet", ours: [] }),
];

const run: Run = {
  ...{ date: "2026-01-02", commit: "abc", node: "v20", device: { name: "Card" }, torch: "none", small: false },
  rows: results,
};

describe("the table of the GPU benchmark", () => {
  test("takes the floor from the fastest copy and the fastest product of the run, ours or PyTorch's", () => {
    const floor = floorsOf(run);
    expect(results.map(floor)).toEqual([1, 10, 2, 2, 1.25e6, 0]);
  });

  test("takes no floor from a wrong result", () => {
    const wrong = row("wrong", "matmul", { flops: 1e15, ours: [timing(1)], status: "wrong" });
    expect(floorsOf({ ...run, rows: [...results, wrong] })(results[1])).toBe(10);
  });

  test("has no floor where nothing was copied", () => {
    const without = floorsOf({ ...run, rows: results.slice(1) });
    expect(without(results[1])).toBeNull();
  });

  test("gives the mean of our medians, and the ratios to the floor, to PyTorch's fastest, and to the committed run", () => {
    const committed: Run = { ...run, rows: [row("product", "matmul", { ours: [timing(32)] })] };
    const cells = cellsOf(results[1], floorsOf(run), committed);
    expect(cells.slice(0, 8)).toEqual(["product", "16.0", "12.0 to 20.0", "10.0", "1.60", "10.0", "1.60", "0.50"]);
    expect(medianOf(results[1])).toBe(16);
    expect(fastestTorch(results[2])).toEqual({ variant: "channels last", median: 2 });
    expect(cellsOf(results[2], floorsOf(run), null)[5]).toBe("channels last 2.00, NCHW 4.00");
  });

  test("names what was not measured, and why", () => {
    const text = tableOf(run, null);
    expect(text).toContain("| sort | no kernel: no kernel for sort yet |");
    const failed = row("bad", "add", { ours: [timing(1)], status: "failed", reason: "hung | stopped" });
    expect(cellsOf(failed, () => null, null)).toContain("failed hung / stopped");
    expect(text).toContain("out of memory");
    expect(text).toContain("wrong as planted");
    expect(text).toContain("6 rows: 4 measured, 1 wrong as planted, 1 no kernel");
  });
});

test("a timing is the median of the rounds, and their quartiles", () => {
  expect(summarize([5, 1, 2, 4, 3], 7)).toEqual({ median: 3, quartiles: [2, 4], rounds: 5, calls: 7 });
});

test("samples have the same bits, or not", () => {
  const a = Float32Array.of(1, Number.NaN);
  expect(sameBits([a], [a.slice()])).toBe(true);
  expect(sameBits([a], [Float32Array.of(1 + 2 ** -23, Number.NaN)])).toBe(false);
  expect(sameBits([Float32Array.of(0)], [Float32Array.of(-0)])).toBe(false);
  expect(sameBits([a], [a, a])).toBe(false);
});

test("a file is replaced at once, and nothing else is left", () => {
  const folder = mkdtempSync(join(tmpdir(), "wengert-results-"));
  replaceFile(join(folder, "a.json"), "1");
  replaceFile(join(folder, "a.json"), "2");
  expect(readdirSync(folder)).toEqual(["a.json"]);
  expect(readFileSync(join(folder, "a.json"), "utf8")).toBe("2");
});

describe("bench/rows.json", () => {
  test("names each row once", () => {
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
  });

  test("has the products, convolutions and ops that the project is measured by", () => {
    const count = (op: string): number => rows.filter((one) => one.op === op).length;
    const squares = rows.filter(({ op, m, n, k, planted }) => op === "matmul" && m === n && n === k && !planted);
    expect(squares).toHaveLength(5 * 3 * 3); // sizes, modes, layouts
    expect(rows.filter(({ name }) => /^GPT-2 .* bf16$/.test(name))).toHaveLength(6 * 3);
    expect(count("conv")).toBe(23 * 3);
    expect(count("attention")).toBe(8);
    for (const op of ["copy", "empty", "host", "softmax", "layerNorm", "rmsNorm", "crossEntropy", "gelu", "add"])
      expect(count(op), op).toBeGreaterThan(0);
    for (const op of ["biasAdd", "transpose", "sum", "dropout", "embedding", "adamW", "step"])
      expect(count(op), op).toBeGreaterThan(0);
    expect(rows.filter(({ planted }) => planted)).toHaveLength(1);
    expect(rows.filter(({ profile }) => profile)).toHaveLength(13);
  });

  test("can be reduced to sizes for the emulator; a size that is missing is an error", () => {
    const large = rows.find(({ name }) => name === "matmul 8192 NN bf16");
    const small = reduce(large ?? rows[0]);
    expect([small.m, small.n, small.k, small.small]).toEqual([24, 40, 32, true]);
    expect(() => size(small, "tokens")).toThrow('rows.json: "matmul 8192 NN bf16" has no tokens');
  });
});
