/** Finds the packages that a program needs in node_modules, with all they depend on. Used to pack the bundle. */
import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

interface Manifest {
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
}

/** A package.json. */
export const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));

/** Types are not needed to run anything. */
const isTypes = (name: string): boolean => name.startsWith("@types/") || name === "@standard-schema/spec";

/**
 * The folders of packages and of all they depend on, as Node resolves them from `root`.
 *
 * @throws Error for a package of `names` that is not installed; of dependencies, some are for other systems
 */
export function closure(root: string, names: readonly string[]): string[] {
  const found = new Set<string>();
  const visit = (name: string, from: string): boolean => {
    for (let at = from; ; at = join(at, "..")) {
      const folder = join(at, "node_modules", name);
      if (existsSync(join(folder, "package.json"))) {
        if (found.has(folder)) return true;
        found.add(folder);
        const { dependencies, optionalDependencies, peerDependencies } = readManifest(folder);
        for (const needed of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }))
          if (!isTypes(needed)) visit(needed, folder);
        return true;
      }
      if (at === root || relative(root, at).startsWith("..")) return false;
    }
  };
  for (const name of names)
    if (!visit(name, root)) throw new Error(`bundle: the package ${name} is not installed; run npm ci`);
  return [...found];
}

/** Whether a file of a package is needed to run it: source maps, declarations and documents are not. */
export const isNeeded = (path: string): boolean => !/\.(map|d\.[cm]?ts|md|flow)$/.test(path);
