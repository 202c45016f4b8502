import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { undocumented } from "./documented.js";
import { headerOf, shortestHeader, sourceFolders, sourcesIn, withoutHeader } from "./headers.js";

const root = fileURLToPath(new URL("../../", import.meta.url));

const manifest: { exports: Record<string, string | { default: string }> } = JSON.parse(
  readFileSync(`${root}package.json`, "utf8"),
);

/** The sources of the entry points that package.json names. */
const entries = Object.values(manifest.exports)
  .filter((target) => typeof target !== "string")
  .map((target) => target.default.replace(/^\.\/dist\/(.*)\.js$/, "src/$1.ts"));

describe("headers", () => {
  test.each(Object.keys(sourceFolders))("every source file of %s starts with one", (folder) => {
    const files = sourcesIn(folder);
    expect(files.size).toBeGreaterThan(0);
    expect(withoutHeader(files)).toEqual([]);
  });

  test("entry points have one that typedoc takes for the page of the module", () => {
    const files = sourcesIn("src");
    expect(entries.length).toBeGreaterThan(5);
    expect(entries.filter((path) => !headerOf(path, files.get(path) ?? "")?.includes("@module"))).toEqual([]);
  });
});

test("every public export, member and option has documentation", { timeout: 120_000 }, () => {
  const config = ts.readConfigFile(`${root}tsconfig.build.json`, ts.sys.readFile);
  const { fileNames, options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root);
  const program = ts.createProgram(fileNames, options);
  const missing = undocumented(
    program,
    entries.map((path) => root + path),
  );
  expect(missing.map((place) => place.replace(root, ""))).toEqual([]);
});

describe("the check of headers", () => {
  const long = "What this module does, and who calls it here.";
  const check = (path: string, ...lines: string[]): string[] => withoutHeader(new Map([[path, lines.join("\n")]]));

  test.each([
    ["a.ts", `/** ${long} */`, 'import "./b.js";'],
    ["a.ts", "#!/usr/bin/env node", "/**", ` * ${long}`, " */", "export * from './b.js';"],
    ["a.ts", `/** ${long} */`, "", "/** A number. */", "export const a = 1;"],
    ["a.ts", `/** ${long} */`, "/** A number. */", "export const a = 1;"],
    ["a.mjs", `/** ${long} */`, 'import "./b.mjs";'],
    ["a.cu", `// ${long}`, '#include "b.h"'],
    ["a.h", "// What this header declares,", "// and who includes it.", "#pragma once"],
  ])("accepts %s: %s", (path, ...lines) => {
    expect(check(path, ...lines)).toEqual([]);
  });

  test.each([
    ["a.ts", "does not start with a comment", 'import "./b.js";', `/** ${long} */`],
    ["a.ts", "does not start with a comment", `// ${long}`, 'import "./b.js";'],
    ["a.ts", "does not start with a comment", `/* ${long} */`, 'import "./b.js";'],
    ["a.ts", `has 6 characters, fewer than ${shortestHeader}`, "/** Tools. */", 'import "./b.js";'],
    ["a.ts", "has 0 characters", "/**", " *", " */", 'import "./b.js";'],
    ["a.ts", "documents the declaration after it", `/** ${long} */`, "export const a = 1;"],
    ["a.mjs", "does not start with a comment", `// ${long}`, 'import "./b.mjs";'],
    ["a.cu", "does not start with a comment", '#include "b.h"', `// ${long}`],
    ["a.cc", "does not start with a comment", `/** ${long} */`, '#include "b.h"'],
    ["a.h", "has 6 characters", "// Tools.", "#pragma once"],
  ])("refuses %s: %s", (path, problem, ...lines) => {
    const found = check(path, ...lines);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`${path}: `);
    expect(found[0]).toContain(problem);
  });
});

