/**
 * The layout of the folders: how many files each may hold, how files are named, and the families of ops, whose names are the
 * same everywhere. kernels.test.ts has the rules of C++ and CUDA sources, layering.test.ts those of imports between layers.
 */
import { readdirSync } from "node:fs";
import { posix } from "node:path";
import { describe, expect, test } from "vitest";
import { kernelsIn, readKernelSources } from "../support/kernel-sources.js";
import { cyclesIn, type Files, importsOf, readFiles, resolve } from "./imports.js";
import { crowded, readSources } from "./includes.js";
import { root } from "./typescript.js";

/** At most 20 files in a folder with families of ops, and 25 in any other. */
const most = (folder: string): number => (/^(src\/ops|kernels|tests\/cases|tests\/goldens)\b/.test(folder) ? 20 : 25);

/** Folders of kernels/ that are not families of ops. */
const apart = ["runtime", "ptx", "conformance", "emulator", "tuning"];

const foldersIn = (folder: string): string[] =>
  readdirSync(`${root}/${folder}`, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "__pycache__")
    .map(({ name }) => name)
    .sort();

/** TypeScript and JavaScript files whose names are not lower-case words with hyphens, or with a dot before "test". */
const misnamed = (paths: readonly string[]): string[] =>
  paths.filter(
    (path) =>
      /\.(ts|mjs|cjs)$/.test(path) && !/^[a-z0-9]+(-[a-z0-9]+)*(\.\w+)?\.(ts|mjs|cjs)$/.test(posix.basename(path)),
  );

/** The family of a file of src/ops; undefined for those of no family. */
const familyOf = (path: string): string | undefined => /^src\/ops\/(\w+)\//.exec(path)?.[1];

/** The families that each family imports, types included. */
function familyImports(files: Files): Map<string, string[]> {
  const imports = new Map<string, string[]>();
  for (const [path, text] of files) {
    const from = familyOf(path);
    if (from === undefined) continue;
    const targets = importsOf(path, text).map(({ specifier }) => familyOf(resolve(path, specifier) ?? ""));
    const others = targets.filter((to) => to !== undefined && to !== from) as string[];
    imports.set(from, [...new Set([...(imports.get(from) ?? []), ...others])]);
  }
  return imports;
}

describe("folders", () => {
  const files = readSources("src", "native", "kernels", "tests", "bench", "examples", "scripts");

  test("of ops, kernels, cases and golden files hold at most 20 files, others at most 25", () => {
    expect(files.size).toBeGreaterThan(600);
    expect(crowded(files, most)).toEqual([]);
  });

  test("have a lower limit in families of ops", () => {
    const numbered = (folder: string, count: number): [string, string][] =>
      Array.from({ length: count }, (_, i) => [`${folder}/${i}.ts`, ""]);
    const planted = new Map([...numbered("src/ops/loss", 21), ...numbered("src/nn", 25), ...numbered("native", 26)]);
    expect(crowded(planted, most)).toEqual(["src/ops/loss: 21 files", "native: 26 files"]);
  });

  test("have files named by lower-case words with hyphens", () => {
    expect(misnamed([...files.keys()])).toEqual([]);
    expect(misnamed(["a/one-two.test.ts", "a/oneTwo.ts", "a/one_two.mjs", "a/One.ts", "a/x.md"])).toEqual([
      "a/oneTwo.ts",
      "a/one_two.mjs",
      "a/One.ts",
    ]);
  });
});

describe("families of ops", () => {
  const families = foldersIn("src/ops");

  test("have the same names in kernels, cases and golden files", () => {
    expect(families.length).toBeGreaterThan(8);
    const kernels = foldersIn("kernels").filter((name) => !apart.includes(name));
    const others = [...kernels, ...foldersIn("tests/cases"), ...foldersIn("tests/goldens")];
    expect(others.filter((name) => !families.includes(name))).toEqual([]);
    expect(foldersIn("tests/goldens")).toEqual(foldersIn("tests/cases"));
  });

  test("have the kernels of their ops in the folder of the same name", () => {
    const defined = new Map<string, string | undefined>();
    for (const [path, text] of readFiles("src/ops"))
      for (const [, name] of text.matchAll(/^export const (\w+)(?:Op|Update)\b/gm)) defined.set(name, familyOf(path));
    const kernels = [...kernelsIn(readKernelSources())].filter(([name]) => defined.has(name));
    expect(kernels.length).toBeGreaterThan(100);
    const elsewhere = kernels.filter(([name, path]) => posix.dirname(path) !== defined.get(name));
    expect(elsewhere.map(([name, path]) => `${name}: kernels/${path}, src/ops/${defined.get(name)}`)).toEqual([]);
  });

  test("do not import each other in cycles, types included", () => {
    const imports = familyImports(readFiles("src/ops"));
    expect([...imports.keys()].sort()).toEqual(families);
    expect(cyclesIn(imports)).toEqual([]);
  });

  test("in a cycle are found", () => {
    const planted = new Map([
      ["src/ops/a/x.ts", 'import type { Y } from "../b/y.js";'],
      ["src/ops/b/y.ts", 'import { z } from "../c/z.js";'],
      ["src/ops/c/z.ts", 'import { x } from "../a/x.js";'],
      ["src/ops/d/w.ts", 'import { x } from "../a/x.js"; import { v } from "./v.js";'],
    ]);
    expect(cyclesIn(familyImports(planted))).toEqual([["a", "b", "c"]]);
  });
});
