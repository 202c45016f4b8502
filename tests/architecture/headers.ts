/**
 * The check that every source file opens with a header comment: what the file does, who uses it and, if it is not
 * obvious, what must not be done in it. Called by documentation.test.ts.
 */
import { readdirSync, readFileSync } from "node:fs";
import { extname, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { Files } from "./imports.js";

/** The folders with sources, and the endings of those that need a header. */
export const sourceFolders: Readonly<Record<string, readonly string[]>> = {
  src: [".ts"],
  bench: [".ts", ".mjs"],
  examples: [".ts", ".mjs"],
  scripts: [".ts", ".mjs"],
  tests: [".ts", ".mjs", ".cjs", ".cc", ".cpp", ".h", ".cu", ".cuh"],
  native: [".cc", ".cpp", ".h"],
  kernels: [".cc", ".cpp", ".h", ".cu", ".cuh"],
};

/** The name of a test says what it is; listings and goldens are data. */
const needsNone = (path: string): boolean =>
  path.startsWith("tests/") && (path.endsWith(".test.ts") || /\/(listings|goldens)\//.test(path));

/** The sources of a folder that need a header, by path from the root of the project. */
export function sourcesIn(folder: string): Files {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const files = new Map<string, string>();
  for (const entry of readdirSync(`${root}/${folder}`, { recursive: true, withFileTypes: true })) {
    const path = relative(root, `${entry.parentPath}/${entry.name}`).split(sep).join("/");
    if (entry.isFile() && sourceFolders[folder].includes(extname(path)) && !needsNone(path))
      files.set(path, readFileSync(`${root}/${path}`, "utf8"));
  }
  return files;
}

/** The endings of files whose header is a `/** ... *\/` comment; in others it consists of `//` lines. */
const scripts = [".ts", ".mjs", ".cjs"];

/** A shorter comment cannot say what a file does and who uses it. */
export const shortestHeader = 40;

/** The text of the comment at the start of a file, without its marks; null if the file starts with anything else. */
export function headerOf(path: string, text: string): string | null {
  const script = scripts.includes(extname(path));
  const body = text.replace(/^#!.*\n/, "");
  const found = script ? /^\/\*\*([\s\S]*?)\*\//.exec(body) : /^(?:\/\/.*(?:\n|$))+/.exec(body);
  if (!found) return null;
  const lines = script ? found[1].replace(/^\s*\* ?/gm, "") : found[0].replace(/^\/\/+ ?/gm, "");
  return lines.replace(/\s+/g, " ").trim();
}

/**
 * Whether the comment at the start of a script belongs to the declaration after it, not to the file: no empty line,
 * import, export from another file or further comment follows.
 */
function belongsToDeclaration(text: string): boolean {
  const after = text.replace(/^#!.*\n/, "").replace(/^\/\*\*[\s\S]*?\*\//, "");
  return !/^[ \t]*\n(?:\n|import\b|export (?:type )?(?:\*|\{)|\/\/|\/\*|$)/.test(after);
}

/** The files without a header, each with the reason. */
export function withoutHeader(files: Files): string[] {
  const missing: string[] = [];
  for (const [path, text] of files) {
    const header = headerOf(path, text);
    if (header === null) missing.push(`${path}: does not start with a comment`);
    else if (header.length < shortestHeader)
      missing.push(`${path}: the comment at its start has ${header.length} characters, fewer than ${shortestHeader}`);
    else if (scripts.includes(extname(path)) && belongsToDeclaration(text))
      missing.push(`${path}: the comment at its start documents the declaration after it, not the file`);
  }
  return missing;
}
