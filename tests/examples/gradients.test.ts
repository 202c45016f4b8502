import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Result, runExample } from "./command.js";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "wengert-gradients-"));
});

afterAll(() => rmSync(folder, { recursive: true }));

const columns = ["first", "last", "ratio", "loss", "largest", "end"] as const;
type Row = Readonly<Record<(typeof columns)[number], number>>;

/** The table by the names of its lines. */
function rowsOf({ stdout }: Result): ReadonlyMap<string, Row> {
  const lines = stdout.trimEnd().split("\n").slice(2, -1);
  return new Map(
    lines.map((line) => {
      const cells = line.slice(28).trim().split(/\s+/).map(Number);
      expect(cells).toHaveLength(columns.length);
      return [line.slice(0, 28).trimEnd(), Object.fromEntries(columns.map((name, i) => [name, cells[i]])) as Row];
    }),
  );
}

describe("in 30 tanh layers", () => {
  let result: Result;
  let rows: ReadonlyMap<string, Row>;
  const row = (name: string): Row => {
    const found = rows.get(name);
    if (!found) throw new Error(`no line ${name} in\n${result.stdout}`);
    return found;
  };

  beforeAll(async () => {
    result = await runExample("gradients", ["--steps", "60", "--device", "cpu", "--out", join(folder, "out")]);
    rows = rowsOf(result);
  }, 120_000); // it may share the machine

  test("the program ends well", () => {
    expect(result).toMatchObject({ code: 0, stderr: "" });
    expect(rows.size).toBe(7);
  });

  test("gradients vanish with small weights, and nothing is learned", () => {
    const { first, ratio, end } = row("small weights");
    expect(first).toBeLessThan(1e-6);
    expect(ratio).toBeLessThan(1e-5);
    expect(end).toBeGreaterThan(0.6);
  });

  test("gradients explode with large weights, and nothing is learned", () => {
    const { first, ratio, end } = row("large weights");
    expect(first).toBeGreaterThan(100);
    expect(ratio).toBeGreaterThan(1000);
    expect(end).toBeGreaterThan(0.5);
  });

  test("Glorot's weights bring the gradient back", () => {
    expect(row("Glorot's weights").ratio).toBeGreaterThan(1e-3);
    expect(row("Glorot's weights").first).toBeGreaterThan(1e4 * row("small weights").first);
  });

  test("ways around the layers bring it back whole", () => {
    expect(row("small, residual").ratio).toBeGreaterThan(0.1);
    expect(row("small, residual").ratio).toBeLessThan(10);
  });

  test("clipping bounds the steps that otherwise throw the weights away: then the network learns", () => {
    const [without, clipped] = [row("small, residual"), row("small, residual, clipped")];
    expect(without.largest).toBeGreaterThan(10);
    expect(without.end).toBeGreaterThan(1);
    expect(clipped.first).toBeLessThanOrEqual(1);
    expect(clipped.first / clipped.last).toBeCloseTo(without.first / without.last, 0); // proportions stay
    expect(clipped.loss).toBe(without.loss);
    expect(clipped.largest).toBeLessThan(5);
    expect(clipped.end).toBeLessThan(0.4);
  });

  test("normalization takes the scale of large weights out; with ways around, the network learns", () => {
    expect(row("large, normalized").ratio).toBeLessThan(row("large weights").ratio / 100);
    expect(row("large, normalized").first).toBeLessThan(10);
    expect(row("large, normalized, residual").ratio).toBeLessThan(100);
    expect(row("large, normalized, residual").end).toBeLessThan(0.2);
  });

  test("the chart has a line a variant, of a gradient a layer", () => {
    expect(readdirSync(join(folder, "out"))).toEqual(["gradients.svg"]);
    const chart = readFileSync(join(folder, "out", "gradients.svg"), "utf8");
    for (const name of rows.keys()) expect(chart).toContain(`>${name.replace('"', "&quot;")}</text>`);
    const curves = [...chart.matchAll(/<path d="(M[^"]*)" fill="none" stroke="#[0-9a-f]{6}" stroke-width="2"/g)];
    expect(curves.map(([, path]) => path.split("L").length)).toEqual(new Array(7).fill(30));
  });
});

test("what cannot be is said in one line", async () => {
  const wrong = await runExample("gradients", ["--depth", "1"]);
  expect(wrong).toMatchObject({ code: 2, stdout: "" });
  expect(wrong.stderr).toBe('gradients: --depth must be an integer of at least 2, got "1"\n');

  const file = join(folder, "file");
  writeFileSync(file, "");
  const args = ["--depth", "2", "--width", "2", "--steps", "1", "--device", "cpu", "--out", join(file, "out")];
  const unwritable = await runExample("gradients", args);
  expect(unwritable.code).toBe(1);
  expect(unwritable.stderr).toMatch(/^gradients: .*file.*\n$/);
});
