/**
 * Which file of src/ops defines an op function or an update. The rows of docs/ops.md are in the order of this list.
 */
import { readdirSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { caseFiles } from "../../tests/cases/index.js";

const folder = fileURLToPath(new URL("../../src/ops", import.meta.url));

/** An op function or an update, with its file's name in the family's folder. */
export interface Defined {
  readonly name: string;
  readonly file: string;
}

export interface Layout {
  /** The op functions by family, both in alphabetical order. */
  readonly families: ReadonlyMap<string, readonly Defined[]>;
  /** The updates, with the path of their file from src/ops. */
  readonly updates: readonly Defined[];
}

const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);

/** The name of an update's record; undefined for anything else. */
const updateName = (value: unknown): string | undefined => {
  const record = value as { kind?: unknown; name?: unknown } | null | undefined;
  return record?.kind === "update" ? String(record.name) : undefined;
};

/**
 * The names of the modules in a family's folder, without its index.
 *
 * @throws Error if there are none: the table would silently lose the family
 */
export function modulesOf(family: string): string[] {
  const modules = readdirSync(family).filter((name) => /\.[jt]s$/.test(name) && !/^index\.|\.d\.ts$/.test(name));
  if (modules.length === 0) throw new Error(`${family} has no modules with ops; remove the folder`);
  return modules;
}

/**
 * Reads src/ops: the modules of each family's folder.
 *
 * @throws Error if a folder has no modules, or if an op that has cases is defined in no file of its family or in several
 */
export async function readLayout(): Promise<Layout> {
  const files = new Map<string, string[]>();
  const updates = new Map<string, Defined>();
  const families = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name: family } of families)
    for (const name of modulesOf(`${folder}/${family}`)) {
      const file = name.replace(/\.js$/, ".ts");
      const values: Record<string, unknown> = await import(pathToFileURL(`${folder}/${family}/${name}`).href);
      for (const [key, value] of Object.entries(values)) {
        const update = updateName(value);
        if (update !== undefined) updates.set(update, { name: update, file: `${family}/${file}` });
        if (typeof value !== "function") continue;
        const place = `${family}/${key}`;
        files.set(place, [...(files.get(place) ?? []), file]);
      }
    }
  return { families: byFamily(files), updates: [...updates.values()].sort(byName) };
}

/** Finds the file of every op that has cases; tests/cases compiles only if that is every op function. */
function byFamily(files: ReadonlyMap<string, readonly string[]>): Map<string, Defined[]> {
  const families = new Map<string, Defined[]>();
  for (const [path, byOp] of caseFiles) {
    const family = path.slice(0, path.indexOf("/"));
    for (const name of Object.keys(byOp)) {
      const found = files.get(`${family}/${name}`) ?? [];
      if (found.length !== 1)
        throw new Error(`${name}: expected in one file of src/ops/${family}, found in ${found.join(", ") || "none"}`);
      families.set(family, [...(families.get(family) ?? []), { name, file: found[0] }]);
    }
  }
  for (const ops of families.values()) ops.sort(byName);
  return new Map([...families].sort(([a], [b]) => (a < b ? -1 : 1)));
}
