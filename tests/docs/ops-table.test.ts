/** Tests that docs/ops.md is up to date for the cpu, and that the script that writes it finds what it must find. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isFloat, levelOf } from "../../scripts/ops/level.js";
import { columns, measure, measureOp } from "../../scripts/ops/measure.js";
import { modulesOf, readLayout } from "../../scripts/ops/source.js";
import { type PageDevice, pageDevices, pageFile, parse, withColumns } from "../../scripts/ops/table.js";
import { apply, DTypeError, defineOp, ShapeError, type Tensor } from "../../src/index.js";
import { functionsOnly, methods } from "../../src/ops/methods.js";
import { type Case, uniform } from "../cases/case.js";

const page = readFileSync(pageFile, "utf8");
const layout = await readLayout();
const updates = layout.updates.map(({ name }) => name);

describe("docs/ops.md", () => {
  test("is up to date for the cpu", () => {
    expect(withColumns(layout, page, "cpu", measure(updates)), "out of date: run npm run docs:ops").toBe(page);
  });

  test("has a row for each op of the list", () => {
    const names = [...methods, ...functionsOnly].sort();
    for (const device of pageDevices)
      expect([...parse(page, device).ops.keys()].sort(), "out of date: run npm run docs:ops").toEqual(names);
  });

  /** The page after a change, with the columns of `device` as they are now on the page: the text that its test compares. */
  const again = (changed: string, device: PageDevice): string =>
    withColumns(layout, changed, device, parse(page, device));
  const row = (name: string): string => page.split("\n").find((text) => text.startsWith(`| \`${name}\``)) ?? "";
  const edit = (name: string, from: string | RegExp, to: string): string => {
    expect(row(name)).toMatch(from);
    return page.replace(row(name), row(name).replace(from, to));
  };

  test.each([
    ["a mark of the cpu", "cpu", edit("sin", "| 2 |", "| 1 |")],
    ["a mark of cuda", "cuda", edit("sin", /f32 \| {2}\|$/, "F |  |")],
    ["a note", "cuda", edit("topk", "`topk` |", "`sort` |")],
    ["a note too many", "cpu", edit("sin", /\| {2}\|$/, "| cpu: no kernel for `sin` |")],
    ["the file of an op", "cpu", edit("sin", "trigonometric.ts", "unary.ts")],
    ["an op that is not there", "cpu", page.replace(`${row("sin")}\n`, "")],
    [
      "an op that does not exist",
      "cpu",
      page.replace(row("sin"), `${row("sin")}\n${row("sin").replace("sin", "sine")}`),
    ],
    ["an update of the cpu", "cpu", edit("sgd", "| yes |", "| - |")],
    ["an update of cuda", "cuda", edit("lion", "| - |", "| yes |")],
    ["the introduction", "cpu", page.replace("which", "that")],
  ] as const)("finds planted changes: %s", (_, device, changed) => {
    expect(changed).not.toBe(page);
    expect(again(changed, device)).not.toBe(changed);
    expect(again(page, device)).toBe(page);
  });
});

test("the folder of a family has modules", () => {
  const folder = mkdtempSync(join(tmpdir(), "wengert-family-"));
  try {
    writeFileSync(join(folder, "index.ts"), "");
    expect(() => modulesOf(folder)).toThrow(`${folder} has no modules with ops; remove the folder`);
    writeFileSync(join(folder, "unary.ts"), "");
    expect(modulesOf(folder)).toEqual(["unary.ts"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe("a measurement", () => {
  const sample = (run: (x: Tensor) => Tensor, name = "plain"): Case => ({
    ...{ name, inputs: { x: uniform([3]) }, torch: "" },
    run: ({ x }) => run(x),
  });
  const copy = (x: Float64Array, y: Float64Array): void => y.set(x);
  const definition = {
    ...{ inputs: ["x"], cpu: copy },
    infer: ({ x }: { x: Tensor | { shape: readonly number[]; dtype: Tensor["dtype"] } }) => ({
      ...{ shape: x.shape, dtype: x.dtype },
    }),
  } as const;
  const constant = defineOp({ ...definition, name: "constantCopy", vjp: { x: null } });
  const once = defineOp({
    ...{ ...definition, name: "copyOnce" },
    vjp: { x: (dy) => apply(constant, [dy], undefined) },
  });
  const refusing = (error: Error) => (x: Tensor) => {
    if (!isFloat(x.dtype)) throw error;
    return x.square();
  };

  test("says how far an op can be differentiated, and why it stops there", () => {
    const reason = expect.stringContaining("constantCopy: the gradient with respect to x [3] is not defined") as string;
    const level = (run: (x: Tensor) => Tensor) => levelOf("op", sample(run), "float32");
    expect(level((x) => apply(constant, [x], undefined))).toMatchObject({ stage: "forward", reason });
    expect(level((x) => apply(once, [x], undefined))).toMatchObject({ stage: "gradient", reason });
    expect(level((x) => x.square())).toMatchObject({ stage: "second gradient", reason: "" });
  });

  test("takes a dtype that the op refuses for a mark, and any other error for a bug", () => {
    expect(levelOf("op", sample(refusing(new DTypeError("floats only"))), "int32")).toMatchObject({ stage: "none" });
    expect(() => levelOf("op", sample(refusing(new ShapeError("wrong"))), "int32")).toThrow(new ShapeError("wrong"));
    expect(() => levelOf("op", sample(refusing(new TypeError("x"))), "bool")).toThrow(new TypeError("x"));
  });

  test("gives the dtype of the result if the op converts integers", () => {
    expect(measureOp("op", [sample((x) => x.sin())]).marks).toEqual(["2", "2", "2", "2", "f32", "f32", "f32"]);
    expect(measureOp("op", [sample((x) => x.sum())]).marks).toEqual(["2", "2", "2", "2", "F", "i32", "i32"]);
    expect(measureOp("op", [sample((x) => x.gt(0))]).marks).toEqual(columns.map(() => "F"));
  });

  test("notes samples that get further or less far", () => {
    const other = sample((x) => apply(once, [x], undefined), "another option");
    const { marks, note } = measureOp("op", [sample((x) => x.square()), other]);
    expect(marks.slice(0, 4)).toEqual(["2", "2", "2", "2"]);
    expect(note).toMatch(/^1, second gradient: constantCopy: the gradient .* is not defined in "another option"$/);
  });
});
