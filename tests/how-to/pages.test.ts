/** All pages of docs/how-to: their format, their links, and that each has a test. Their own tests follow them. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { describe, expect, test } from "vitest";
import { fencesIn } from "../../scripts/how-to/fences.js";
import type { Page } from "../../scripts/how-to/page.js";
import { loadPage, pageNames } from "../../scripts/how-to/run.js";
import { root } from "../../scripts/how-to/scratch.js";

const read = (path: string): string => readFileSync(`${root}${path}`, "utf8");

/** A page without its blocks. */
const proseOf = (text: string): string =>
  fencesIn(text)
    .lines.filter(({ fence }) => fence === null)
    .map((line) => line.text)
    .join("\n");

/** The targets of a text's links that do not exist, from docs/how-to. */
const brokenLinks = (text: string): string[] =>
  [...text.matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)]
    .map(([, target]) => posix.join("docs/how-to", target))
    .filter((path) => !existsSync(`${root}${path}`));

/** The files that a page names in backquotes and that neither exist nor are made by it. */
function unknownFiles(page: Page, text: string): string[] {
  const made = page.steps.flatMap(({ block }) => (block.kind === "file" ? [block.path] : []));
  return [...text.matchAll(/`((?:src|tests|docs|kernels|scripts|native)\/[\w./-]+\.\w+)`/g)]
    .map(([, path]) => path)
    .filter((path) => !made.includes(path) && !existsSync(`${root}${path}`));
}

/** The commands of all checks of a page. */
const checksOf = (page: Page): string[] =>
  page.steps.flatMap(({ block }) => (block.kind === "commands" && block.check ? block.commands : []));

describe.each(pageNames())("docs/how-to/%s.md", (name) => {
  const page = loadPage(name);
  const text = proseOf(read(`docs/how-to/${name}.md`));

  test("keeps to the format", () => {
    expect(page.problems).toEqual([]);
    expect(page.steps.length).toBeGreaterThan(2);
  });

  test("names files that exist or that it makes, and links to files", () => {
    expect(unknownFiles(page, text)).toEqual([]);
    expect(brokenLinks(text)).toEqual([]);
  });

  test("ends with the checks that every change needs", () => {
    const checks = checksOf(page).join("\n");
    for (const command of ["npx tsc --noEmit -p .", "npx biome check --error-on-warnings", "npx vitest run"])
      expect(checks).toContain(command);
  });

  test("has a test, and a line in the index", () => {
    expect(read(`tests/how-to/${name}.test.ts`)).toContain(`testPage("${name}"`);
    expect(read("docs/how-to/README.md")).toContain(`](${name}.md)`);
  });
});

test("the index links to files that exist, and every test of a page has its page", () => {
  expect(brokenLinks(proseOf(read("docs/how-to/README.md")))).toEqual([]);
  expect(brokenLinks("[a](gone.md#x) [b](README.md) [c](../kernels.md#y)")).toEqual(["docs/how-to/gone.md"]);
  const files = readdirSync(`${root}tests/how-to`).filter((file) => file.endsWith(".test.ts"));
  const tested = files.map((file) => file.slice(0, -".test.ts".length));
  expect(tested.filter((name) => !pageNames().includes(name)).sort()).toEqual(["breakage", "format", "pages"]);
});
