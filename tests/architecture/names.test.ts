import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { kernelNames } from "../../src/core/op.js";
import * as wengert from "../../src/index.js";
import * as ops from "../../src/ops/index.js";
import { functionsOnly, methods } from "../../src/ops/methods.js";
import { Tensor } from "../../src/tensor.js";
import { caseFiles } from "../cases/index.js";
import { caseFileNames, unmatched } from "../support/goldens.js";
import { importsOf, readFiles, resolve } from "./imports.js";

/** What a file of src/ops exports. */
interface Family {
  readonly file: string;
  readonly exported: Readonly<Record<string, unknown>>;
}

interface Named {
  readonly kind: string;
  readonly name: string;
}

const filesIn = (folder: string, extension: string): string[] =>
  readdirSync(new URL(folder, import.meta.url), { recursive: true, encoding: "utf8" })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => file.endsWith(extension));

const modules: Family[] = await Promise.all(
  filesIn("../../src/ops", ".ts")
    .map((file) => file.replace(/\.ts$/, ""))
    .filter((file) => !/(^|\/)index$/.test(file))
    .map(async (file) => ({
      file: `${file}.ts`,
      exported: await import(/* @vite-ignore */ `../../src/ops/${file}.ts`),
    })),
);

const isRecord = (value: unknown): value is Named =>
  typeof value === "object" && value !== null && "kind" in value && (value.kind === "op" || value.kind === "update");

const recordsOf = ({ exported }: Family): [constant: string, record: Named][] =>
  Object.entries(exported).filter((entry): entry is [string, Named] => isRecord(entry[1]));

/** The constant of a record says its name: `matmulOp` is the op matmul, `adamUpdate` the update adam. */
const misnamed = (family: Family): string[] =>
  recordsOf(family)
    .filter(([constant, { kind, name }]) => constant !== `${name}${kind === "op" ? "Op" : "Update"}`)
    .map(([constant, { kind, name }]) => `${family.file}: ${constant} is the ${kind} ${name}`);

/** Kernels that are called by functions of other names, with these functions. */
const behind: Readonly<Record<string, readonly string[]>> = {
  attention: ["scaledDotProductAttention"], // the fused path; with dropout it is a composition
  recurrence: ["cumprod", "prod"], // their gradients
};

/**
 * Ops that a user cannot call by their name: neither as a method, nor as a function of the package or of their file.
 * The name of a kernel that only another op of its file calls begins with the name of that op: layerNormGrad, conv2dGradInput.
 */
const uncallable = (family: Family): string[] => {
  const names = recordsOf(family).map(([, { name }]) => name);
  const places = [Tensor.prototype, wengert, family.exported] as readonly Readonly<Record<string, unknown>>[];
  const callable = (name: string): boolean => places.some((place) => typeof place[name] === "function");
  const helper = (name: string): boolean =>
    names.some((op) => (callable(op) || op in behind) && name.startsWith(op) && /^[A-Z]/.test(name.slice(op.length)));
  return recordsOf(family)
    .filter(([, { kind, name }]) => kind === "op" && !callable(name) && !helper(name))
    .map(([, { name }]) => `${family.file}: ${name}`);
};

/** Cases in another family than that of their function, as `op: family of the cases`. */
const misplaced = (files: ReadonlyMap<string, object>, families: readonly Family[]): string[] =>
  [...files].flatMap(([path, cases]) => {
    const folder = path.slice(0, path.indexOf("/") + 1);
    const inFamily = families.filter(({ file }) => file.startsWith(folder));
    return Object.keys(cases)
      .filter((op) => !inFamily.some(({ exported }) => typeof exported[op] === "function"))
      .map((op) => `${op}: ${folder}`);
  });

