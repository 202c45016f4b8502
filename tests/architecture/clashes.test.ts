import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { type Files, parse, readFiles } from "./imports.js";

/** Names that two files of src/ may export, with the reason. */
const sharedNames: Readonly<Record<string, string>> = {
  constant: "an initializer, and a schedule that programs call as schedules.constant",
  linear: "an op, and a schedule that programs call as schedules.linear",
  LinearOptions: "the options of the layer Linear, and of schedules.linear",
};

/** Exported names that are also types of TypeScript's library, with the reason. */
const shadowingNames: Readonly<Record<string, string>> = {
  Generator: "PyTorch's name; a source of random numbers",
};

type Named = ts.DeclarationStatement | ts.VariableStatement;

const isExported = (node: ts.Node): node is Named =>
  ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);

/** The names that a statement declares, except by destructuring, which src/ does not use for exports. */
function declaredBy(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map(({ name }) => {
      if (ts.isIdentifier(name)) return name.text;
      throw new Error(`${statement.getSourceFile().fileName}: an exported pattern: ${name.getText()}`);
    });
  const { name } = statement as ts.DeclarationStatement;
  return name && ts.isIdentifier(name) ? [name.text] : [];
}

/** For each name, the files that declare and export it. Names that a file only exports again are not counted. */
function exportsIn(files: Files): Map<string, string[]> {
  const exporters = new Map<string, string[]>();
  for (const [path, text] of files) {
    // A name can be declared several times in one file: the overloads of a function.
    const names = new Set(parse(path, text).statements.filter(isExported).flatMap(declaredBy));
    for (const name of names) exporters.set(name, [...(exporters.get(name) ?? []), path]);
  }
  return exporters;
}

/** The names inside a pattern such as `{ a, b: [c] }`, or the one name. */
const namesIn = (name: ts.BindingName): string[] =>
  ts.isIdentifier(name)
    ? [name.text]
    : name.elements.flatMap((element) => (ts.isOmittedExpression(element) ? [] : namesIn(element.name)));

/** The names that a file declares at its top level and does not export. */
const localsOf = (path: string, text: string): string[] =>
  parse(path, text)
    .statements.filter((statement) => !isExported(statement))
    .flatMap((statement) =>
      ts.isVariableStatement(statement)
        ? statement.declarationList.declarations.flatMap(({ name }) => namesIn(name))
        : ts.isDeclarationStatement(statement)
          ? declaredBy(statement)
          : [],
    );

/** Exported names that another file uses for something else, as `name: file of the local`. */
const localClashes = (files: Files, exporters: ReadonlyMap<string, readonly string[]>): string[] =>
  [...files].flatMap(([path, text]) =>
    [...new Set(localsOf(path, text))]
      .filter((name) => exporters.get(name)?.some((exporter) => exporter !== path))
      .map((name) => `${name}: ${path}`),
  );

/** Names that several files export, as `name: file, file`. */
const clashes = (exporters: ReadonlyMap<string, readonly string[]>, allowed: readonly string[] = []): string[] =>
  [...exporters]
    .filter(([name, paths]) => paths.length > 1 && !allowed.includes(name))
    .map(([name, paths]) => `${name}: ${paths.join(", ")}`);

/** Names that are also types of the library, as `name: file`. */
const shadows = (
  exporters: ReadonlyMap<string, readonly string[]>,
  types: ReadonlySet<string>,
  allowed: readonly string[] = [],
): string[] =>
  [...exporters]
    .filter(([name]) => types.has(name) && !allowed.includes(name))
    .map(([name, paths]) => `${name}: ${paths.join(", ")}`);

/** The types that every program has: those of the ECMAScript library of TypeScript, such as Record and Iterator. */
function libraryTypes(): Set<string> {
  const folder = dirname(createRequire(import.meta.url).resolve("typescript"));
  const types = new Set<string>();
  for (const file of readdirSync(folder).filter((name) => /^lib\.(es\d|esnext|decorators).*\.d\.ts$/.test(name)))
    for (const statement of parse(file, readFileSync(join(folder, file), "utf8")).statements)
      if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) types.add(statement.name.text);
  return types;
}

const files = readFiles("src");
const exporters = exportsIn(files);
const types = libraryTypes();

describe("the names that src exports", () => {
  test("are found, and so are the types of the library", () => {
    expect(exporters.size).toBeGreaterThan(500);
    expect(exporters.get("matmul")).toEqual(["src/ops/matmul/matmul.ts"]);
    expect(["Parameters", "Record", "Partial", "Iterator", "Disposable"].filter((name) => !types.has(name))).toEqual(
      [],
    );
  });

  test("have one meaning each", () => {
    expect(clashes(exporters, Object.keys(sharedNames))).toEqual([]);
  });

  test("have no other meaning at the top level of another file", () => {
    expect([...files].flatMap(([path, text]) => localsOf(path, text)).length).toBeGreaterThan(500);
    expect(localClashes(files, exporters)).toEqual([]);
  });

  test("are not types of TypeScript's library", () => {
    expect(shadows(exporters, types, Object.keys(shadowingNames))).toEqual([]);
  });

  test("need every exception that is listed", () => {
    expect(Object.keys(sharedNames).filter((name) => (exporters.get(name)?.length ?? 0) < 2)).toEqual([]);
    expect(Object.keys(shadowingNames).filter((name) => !exporters.has(name) || !types.has(name))).toEqual([]);
  });
});

describe("the check of names", () => {
  const planted = exportsIn(
    new Map([
      ["src/a.ts", "export function quote(): void; export function quote(x?: number): void {} export type Rule = 1;"],
      ["src/b.ts", "export const quote = 1, other = 2; const Rule = 3; export interface Parameters {}"],
      ["src/c.ts", 'export { quote } from "./a.js"; export * from "./b.js"; export type { Rule } from "./a.js";'],
      ["src/d.ts", "export class Entry {} export enum Mode {} export abstract class Shared {}"],
      ["src/e.ts", "export type Entry = 1; interface Record {}"],
    ]),
  );

  test("finds a name that two files export, but not a name that is exported again or not exported", () => {
    expect(clashes(planted)).toEqual(["quote: src/a.ts, src/b.ts", "Entry: src/d.ts, src/e.ts"]);
    expect(clashes(planted, ["quote"])).toEqual(["Entry: src/d.ts, src/e.ts"]);
  });

  test("finds a local name that another file exports, also in a pattern", () => {
    const local = new Map([
      ["src/a.ts", "export const quote = 1; const inner = 2;"],
      ["src/b.ts", "const { a, b: [quote] } = x; function inner() { const quote = 1; }"],
      ["src/c.ts", 'import { quote } from "./a.js"; export { quote }; quote();'],
      ["src/d.ts", "function quote(): void; function quote(x?: number): void {}"],
    ]);
    expect(localClashes(local, exportsIn(local))).toEqual(["quote: src/b.ts", "quote: src/d.ts"]);
  });

  test("finds an exported name that is a type of the library", () => {
    expect(shadows(planted, types)).toEqual(["Parameters: src/b.ts"]);
    expect(shadows(planted, types, ["Parameters"])).toEqual([]);
  });

  test("refuses an export that it cannot name", () => {
    expect(() => exportsIn(new Map([["src/a.ts", "export const { x } = y;"]]))).toThrow(
      "src/a.ts: an exported pattern: { x }",
    );
  });
});
