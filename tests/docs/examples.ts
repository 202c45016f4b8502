/** Finds the code examples of the pages in docs. Used by the tests that compile and run them. */
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { format } from "node:util";
import ts from "typescript";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A ```ts block of a page: a whole program, with its imports. */
export interface Example {
  /** `docs/layers.md:12`, the line of its fence. */
  readonly place: string;
  readonly code: string;
  /** The block that follows it, if its fence is ```text output: the text that the program prints. */
  readonly output: string | null;
}

/** The examples of docs/`page`.md; empty if the page does not exist. */
export function examplesOf(page: string): Example[] {
  const path = `docs/${page}.md`;
  return existsSync(join(root, path)) ? examplesIn(path, readFileSync(join(root, path), "utf8")) : [];
}

/** The examples in the text of a page. Blocks with other fences are not programs. */
export function examplesIn(path: string, text: string): Example[] {
  const blocks = /^```ts\n([\s\S]*?)^```$(?:\n\s*^```text output\n([\s\S]*?)^```$)?/gm;
  return [...text.matchAll(blocks)].map(({ index, 1: code, 2: output }) => {
    const line = text.slice(0, index).split("\n").length;
    return { place: `${path}:${line}`, code, output: output ?? null };
  });
}

/** The compiler's errors for the programs of a page, with the project's options, as `place+line: message`. */
export function typeErrors(examples: readonly Example[]): string[] {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, root);
  // `export {}`: a module, even without imports.
  const files = new Map(examples.map(({ code }, i) => [join(root, `example-${i}.ts`), `${code}\nexport {};\n`]));
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => files.has(path) || fileExists(path);
  host.readFile = (path) => files.get(path) ?? readFile(path);
  host.getSourceFile = (path, target, ...rest) => {
    const text = files.get(path);
    return text === undefined ? getSourceFile(path, target, ...rest) : ts.createSourceFile(path, text, target);
  };
  const given = { ...options, incremental: false, tsBuildInfoFile: undefined, noUnusedLocals: false };
  const program = ts.createProgram([...files.keys()], given, host);
  return [...files.keys()].flatMap((path, i) => {
    const source = program.getSourceFile(path);
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map(({ start = 0, messageText }) => {
      const line = source?.getLineAndCharacterOfPosition(start).line ?? 0;
      return `${examples[i].place}+${line + 1}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
    });
  });
}

type Program = (require: (specifier: string) => unknown, exports: object, console: unknown) => Promise<void>;
const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor as new (...source: string[]) => Program;

/**
 * Runs a program on the sources of the project, in an empty folder that is gone afterwards.
 *
 * @returns what it printed
 */
export async function run({ code }: Example): Promise<string> {
  const printed: string[] = [];
  const print = (...items: unknown[]): number => printed.push(format(...items));
  const modules = new Map<string, unknown>();
  for (const { fileName } of ts.preProcessFile(code).importedFiles) modules.set(fileName, await import(fileName));
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS },
  });
  const folder = await mkdtemp(join(tmpdir(), "wengert-docs-"));
  const before = process.cwd();
  process.chdir(folder);
  try {
    const program = new AsyncFunction("require", "exports", "console", outputText);
    await program((specifier) => modules.get(specifier), {}, { ...console, log: print, info: print });
  } finally {
    process.chdir(before);
    await rm(folder, { recursive: true, force: true });
  }
  return printed.join("\n");
}
