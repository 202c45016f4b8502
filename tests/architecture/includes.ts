/**
 * Reads the includes of the C++ and CUDA sources, and checks them against the rules of kernels/ and native/. Used by
 * kernels.test.ts. imports.ts reads the imports of TypeScript.
 */
import { readdirSync, readFileSync } from "node:fs";
import { posix, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { cyclesIn, type Files } from "./imports.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The folders that CMakeLists.txt gives to the compiler: an include is a path from one of them. */
const includeFolders = ["kernels", "native"];

const isSource = (path: string): boolean => /\.(cu|cuh|h|cc|cpp)$/.test(path);

/** All files under the given folders, by path from the root. Only the text of C++ and CUDA sources is read. */
export function readSources(...folders: string[]): Files {
  const files = new Map<string, string>();
  for (const folder of folders)
    for (const entry of readdirSync(`${root}/${folder}`, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = `${entry.parentPath}/${entry.name}`;
      files.set(relative(root, path).split(sep).join("/"), isSource(path) ? readFileSync(path, "utf8") : "");
    }
  return files;
}

/** The quoted includes of a source; angle brackets are for system headers. */
export const includesOf = (text: string): string[] =>
  [...text.matchAll(/^[ \t]*#[ \t]*include[ \t]*"([^"]*)"/gm)].map(([, path]) => path);

/** The file that an include means, if it is a full path from one of the folders. */
const targetOf = (files: Files, include: string): string | undefined =>
  includeFolders.map((folder) => `${folder}/${include}`).find((path) => files.has(path));

/** Every include that is not the full path of one file, as `file: "include": rule`. */
export function includeFaults(files: Files): string[] {
  const faultOf = (path: string, include: string): string | null => {
    if (include !== posix.normalize(include) || include.startsWith("."))
      return "an include is a path from kernels/ or native/";
    const found = includeFolders.filter((folder) => files.has(`${folder}/${include}`));
    // The compiler looks in the folder of the including file first.
    const beside = posix.join(posix.dirname(path), include);
    if (found.length === 0)
      return files.has(beside) ? "an include is the full path from kernels/ or native/" : "there is no such file";
    if (found.length > 1) return "it is in kernels/ and in native/";
    if (files.has(beside) && beside !== `${found[0]}/${include}`) return `${beside} would be included instead`;
    return null;
  };
  return [...files].flatMap(([path, text]) =>
    includesOf(text).flatMap((include) => {
      const fault = faultOf(path, include);
      return fault === null ? [] : [`${path}: "${include}": ${fault}`];
    }),
  );
}

const familyOf = (path: string): string | undefined => /^kernels\/([^/]+)\//.exec(path)?.[1];

/** The folders of kernels/, each with the other folders that its files include. */
export function familyGraph(files: Files): Map<string, string[]> {
  const next = new Map<string, string[]>();
  for (const [path, text] of files) {
    const from = familyOf(path);
    if (from === undefined) continue;
    const targets = includesOf(text)
      .map((include) => familyOf(targetOf(files, include) ?? ""))
      .filter((to) => to !== undefined && to !== from) as string[];
    next.set(from, [...new Set([...(next.get(from) ?? []), ...targets])]);
  }
  return next;
}

/** The cycles among the folders of kernels/. */
export const familyCycles = (files: Files): string[][] => cyclesIn(familyGraph(files));

/** Folders that directly contain more files than `most` allows. */
export function crowded(files: Files, most: (folder: string) => number): string[] {
  const counts = new Map<string, number>();
  for (const path of files.keys()) counts.set(posix.dirname(path), (counts.get(posix.dirname(path)) ?? 0) + 1);
  return [...counts]
    .filter(([folder, count]) => count > most(folder))
    .map(([folder, count]) => `${folder}: ${count} files`);
}

/** Sources whose names are not lower-case words with hyphens between them. */
export const misnamed = (files: Files): string[] =>
  [...files.keys()].filter(
    (path) => isSource(path) && !/^[a-z0-9]+(-[a-z0-9]+)*\.(cu|cuh|h|cc|cpp)$/.test(posix.basename(path)),
  );

/** Kernels that share the name of their file with another: the build and the check of the kernels take such names. */
export function sharedNames(files: Files): string[] {
  const kernels = [...files.keys()].filter((path) => path.endsWith(".cu"));
  const names = kernels.map((path) => posix.basename(path));
  return kernels.filter((_, i) => names.indexOf(names[i]) !== names.lastIndexOf(names[i]));
}
