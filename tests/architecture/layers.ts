/** The layers of the project, and the check that runtime imports follow them. Used by layering.test.ts. */
import { type Files, importsOf, resolve } from "./imports.js";

/**
 * The layers, top first. At run time, a file may import from its own layer and from those below. In the other direction,
 * only types. docs/architecture.md has the same list; a test compares the two.
 */
const layers: readonly (readonly string[])[] = [
  ["examples", "bench", "tests", "scripts"],
  ["src/index.ts"],
  ["src/train", "src/tune", "src/testing"],
  ["src/nn", "src/optim", "src/data", "src/metrics", "src/chart", "src/io"],
  ["src/tensor.ts", "src/create.ts", "src/random.ts", "src/format.ts"],
  ["src/ops"],
  ["src/core"],
];

/** The layers in one line, as in docs/architecture.md. */
export const layersLine = `${layers
  .map((places) => places.map((place) => place.replace(/^src\/|\.ts$/g, "")).join(" "))
  .join(" -> ")} <- backends`;

const inside = (path: string, place: string): boolean => path === place || path.startsWith(`${place}/`);

/** The depth of a file; -1 if the list lacks it. */
const depthOf = (path: string): number => layers.findIndex((places) => places.some((place) => inside(path, place)));

/** The files that package.json's `exports` names: what a user may import first, so they register the devices. */
const isEntry = (path: string): boolean => /^src\/(\w+\/)?index\.ts$/.test(path);

const isBackend = (path: string): boolean => inside(path, "src/backends");

/** Why a runtime import breaks the layering; null if it does not. */
function ruleBroken(from: string, to: string): string | null {
  if (inside(from, "examples") && !inside(to, "examples") && !isEntry(to))
    return "an example imports what a user can: the package by its name";
  if (isBackend(from)) return isBackend(to) || inside(to, "src/core") ? null : "a backend imports core and itself only";
  if (isBackend(to))
    return depthOf(from) === 0 || (isEntry(from) && !inside(from, "src/ops"))
      ? null
      : "only entry points load a backend";
  if (depthOf(from) < 0) return "the file is in no layer of the list";
  if (depthOf(to) < 0) return "the imported file is in no layer of the list";
  if (depthOf(to) < depthOf(from))
    return "the imported file is in a higher layer; import the type only, or move the code";
  return null;
}

/** Every import that breaks a rule, as `file:line: rule`. `packages` are those that src/ may import. */
export function violations(files: Files, packages: readonly string[]): string[] {
  const found: string[] = [];
  for (const [path, text] of files)
    for (const { specifier, typeOnly, line } of importsOf(path, text)) {
      const report = (rule: string): number => found.push(`${path}:${line}: ${JSON.stringify(specifier)}: ${rule}`);
      const target = resolve(path, specifier);
      if (target !== null) {
        const rule = typeOnly ? null : ruleBroken(path, target);
        if (rule !== null) report(rule);
        // JavaScript that is imported has its types beside it, in a file of declarations.
        if (!files.has(target) && !files.has(target.replace(/\.ts$/, ".d.ts"))) report("there is no such file");
      } else if (inside(path, "src") && !specifier.startsWith("node:") && !packages.includes(specifier)) {
        report("the package is not in the dependencies of package.json");
      }
      if (inside(path, "src") && specifier.startsWith("wengert")) report("the package does not import itself by name");
    }
  return found;
}
