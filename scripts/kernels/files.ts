/**
 * Finds the sources of kernels/ for the check of the kernels, the bundle and tests; cmake/sources.cmake does it for the
 * build. A folder is searched because it exists, so a new family needs no line here. A folder in which nothing is found is
 * an error, unless `withoutKernels` names the folder. Otherwise a lost folder would go unnoticed.
 */
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { root } from "./tools.js";

/** runtime and ptx have no kernels, tuning has measured choices, and the emulator has no kernels. */
const withoutKernels = ["emulator", "ptx", "runtime", "tuning"];

/**
 * The files in the folders of `parent` whose names match, as "folder/file", sorted.
 *
 * @param except - folders that have no such files
 * @throws Error if another folder has none
 */
export function filesInFolders(parent: string, pattern: RegExp, except: readonly string[] = []): string[] {
  const folders = readdirSync(parent, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !except.includes(entry.name))
    .map(({ name }) => name);
  if (folders.length === 0) throw new Error(`${parent} has no folder with sources`);
  return folders
    .flatMap((folder) => {
      const files = readdirSync(join(parent, folder)).filter((file) => pattern.test(file));
      if (files.length === 0)
        throw new Error(
          `${join(parent, folder)} has no file that matches ${pattern}: remove the folder, or name it as one without such files`,
        );
      return files.map((file) => `${folder}/${file}`);
    })
    .sort();
}

/** The kernels, as "matmul/gemm-naive.cu". Throws if a folder that should have kernels has none. */
export const kernelFiles = (kernels = join(root, "kernels")): string[] =>
  filesInFolders(kernels, /\.cu$/, withoutKernels);

/**
 * The kernels with these names: "matmul" for a folder, "softmax", "softmax.cu" or "normalization/softmax" for a file. If a
 * folder and a file share a name, "matmul" is the folder and "matmul.cu" the file.
 *
 * @throws RangeError if nothing has one of the names
 */
export function namedKernels(names: readonly string[], files: readonly string[] = kernelFiles()): string[] {
  const chosen = names.flatMap((name) => {
    const inFolder = files.filter((file) => file.startsWith(`${name}/`));
    const path = `${name.replace(/\.cu$/, "")}.cu`;
    const found = inFolder.length > 0 ? inFolder : files.filter((file) => file === path || basename(file) === path);
    if (found.length === 0) throw new RangeError(`${name} is neither a folder of kernels/ nor a .cu file in one`);
    return found;
  });
  return [...new Set(chosen)];
}
