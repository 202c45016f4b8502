/** Reads files and their imports, and finds import cycles. Used by the architecture tests. */
import { readdirSync, readFileSync } from "node:fs";
import { posix, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** Sources by path from the project's root, with `/`. */
export type Files = ReadonlyMap<string, string>;

/** One import, export-from or dynamic import, as in the file. */
export interface Import {
  readonly specifier: string;
  /** Gone at run time: `import type`, `export type`. An `import { type A }` stays, as an import of nothing. */
  readonly typeOnly: boolean;
  readonly line: number;
}

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The TypeScript files under the given folders of the project. */
export function readFiles(...folders: string[]): Files {
  const files = new Map<string, string>();
  for (const folder of folders)
    for (const entry of readdirSync(`${root}/${folder}`, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith(".ts")) continue;
      const path = `${entry.parentPath}/${entry.name}`;
      files.set(relative(root, path).split(sep).join("/"), readFileSync(path, "utf8"));
    }
  return files;
}

export const parse = (path: string, text: string): ts.SourceFile =>
  ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);

const found = new Map<string, readonly Import[]>();

/** Files of src/ that load modules of the user. Only the user can name them. */
const loadsUserModules = ["src/data/loading/workers.ts"];

/** Every import of a file. Tests may compute what they load; in src/ that throws, since no check could follow it. */
export function importsOf(path: string, text: string): readonly Import[] {
  const key = `${path}\n${text}`;
  const imports = found.get(key) ?? readImports(path, text);
  found.set(key, imports);
  return imports;
}

function readImports(path: string, text: string): readonly Import[] {
  const source = parse(path, text);
  const imports: Import[] = [];
  const add = (node: ts.Node, specifier: ts.Node | undefined, typeOnly: boolean): void => {
    if (!specifier) return;
    if (!ts.isStringLiteralLike(specifier)) {
      if (path.startsWith("src/") && !loadsUserModules.includes(path))
        throw new Error(`${path}: an import whose module is computed`);
      return;
    }
    const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
    imports.push({ specifier: specifier.text, typeOnly, line });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node))
      add(node, node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
    else if (ts.isExportDeclaration(node)) add(node, node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isCallExpression(node) && isLoader(node.expression)) add(node, node.arguments[0], false);
    if (deep) ts.forEachChild(node, visit);
  };
  // Imports and exports are at the top. Only a file that calls a loader somewhere must be searched.
  const deep = /\b(import|require)\s*\(/.test(text);
  source.statements.forEach(visit);
  return imports;
}

const isLoader = (callee: ts.Expression): boolean =>
  callee.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(callee) && callee.text === "require");

/**
 * The file that an import of the project's own code means; null for node: modules and packages. The project's own
 * name means the entry point of that subpath.
 */
export function resolve(from: string, specifier: string): string | null {
  if (specifier.startsWith(".")) return posix.join(posix.dirname(from), specifier).replace(/\.js$/, ".ts");
  const own = /^wengert(?:\/(.+))?$/.exec(specifier);
  if (!own) return null;
  return own[1] === undefined ? "src/index.ts" : `src/${own[1]}/index.ts`;
}

/** The cycles among runtime imports: groups of files that all reach each other. */
export function cycles(files: Files): string[][] {
  const next = new Map<string, string[]>();
  for (const [path, text] of files) {
    const targets = importsOf(path, text).filter(({ typeOnly }) => !typeOnly);
    next.set(
      path,
      targets
        .map(({ specifier }) => resolve(path, specifier))
        .filter((target) => target !== null && files.has(target)) as string[],
    );
  }
  return cyclesIn(next);
}

/** The cycles of a graph: groups of nodes that all reach each other. `next` has the neighbours of each node. */
export function cyclesIn(next: ReadonlyMap<string, readonly string[]>): string[][] {
  const reachable = (start: string): Set<string> => {
    const seen = new Set<string>();
    const pending = [...(next.get(start) ?? [])];
    for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
      if (seen.has(path)) continue;
      seen.add(path);
      pending.push(...(next.get(path) ?? []));
    }
    return seen;
  };
  const reach = new Map([...next.keys()].map((path) => [path, reachable(path)]));
  const groups = new Map<string, string[]>();
  for (const [path, targets] of reach) {
    if (!targets.has(path)) continue;
    const group = [...targets].filter((target) => reach.get(target)?.has(path)).sort();
    groups.set(group.join(), group);
  }
  return [...groups.values()];
}