describe("one name for one op", () => {
  const records = modules.flatMap(recordsOf);

  test("the constant is the name and Op, or Update", () => {
    expect(records.length).toBeGreaterThan(20);
    expect(modules.flatMap(misnamed)).toEqual([]);
  });

  test("every record that has a kernel is among the names that a backend is asked for", () => {
    const hasKernel = (record: Named): boolean =>
      !("view" in record && record.view) && !("transfer" in record && record.transfer);
    const names = records.filter(([, record]) => hasKernel(record)).map(([, { name }]) => name);
    expect(names.sort()).toEqual(kernelNames());
  });

  test("every op function is in the list of ops, once", () => {
    const functions = Object.entries(ops).filter(([, value]) => typeof value === "function");
    expect(functions.map(([name]) => name).sort()).toEqual([...methods, ...functionsOnly].sort());
  });

  test("no two records have one name", () => {
    const names = records.map(([, { name }]) => name);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });

  test("an op is a method, or a function, of its name", () => {
    const names = modules.flatMap(uncallable).map((place) => place.split(": ")[1]);
    expect(names.sort()).toEqual(Object.keys(behind).sort());
    const functions = ops as Readonly<Record<string, unknown>>;
    const callers = Object.values(behind).flat();
    expect(callers.filter((name) => typeof functions[name] !== "function")).toEqual([]);
  });

  test("the checks find what they look for", () => {
    const op = (name: string): Named => ({ kind: "op", name });
    const family: Family = { file: "x.ts", exported: { fooOp: op("bar"), barOp: op("bar"), addOp: op("add") } };
    expect(misnamed(family)).toEqual(["x.ts: fooOp is the op bar"]);
    const uncallableOf = (exported: Family["exported"]): string[] => uncallable({ file: "x.ts", exported });
    expect(uncallableOf({ barOp: op("bar") })).toEqual(["x.ts: bar"]);
    expect(uncallableOf({ barOp: op("bar"), bar: () => 0 })).toEqual([]);
    expect(uncallableOf({ barGradOp: op("barGrad") })).toEqual(["x.ts: barGrad"]);
    expect(uncallableOf({ addOp: op("add"), addGradOp: op("addGrad") })).toEqual([]);
    expect(uncallableOf({ addOp: op("add"), additionOp: op("addition") })).toEqual(["x.ts: addition"]);
  });
});

describe("cases and golden files", () => {
  test("every op function has cases in one file", () => {
    const functions = Object.entries(ops).filter(([, value]) => typeof value === "function");
    const owners = (name: string): number => [...caseFiles.values()].filter((file) => Object.hasOwn(file, name)).length;
    expect(functions.length).toBeGreaterThan(20);
    expect(functions.map(([name]) => name).filter((name) => owners(name) !== 1)).toEqual([]);
  });

  test("every case is of an op function", () => {
    const names = [...caseFiles.values()].flatMap((file) => Object.keys(file));
    expect(names.filter((name) => typeof (ops as Record<string, unknown>)[name] !== "function")).toEqual([]);
  });

  test("every case is in the family of its function", () => {
    expect(misplaced(caseFiles, modules)).toEqual([]);
    const family: Family = { file: "loss/loss.ts", exported: { mse: () => 0 } };
    const planted = new Map([
      ["loss/loss", { mse: [] }],
      ["reduction/scan", { mse: [] }],
    ]);
    expect(misplaced(planted, [family])).toEqual(["mse: reduction/"]);
  });

  test("every file of cases is imported by the case list", () => {
    const files = readFiles("tests");
    const reached = new Set(["tests/cases/index.ts"]);
    for (const path of reached) // a set that grows while it is walked
      for (const { specifier } of importsOf(path, files.get(path) ?? "")) {
        const target = resolve(path, specifier);
        if (target?.startsWith("tests/")) reached.add(target);
      }
    const cases = [...files.keys()].filter((path) => path.startsWith("tests/cases/"));
    expect(cases.length).toBeGreaterThan(2);
    expect(cases.filter((path) => !reached.has(path))).toEqual([]);
  });

  test("every golden file belongs to a file of cases, or is made by a script of its name", () => {
    const scripts = filesIn("../goldens", ".py").map((file) => file.replace(/\.py$/, ""));
    const files = filesIn("../goldens", ".json").map((file) => file.replace(/\.json$/, ""));
    expect(files.filter((file) => !scripts.includes(file)).sort()).toEqual([...caseFileNames].sort());
  });

  test.each(caseFileNames)("%s: golden values and cases are the same ones", (file) => {
    expect(unmatched(file)).toEqual([]);
  });
});
