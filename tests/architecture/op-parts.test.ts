/**
 * The parts of an op besides its record: a name in the list of ops, cases, golden values and a launcher. If one of them is
 * deleted, the compiler or a test must name the op. This test deletes each of them, in memory.
 */
import { readFileSync } from "node:fs";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { kernelNames } from "../../src/core/op.js";
import { emulator } from "../../src/index.js";
import { functionsOnly, methods } from "../../src/ops/methods.js";
import { caseFiles } from "../cases/index.js";
import { awaited } from "../support/awaited-kernels.js";
import { goldenText, readGoldens, unmatched } from "../support/goldens.js";
import { kernelsIn, readKernelSources, type Sources, withoutKernel } from "../support/kernel-sources.js";
import { skipWithout } from "../support/required.js";
import { errorsIn, languageService, root } from "./typescript.js";

const read = (path: string): string => readFileSync(`${root}/${path}`, "utf8");

/** The text without a part of it; throws if it is not there. */
function without(text: string, part: RegExp): string {
  const rest = text.replace(part, "");
  if (rest === text) throw new Error(`nothing matches ${part}`);
  return rest;
}

/** Texts that replace those of files while the compiler reads them. */
const replaced = new Map<string, string>();
const list = "src/ops/methods.ts";
const index = "tests/cases/index.ts";
const families = "tests/cases/families.ts";
const service = languageService([list, index], replaced);

/** The compiler's errors in `checked` if `path` has another text. */
function errorsWith(path: string, text: string, checked: string): string {
  replaced.set(path, text);
  const errors = errorsIn(service, checked).join("\n");
  replaced.delete(path);
  return errors;
}

/** The file of cases that has an op. */
const fileOf = (op: string): string => [...caseFiles].find(([, cases]) => Object.hasOwn(cases, op))?.[0] ?? "";

/** The text of a file of cases without the cases of an op. */
function withoutCases(op: string): [path: string, text: string] {
  const path = `tests/cases/${fileOf(op)}.ts`;
  const text = read(path);
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found = source.statements
    .filter((statement) => ts.isVariableStatement(statement))
    .flatMap(({ declarationList }) => declarationList.declarations.map(({ initializer }) => initializer))
    .map((value) => (value && ts.isSatisfiesExpression(value) ? value.expression : value))
    .filter((value) => value !== undefined && ts.isObjectLiteralExpression(value))
    .flatMap(({ properties }) => properties.filter(({ name }) => name?.getText() === op));
  if (found.length !== 1) throw new Error(`${path} has ${found.length} properties ${op}`);
  return [path, text.slice(0, found[0].getFullStart()) + text.slice(found[0].getEnd()).replace(/^,/, "")];
}

/** The sources without the row, or the export, of a kernel. */
function withoutRow(op: string): Sources {
  const sources = new Map(readKernelSources());
  const path = kernelsIn(sources).get(op) ?? "";
  sources.set(path, without(sources.get(path) ?? "", new RegExp(`^[A-Z_]+\\(${op}\\b`, "m")));
  return sources;
}

// A row of the unary table, a row of the binary table, a reduction, and two ops with separate launchers.
const ops = ["tanh", "add", "sum", "matmul", "conv2d"];

test("the list of ops and the case list compile as they are", () => {
  expect(errorsIn(service, list)).toEqual([]);
  expect(errorsIn(service, index)).toEqual([]);
}, 60_000);

describe.each(ops)("%s", (op) => {
  test("without its name in the list of ops, does not compile", () => {
    expect(errorsWith(list, without(read(list), new RegExp(`"${op}",`)), list)).toContain(`"${op}"`);
  }, 60_000);

  test("without cases, does not compile", () => {
    const [path, text] = withoutCases(op);
    expect(errorsWith(path, text, index)).toContain(`'${op}'`);
  }, 60_000);

  test("without golden values, is named by the comparison of cases and golden files", () => {
    const file = fileOf(op);
    const text = goldenText(file).split("\n");
    const rest = text
      .filter((line) => !line.startsWith(`"${op}/`))
      .join("\n")
      .replace(/,\s*\}\s*$/, "\n}\n");
    const missing = unmatched(file, readGoldens(file, rest));
    expect(missing.length).toBe(caseFiles.get(file)?.[op].length);
    expect(missing.every((key) => key.startsWith(`${op}/`))).toBe(true);
  });

  test("without its CUDA row or launcher, is named by the list of kernels", () => {
    expect(withoutKernel(ops, readKernelSources())).toEqual([]);
    expect(withoutKernel(ops, withoutRow(op))).toEqual([op]);
  });
});

describe("the sources of the kernels", () => {
  const exported = kernelsIn(readKernelSources());

  test("have a launcher for every op and update, except for those that are awaited", () => {
    const missing = withoutKernel(kernelNames(), readKernelSources());
    expect(
      missing.filter((name) => !awaited.includes(name)),
      "without a launcher in kernels/: write one, or add the name to tests/support/awaited-kernels.ts",
    ).toEqual([]);
    expect(
      awaited.filter((name) => !missing.includes(name)),
      "has a launcher, or is not an op: remove the name from tests/support/awaited-kernels.ts",
    ).toEqual([]);
    expect(awaited).toEqual([...new Set(awaited)]);
  });

  test("have no launcher of another name, except for the tests of instructions", () => {
    const others = [...exported.keys()].filter((name) => !kernelNames().includes(name));
    expect(others.filter((name) => !name.startsWith("conformance"))).toEqual([]);
  });

  const skipped = skipWithout("TOOLS", emulator.reason() === "");
  test.skipIf(skipped)(
    `export what the built addon has${skipped ? " (skipped: npm run build:native was not run)" : ""}`,
    () => {
      expect([...exported.keys()].sort()).toEqual(Object.keys(emulator.addon.kernels).sort());
    },
  );

  test("of one name twice are an error", () => {
    const row = "#define ROW(name, f) EXPORT_KERNEL_AS(name, launch<f>)\n";
    const sources = new Map([["a.cu", `${row}ROW(exp, e)\n// ROW(log, l)\nEXPORT_KERNEL_AS(sum, launchSum)\n`]]);
    expect([...kernelsIn(sources)]).toEqual([
      ["exp", "a.cu"],
      ["sum", "a.cu"],
    ]);
    expect(() => kernelsIn(sources.set("b.cu", "ROW(exp, f)\n"))).toThrow("kernel exp is exported by a.cu and by b.cu");
  });
});

test("a family without cases does not compile", () => {
  const errors = errorsWith(families, without(read(families), /^export \* as matmul .*\n/m), index);
  for (const op of ["dot", "outer", "linear", "matmul"]) expect(errors).toContain(op);
}, 60_000);

test("cases without an op of the list do not compile", () => {
  const path = `tests/cases/${fileOf("sqrt")}.ts`;
  const text = read(path);
  expect(text).toContain("\n  sqrt: ");
  const errors = errorsWith(path, text.replace("\n  sqrt: ", "\n  squareRoot: "), index);
  expect(errors).toContain("'squareRoot'");
  expect(errors).toContain("'sqrt'");
}, 60_000);

test("an op function that is in neither list does not compile", () => {
  for (const name of functionsOnly)
    expect(errorsWith(list, without(read(list), new RegExp(`"${name}",? ?`)), list)).toContain(`"${name}"`);
  expect(methods.filter((name) => (functionsOnly as readonly string[]).includes(name))).toEqual([]);
}, 60_000);
