/**
 * Which launchers the sources of kernels/ export, read without compiling them. The addon's own list says the same once it
 * is built; a test compares the two. This one also says in which file a kernel is.
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../../kernels", import.meta.url));

/** Texts by path from kernels/, with `/`. */
export type Sources = ReadonlyMap<string, string>;

/** All CUDA sources and headers, without the emulator. */
export function readKernelSources(): Sources {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((path) => path.replaceAll("\\", "/"));
  const wanted = paths.filter((path) => /\.(cu|cuh|h)$/.test(path) && !path.startsWith("emulator/")).sort();
  return new Map(wanted.map((path) => [path, readFileSync(`${folder}/${path}`, "utf8")]));
}

/** A macro that exports a kernel whose name is its first argument: `#define UNARY(name, ...) ... EXPORT_KERNEL_AS(name, ...)`. */
const definition = /^#define (\w+)\((\w+)[^)]*\)((?:.*\\\n)*.*)$/gm;

const withoutComments = (text: string): string => text.replace(/\/\/.*$/gm, "").replace(/\/\*[\s\S]*?\*\//g, "");

/** The macros of all sources that export a kernel: EXPORT_KERNEL_AS itself, and those whose body calls one. */
function exportingMacros(texts: readonly string[]): ReadonlySet<string> {
  const macros = new Set(["EXPORT_KERNEL_AS"]);
  const definitions = texts.flatMap((text) => [...text.matchAll(definition)]);
  for (let before = 0; before < macros.size; ) {
    before = macros.size;
    for (const [, macro, parameter, body] of definitions)
      if ([...macros].some((known) => new RegExp(`\\b${known}\\(\\s*${parameter}\\b`).test(body))) macros.add(macro);
  }
  return macros;
}

/** The exported kernels by name, with the path of the file that exports each. */
export function kernelsIn(sources: Sources): ReadonlyMap<string, string> {
  const texts = new Map([...sources].map(([path, text]) => [path, withoutComments(text)]));
  const macros = exportingMacros([...texts.values()]);
  const call = new RegExp(`^\\s*(?:${[...macros].join("|")})\\(\\s*(\\w+)`, "gm");
  const found = new Map<string, string>();
  for (const [path, text] of texts)
    for (const [, name] of text.replace(definition, "").matchAll(call)) {
      if (found.has(name)) throw new Error(`kernel ${name} is exported by ${found.get(name)} and by ${path}`);
      found.set(name, path);
    }
  return found;
}

/** The names, among those of ops and updates, that no source exports a kernel for. */
export const withoutKernel = (names: readonly string[], sources: Sources): string[] => {
  const exported = kernelsIn(sources);
  return names.filter((name) => !exported.has(name));
};
