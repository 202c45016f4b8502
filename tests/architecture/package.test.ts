import { readFileSync } from "node:fs";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { importsOf, parse, readFiles } from "./imports.js";

interface Manifest {
  readonly files: readonly string[];
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
  readonly sideEffects: readonly string[];
}

const manifest: Manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
const sources = readFiles("src");

/** What a file does when it is loaded, besides defining things: a bare import, or a statement that calls or assigns. */
function sideEffectsOf(path: string, text: string): string[] {
  return parse(path, text)
    .statements.filter(
      (statement) =>
        ts.isExpressionStatement(statement) ||
        ts.isForOfStatement(statement) ||
        ts.isForStatement(statement) ||
        ts.isIfStatement(statement) ||
        (ts.isImportDeclaration(statement) && !statement.importClause),
    )
    .map((statement) => statement.getText().split("\n")[0]);
}

const built = (path: string): string => path.replace(/^src\//, "./dist/").replace(/\.ts$/, ".js");

describe("package.json", () => {
  test("names as side effects exactly the files that have some, so that bundlers keep them", () => {
    const acting = [...sources].filter(([path, text]) => sideEffectsOf(path, text).length > 0);
    expect(acting.map(([path]) => built(path)).sort()).toEqual([...manifest.sideEffects].sort());
  });

  test("the check of side effects finds them", () => {
    expect(sideEffectsOf("a.ts", 'import "./b.js";')).toHaveLength(1);
    expect(sideEffectsOf("a.ts", "register(() => 0);")).toHaveLength(1);
    expect(sideEffectsOf("a.ts", "for (const x of list) register(x);")).toHaveLength(1);
    expect(
      sideEffectsOf("a.ts", 'import { b } from "./b.js";\nexport const c = b(1);\nexport function d() { b(2); }'),
    ).toEqual([]);
  });

  test("has the folder of tuning files, which a device reads when it is opened", () => {
    expect(manifest.files).toContain("kernels/tuning");
  });

  test("exports an entry point for every folder that has one, with its types", () => {
    const { "./package.json": own, ...entries } = manifest.exports;
    expect(own).toBe("./package.json");
    const inner = ["core", "ops", "backends"];
    const folders = [...sources.keys()]
      .map((path) => /^src\/(?:(\w+)\/)?index\.ts$/.exec(path))
      .filter((match) => match !== null && !inner.includes(match[1]));
    const expected = folders.map((match) => {
      const folder = match?.[1];
      const file = folder === undefined ? "./dist/index" : `./dist/${folder}/index`;
      return [folder === undefined ? "." : `./${folder}`, { types: `${file}.d.ts`, default: `${file}.js` }];
    });
    expect(entries).toEqual(Object.fromEntries(expected));
  });

  test("every entry point registers the devices, whichever is imported first", () => {
    const entries = Object.values(manifest.exports).flatMap((entry) =>
      typeof entry === "string" ? [] : [entry.default],
    );
    const without = entries
      .map((entry) => entry.replace("./dist/", "src/").replace(/\.js$/, ".ts"))
      .filter(
        (path) =>
          !importsOf(path, sources.get(path) ?? "").some(({ specifier }) => /\/backends\/index\.js$/.test(specifier)),
      );
    expect(without).toEqual([]);
  });
});
