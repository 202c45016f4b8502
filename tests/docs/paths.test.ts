/** The files that the pages name exist: those with a path, and those by their name alone. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folders = ["src", "native", "kernels", "tests", "bench", "examples", "docs", "scripts", "cmake"];

const under = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true }).map(({ parentPath, name }) =>
    relative(root, join(parentPath, name)).replaceAll("\\", "/"),
  );

/** Files that commands generate: the API reference, and the compiled test runner of the GPU bundle. */
const generated = ["docs/api", "scripts/gpu/test.js"];

const present = new Set([...generated, ...folders, ...folders.flatMap(under), ...readdirSync(root)]);
const names = new Set([...present].map((path) => path.slice(path.lastIndexOf("/") + 1)));

const withPath = new RegExp(`^(?:${folders.join("|")})/[\\w./-]+$`);
const byName = /^[a-z][\w-]*(?:\.[\w-]+)*\.(?:ts|mjs|cu|cuh|cc|cpp|h|sh|py)$/;

/** The files and folders that a page names in backquotes and that do not exist. */
function missing(page: string): string[] {
  const named = [...page.matchAll(/`([^`\n]+)`/g)].flatMap(([, code]) => code.split(/[\s,;]+/));
  const gone = (code: string): boolean =>
    withPath.test(code) ? !present.has(code.replace(/\/$/, "")) : byName.test(code) && !names.has(code);
  return named.filter(gone);
}

const pages = ["README.md", ...under("docs").filter((path) => /^docs\/[\w-]+\.md$/.test(path))];

describe("the files named in", () => {
  test.each(pages)("%s exist", (page) => {
    expect(missing(readFileSync(join(root, page), "utf8"))).toEqual([]);
  });

  test("a page are checked, by path and by name", () => {
    expect(pages.length).toBeGreaterThan(8);
    expect(missing("`src/tensor.ts`, `src/gone.ts` and `matmul.cu`; `gone.cuh`, `x.matmul(w)`, `src/core/`")).toEqual([
      "src/gone.ts",
      "gone.cuh",
    ]);
  });
});