/** The findings of the check in sources that exist only here, each after a header. The first is the entry point. */
function find(...bodies: string[]): string[] {
  const sources = bodies.map((body) => `/** The header of the file. */\n${body}`);
  const names = sources.map((_, i) => `/${"abc"[i]}.ts`);
  const host: ts.CompilerHost = {
    ...ts.createCompilerHost({}),
    fileExists: (path) => names.includes(path),
    readFile: (path) => sources[names.indexOf(path)],
    getSourceFile: (path, target) =>
      names.includes(path) ? ts.createSourceFile(path, sources[names.indexOf(path)], target, true) : undefined,
  };
  const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022, noLib: true };
  return undocumented(ts.createProgram(names, options, host), ["/a.ts"]).map((place) => place.replace(/^.*: /, ""));
}

describe("the check of documentation", () => {
  test.each([
    ["a function", "export function f() {}", ["f"]],
    ["a constant", "export const a = 1;", ["a"]],
    ["a type", "export type A = number;", ["A"]],
    ["a function whose comment has only tags", "/** @throws Error */ export function f() {}", ["f"]],
    ["a function whose comment is empty", "/** */ export function f() {}", ["f"]],
    [
      "a class",
      "export class A { x = 1; f() {} static s = 1; get g() { return 1; } }",
      ["A", "A.f", "A.g", "A.s", "A.x"],
    ],
    ["a field of options", "/** Options. */ export interface O { a?: number; f(): void }", ["O.a", "O.f"]],
    [
      "a field of an object type",
      "/** One. */ export type O = { kind: 1 } | { kind: 2; a: number };",
      ["O.kind", "O.a"],
    ],
    ["a field of an object", "/** Both. */ export const o = { a: 1, f() {} };", ["o.a", "o.f"]],
    ["an inherited member", "/** A. */ export class A extends B {}\nabstract class B { f() {} }", ["A.f"]],
    ["a protected member", "/** A. */ export class A { protected f() {} }", ["A.f"]],
    [
      "a parameter property",
      "/** A. */ export class A {\n/** @throws */ constructor(readonly a: number) {} }",
      ["A.a"],
    ],
    ["a constructor", "/** A. */ export class A { constructor(a: number) {} }", ["new A"]],
    [
      "the shapes of a forward method",
      "/** A. */ export class A {\n/** Runs. */ forward(x: number) { return x; } }",
      ["A.forward says no shapes"],
    ],
    [
      "the shapes in the tags of a forward method",
      "/** A. */ export class A {\n/** Runs.\n@param x - (N)\n@returns the sum */ forward(x: number) { return x; } }",
      ["A.forward says no shapes"],
    ],
  ])("finds what lacks documentation: %s", (_, source, missing) => {
    expect(find(source).sort()).toEqual([...missing].sort());
  });

  test("follows exports of other files and namespaces, and finds each symbol once", () => {
    const entry = 'export { f } from "./b.js"; export * as space from "./c.js"; export { f as again } from "./b.js";';
    expect(find(entry, "export function f() {} export function hidden() {}", "export const a = 1;")).toEqual([
      "f",
      "space.a",
    ]);
  });

  test.each([
    ["a class and its members with comments", "/** A. */ export class A {\n/** x. */ x = 1;\n/** f. */ f() {} }"],
    ["private members", "/** A. */ export class A { private x = 1; #y = 1; private f() {} }"],
    [
      "internal functions and members",
      "/** @internal */ export function f() {}\n/** A. */ export class A {\n/** @internal */ x = 1; }",
    ],
    ["a member named by a symbol", "/** A. */ export class A { [Symbol.iterator]() {} }"],
    [
      "an override of a documented member",
      "/** A. */ export class A extends B { f() {} }\nclass B {\n/** f. */ f() {} }",
    ],
    [
      "a constructor that takes only options",
      "/** A. */ export class A { constructor({ a }: AOptions = {}) {} }\ninterface AOptions { a?: number }",
    ],
    [
      "a constructor whose comment has tags",
      "/** A. */ export class A {\n/** @param a - a number */ constructor(a: number) {} }",
    ],
    [
      "a forward method with shapes",
      "/** A. */ export class A {\n/** Runs.\n@param x - (N)\n@returns (N) */ forward(x: number) { return x; } }",
    ],
  ])("accepts %s", (_, source) => {
    expect(find(source)).toEqual([]);
  });

  test("needs entry points that exist", () => {
    expect(() => find("const notAModule = 1;")).toThrow("is not a module");
  });
});
