/** The pages name everything of a kind: docs/layers.md names every layer, docs/training.md names every optimizer. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import * as nn from "../../src/nn/index.js";
import * as optim from "../../src/optim/index.js";

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

/** The names of the exported classes that extend a class. */
const classesOf = (exported: object, base: { readonly prototype: object }): string[] =>
  Object.entries(exported)
    .filter(([, value]) => typeof value === "function" && value.prototype instanceof base.prototype.constructor)
    .map(([name]) => name);

/** The names that a page does not have in backquotes. */
const unnamed = (page: string, names: readonly string[]): string[] =>
  names.filter((name) => !page.includes(`\`${name}\``));

describe("the page", () => {
  test("docs/layers.md names every layer", () => {
    const bases = ["Activation", "Recurrent"];
    const layers = classesOf(nn, nn.Module).filter((name) => !bases.includes(name));
    expect(layers.length).toBeGreaterThan(50);
    expect(unnamed(read("docs/layers.md"), layers)).toEqual([]);
  });

  test("docs/training.md names every optimizer", () => {
    const optimizers = classesOf(optim, optim.Optimizer);
    expect(optimizers.length).toBeGreaterThan(5);
    expect(unnamed(read("docs/training.md"), optimizers)).toEqual([]);
  });

  test("docs/architecture.md names the folder of every backend", () => {
    const root = new URL("../../src/backends/", import.meta.url);
    const backends = readdirSync(root).filter((name) => existsSync(new URL(`${name}/index.ts`, root)));
    expect(backends).toContain("cpu");
    const page = read("docs/architecture.md");
    expect(backends.filter((name) => !page.includes(`src/backends/${name}/`))).toEqual([]);
  });

  test("that lacks a name is found", () => {
    expect(unnamed("`Linear` and GELU", ["Linear", "GELU"])).toEqual(["GELU"]);
  });
});
