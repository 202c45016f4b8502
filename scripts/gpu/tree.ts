/**
 * Lays out the folder that the bundle unpacks to: the package, tests and benchmarks compiled to JavaScript file by file,
 * the sources of the addons, and the few packages that the tests run with. Nothing in it needs TypeScript, vite or npm.
 */
import { cpSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { kernelFiles } from "../kernels/files.js";
import { closure, isNeeded, readManifest } from "./packages.js";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** Folders whose TypeScript is compiled; their other files are copied: goldens, tables, programs in Python. */
const compiled = ["bench", "examples", "scripts/gpu", "scripts/ops", "src", "tests"];

/** Pages that tests read. */
const pages = ["docs/ops.md"];

/** What build.sh makes the addons of. */
const sources = ["cmake", "kernels", "native"];
const headers = ["node-addon-api", "node-api-headers"];

/** vitest's runner and matchers, which scripts/gpu/vitest.ts puts together. */
const testPackages = ["@vitest/expect", "@vitest/runner", "@vitest/spy"];

/**
 * All files under a folder, by their names from the root.
 *
 * @throws Error if there are none
 */
export function filesOf(folder: string, from = root): string[] {
  const files = readdirSync(join(from, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes("__pycache__"))
    .map((entry) => relative(from, join(entry.parentPath, entry.name)));
  if (files.length === 0) throw new Error(`bundle: ${join(from, folder)} has no files`);
  return files;
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** Writes the code: compiled, copied, and the manifest by which examples import the package by its name. */
export async function layOutCode(to: string): Promise<void> {
  const files = compiled.flatMap((folder) => filesOf(folder));
  const isTypeScript = (file: string): boolean => file.endsWith(".ts");
  await build({
    entryPoints: files.filter((file) => isTypeScript(file) && !file.endsWith(".d.ts")).map((file) => join(root, file)),
    ...{ outdir: to, outbase: root, format: "esm", platform: "node", target: "node20", logLevel: "warning" },
  });
  for (const file of files.filter((file) => !isTypeScript(file))) cpSync(join(root, file), join(to, file));
  kernelFiles(); // throws if a family has lost its kernels
  for (const file of ["CMakeLists.txt", ...pages, ...sources.flatMap((folder) => filesOf(folder))])
    cpSync(join(root, file), join(to, file));
  const manifest = { name: "wengert", private: true, type: "module" };
  const exports = { ".": "./src/index.js", "./*": "./src/*/index.js" };
  write(join(to, "package.json"), JSON.stringify({ ...manifest, exports }, null, 2));
}

/** Writes node_modules. The tests' `vitest` is scripts/gpu/vitest.ts. */
export function layOutPackages(to: string): void {
  const own = Object.keys(readManifest(root).dependencies ?? {});
  for (const folder of closure(root, [...testPackages, ...headers, ...own])) {
    const nested = join(folder, "node_modules");
    const filter = (path: string): boolean => !path.startsWith(nested) && isNeeded(path);
    cpSync(folder, join(to, relative(root, folder)), { recursive: true, filter, dereference: true });
  }
  const vitest = join(to, "node_modules", "vitest");
  write(join(vitest, "package.json"), JSON.stringify({ name: "vitest", type: "module", exports: "./index.js" }));
  write(join(vitest, "index.js"), 'export * from "../../scripts/gpu/vitest.js";\n');
}
