/** The files that the pages name exist, whether a page names them by path or by name. Links are in links.test.ts. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { pages } from "./pages.js";

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

/** The files that the steps of a how-to page create: their blocks begin with ```ts file=PATH. */
const created = (page: string): string[] => [...page.matchAll(/^\s*```\w+ .*\bfile=(\S+)/gm)].map(([, path]) => path);

/** The files and folders that a page names in backquotes and that neither exist nor are created by the page. */
function missing(page: string): string[] {
  const named = [...page.matchAll(/`([^`\n]+)`/g)].flatMap(([, code]) => code.split(/[\s,;]+/));
  const made = created(page);
  const isMade = (code: string): boolean => made.some((path) => path === code || path.endsWith(`/${code}`));
  const gone = (code: string): boolean =>
    withPath.test(code) ? !present.has(code.replace(/\/$/, "")) : byName.test(code) && !names.has(code);
  return named.filter((code) => gone(code) && !isMade(code));
}

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

  test("a how-to page may be files that its steps create", () => {
    const block = "```ts file=src/new.ts\nexport {};\n```\n";
    expect(missing(`Create \`src/new.ts\`.\n\n${block}\n\`new.ts\` and \`src/newer.ts\``)).toEqual(["src/newer.ts"]);
  });
});
