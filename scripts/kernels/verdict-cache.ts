/**
 * Keeps the check of a kernel file in the build cache (scripts/native/cache.js) if it found nothing wrong. The key has
 * everything that the result depends on: the source with all headers of kernels/ that it includes, the options and the
 * versions of the tools, and the scripts of the check with the rows of the table. The versions of nvcc and its host
 * compiler represent their headers.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { load, store } from "../native/cache.js";
import { hashOf, scan } from "../native/includes.js";
import type { Verdict } from "./judge.js";
import type { Report } from "./report.js";
import type { Row } from "./row.js";

/** What was found in one kernel file. */
export interface Found {
  readonly report: Report;
  readonly verdicts: readonly Verdict[];
  readonly faults: readonly string[];
}

/** The version that a program prints. Throws if it cannot be run. */
export function versionOf(program: string): string {
  const { status, stdout, error } = spawnSync(program, ["--version"], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} --version failed${error ? `: ${error.message}` : ""}`);
  return `${program}: ${stdout}`;
}

/** The variables of the environment that nvcc and its host compiler read. */
const variables = /^(NVCC_\w+|CUDAHOSTCXX|CPATH|C_INCLUDE_PATH|CPLUS_INCLUDE_PATH|COMPILER_PATH|GCC_\w+)$/;

/** The scripts that find the sources of a kernel and keep its result. */
const cacheScripts = ["includes.js", "cache.js"].map((name) => join(import.meta.dirname, "..", "native", name));

/** The hash of the scripts of the check: all files in their folder and the folders in it, and the scripts of the cache. */
export function scriptsHash(folder = import.meta.dirname): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const hashes = [...files, ...cacheScripts].map((path) => `${relative(folder, path)} ${hashOf(readFileSync(path))}\n`);
  return hashOf(hashes.sort().join(""));
}

/**
 * The key of a kernel file.
 *
 * @param source - its path
 * @param kernels - the folder of the kernels, in which names of headers are looked up
 * @param options - the options and versions of the tools
 * @returns undefined if the result depends on more than the text of the files
 */
export function keyOf(source: string, kernels: string, options: readonly string[]): string | undefined {
  const { files, missing, reason } = scan(source, [kernels]);
  if (reason !== undefined) return undefined;
  const contents = [...files].map(([path, hash]) => `${relative(kernels, path)} ${hash}`).sort();
  const environment = Object.entries(process.env).filter(([name]) => variables.test(name));
  return hashOf(
    JSON.stringify({ contents, missing, options, environment: environment.sort(), scripts: scriptsHash() }),
  );
}

/** What was found before, if the key is known. The listings of the kernels are not kept. */
export function recall(key: string | undefined, rows: readonly Row[]): Found | undefined {
  const entry = key === undefined ? undefined : load("kernels", key);
  if (entry === undefined) return undefined;
  const { report, verdicts } = entry.about as { report: Report; verdicts: (Verdict & { rowIndex: number })[] };
  const restored = verdicts.map(({ rowIndex, ...verdict }) => ({ ...verdict, row: rows[rowIndex] }));
  return { report, verdicts: restored, faults: [] };
}

/** Keeps what was found, unless something was wrong: a fault is always looked at again. */
export function remember(key: string | undefined, { report, verdicts, faults }: Found, rows: readonly Row[]): void {
  if (key === undefined || faults.length > 0 || report.kernels.length === 0) return;
  const kept = verdicts.map(({ kernel, row, ...verdict }) => ({
    ...verdict,
    kernel: { ...kernel, listing: { name: kernel.listing.name, blocks: [] } },
    rowIndex: row ? rows.indexOf(row) : -1,
  }));
  store("kernels", key, { report, verdicts: kept }, []);
}
