import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { cycles, type Files, importsOf, readFiles } from "./imports.js";
import { layersLine, violations } from "./layers.js";

const manifest: { dependencies?: Record<string, string> } = JSON.parse(
  readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
);
const files = readFiles("src", "tests", "bench", "examples", "scripts");

/** No other file of src/ is longer. */
const maxLines = 300;

/** Longer files, with the most lines that each may have: the types of a record are one idea, which a split would hide. */
const longer: Readonly<Record<string, number>> = { "src/core/op.ts": 320 };

const tooLong = (sources: Files): string[] =>
  [...sources]
    .map(([path, text]) => ({ path, lines: text.trimEnd().split("\n").length }))
    .filter(({ path, lines }) => path.startsWith("src/") && lines > (longer[path] ?? maxLines))
    .map(({ path, lines }) => `${path}: ${lines} lines`);

describe("the project", () => {
  test("is found", () => {
    expect(files.size).toBeGreaterThan(50);
    expect(files.has("src/core/apply.ts")).toBe(true);
  });

  test("keeps its layers", () => {
    expect(violations(files, Object.keys(manifest.dependencies ?? {}))).toEqual([]);
  });

  test("has the layers of docs/architecture.md", () => {
    const page = readFileSync(new URL("../../docs/architecture.md", import.meta.url), "utf8");
    expect(page.split("\n")).toContain(layersLine);
  });

  test("has no circular imports", () => {
    expect(cycles(files)).toEqual([]);
  });

  test(`has no source file over ${maxLines} lines`, () => {
    expect(tooLong(files)).toEqual([]);
  });
});

const of = (sources: Record<string, string>): Files => new Map(Object.entries(sources));

describe("the reader of imports", () => {
  const text = [
    'import type { A } from "./a.js";',
    'import { type B } from "./b.js";',
    'export type { C } from "./c.js";',
    'export * from "./d.js";',
    'import "./e.js";',
    'const f = await import("./f.js");',
    'type G = import("./g.js").G;',
    '// import "./h.js";',
    'const i = `import "./i.js"`;',
    'import j, { type J } from "./j.js";',
  ].join("\n");

  test("tells types from what is loaded at run time", () => {
    const imports = importsOf("x.ts", text).map(({ specifier, typeOnly, line }) => [specifier, typeOnly, line]);
    expect(imports).toEqual([
      ["./a.js", true, 1],
      ["./b.js", false, 2],
      ["./c.js", true, 3],
      ["./d.js", false, 4],
      ["./e.js", false, 5],
      ["./f.js", false, 6],
      ["./j.js", false, 10],
    ]);
  });

  test("refuses an import that it cannot follow", () => {
    expect(() => importsOf("src/x.ts", "await import(name);")).toThrow("src/x.ts: an import whose module is computed");
  });
});

describe("the check of layers", () => {
  const base = {
    "src/index.ts": "",
    "src/tensor.ts": "",
    "src/ops/index.ts": "",
    "src/core/op.ts": "",
    "src/nn/index.ts": "",
    "src/nn/linear.ts": "",
    "src/backends/cpu/index.ts": "",
    "examples/mnist.ts": "",
    "tests/a.test.ts": "",
  };
  const check = (path: keyof typeof base | (string & {}), text: string, packages: string[] = []): string[] =>
    violations(of({ ...base, [path]: text }), packages);

  test.each([
    ["src/core/op.ts", 'import type { Tensor } from "../tensor.js";'],
    ["src/tensor.ts", 'import { add } from "./ops/index.js";'],
    ["src/nn/linear.ts", 'import { Op } from "../core/op.js";'],
    ["src/backends/cpu/index.ts", 'import { Op } from "../../core/op.js";'],
    ["src/index.ts", 'import "./backends/cpu/index.js";'],
    ["src/nn/index.ts", 'import "../backends/cpu/index.js";'],
    ["src/core/op.ts", 'import { readFile } from "node:fs/promises";'],
    ["examples/mnist.ts", 'import { Linear } from "wengert/nn"; import { tensor } from "wengert";'],
    ["tests/a.test.ts", 'import { Op } from "../src/core/op.js"; import { test } from "vitest";'],
  ])("allows %s: %s", (path, text) => {
    expect(check(path, text)).toEqual([]);
  });

  test.each([
    ["src/core/op.ts", 'import { Tensor } from "../tensor.js";', "a higher layer"],
    ["src/core/op.ts", 'import { type Tensor } from "../tensor.js";', "a higher layer"],
    ["src/core/op.ts", 'export * from "../ops/index.js";', "a higher layer"],
    ["src/ops/index.ts", 'import { tensor } from "../tensor.js";', "a higher layer"],
    ["src/tensor.ts", 'import { Linear } from "./nn/linear.js";', "a higher layer"],
    ["src/nn/linear.ts", 'import * as all from "../index.js";', "a higher layer"],
    ["src/nn/linear.ts", 'const all = await import("../index.js");', "a higher layer"],
    ["src/core/op.ts", 'import "../backends/cpu/index.js";', "only entry points load a backend"],
    ["src/nn/linear.ts", 'import "../backends/cpu/index.js";', "only entry points load a backend"],
    ["src/ops/index.ts", 'import "../backends/cpu/index.js";', "only entry points load a backend"],
    [
      "src/backends/cpu/index.ts",
      'import { add } from "../../ops/index.js";',
      "a backend imports core and itself only",
    ],
    ["src/index.ts", 'import { x } from "../tests/a.test.js";', "a higher layer"],
    ["src/new/x.ts", 'import { Op } from "../core/op.js";', "is in no layer of the list"],
    ["src/core/op.ts", 'import { x } from "./gone.js";', "no such file"],
    ["src/core/op.ts", 'import ts from "typescript";', "not in the dependencies"],
    ["src/nn/linear.ts", 'import type { Tensor } from "wengert";', "does not import itself by name"],
    ["examples/mnist.ts", 'import { Op } from "../src/core/op.js";', "what a user can"],
  ])("refuses %s: %s", (path, text, rule) => {
    const found = check(path, text);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`${path}:1: `);
    expect(found[0]).toContain(rule);
  });

  test("allows a package that is a dependency", () => {
    expect(check("src/core/op.ts", 'import x from "some-package";', ["some-package"])).toEqual([]);
  });
});

describe("the search for cycles", () => {
  test("finds each once, of any length, and through the package's name", () => {
    const sources = of({
      "src/a.ts": 'import "./b.js";',
      "src/b.ts": 'export * from "./c.js";',
      "src/c.ts": 'import { a } from "./a.js"; import "./d.js";',
      "src/d.ts": "",
      "src/index.ts": 'import "./own.js";',
      "src/own.ts": 'import "wengert";',
      "src/self.ts": 'import "./self.js";',
    });
    expect(cycles(sources)).toEqual([
      ["src/a.ts", "src/b.ts", "src/c.ts"],
      ["src/index.ts", "src/own.ts"],
      ["src/self.ts"],
    ]);
  });

  test("does not count types, nor two ways to one file", () => {
    const sources = of({
      "src/a.ts": 'import "./b.js"; import "./c.js";',
      "src/b.ts": 'import "./c.js"; import type { A } from "./a.js";',
      "src/c.ts": 'export type { B } from "./b.js";',
    });
    expect(cycles(sources)).toEqual([]);
  });
});

test("the count of lines knows where it ends", () => {
  const lines = (n: number): string => "x\n".repeat(n);
  const sources = of({ "src/a.ts": lines(maxLines), "src/b.ts": lines(maxLines + 1), "tests/c.ts": lines(999) });
  expect(tooLong(sources)).toEqual([`src/b.ts: ${maxLines + 1} lines`]);
  expect(tooLong(of({ "src/core/op.ts": lines(320) }))).toEqual([]);
  expect(tooLong(of({ "src/core/op.ts": lines(321) }))).toEqual(["src/core/op.ts: 321 lines"]);
});
