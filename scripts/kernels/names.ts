/** Names of kernels: from mangled ones to short ones that rows.ts can match, with their template arguments. */
import { spawnSync } from "node:child_process";

/** Demangles names with the `c++filt` of binutils, which comes with every compiler that nvcc can use. */
export function demangle(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const { error, status, stdout } = spawnSync("c++filt", {
    input: names.join("\n"),
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  if (error || status !== 0)
    throw new Error(`c++filt cannot be run (${error?.message ?? `status ${status}`}); install binutils`);
  return stdout.trimEnd().split("\n");
}

export interface KernelName {
  /** Such as "unaryKernel<expRow, float, float>": without namespaces, the return type and the parameters. */
  readonly text: string;
  /** The template arguments, such as ["expRow", "float", "float"]. */
  readonly args: readonly string[];
}

/** Makes a demangled name short. */
export function shorten(demangled: string): KernelName {
  const plain = demangled.replace(/^void /, "").replace(/wengert::|\(anonymous namespace\)::/g, "");
  const open = plain.search(/[<(]/);
  if (open < 0 || plain[open] === "(") return { text: open < 0 ? plain : plain.slice(0, open), args: [] };
  const args: string[] = [];
  let [depth, start, end] = [0, open + 1, open];
  for (; end < plain.length; end++) {
    if ("<(".includes(plain[end])) depth++;
    else if (">)".includes(plain[end])) depth--;
    if ((plain[end] === "," && depth === 1) || depth === 0) {
      args.push(plain.slice(start, end).trim());
      start = end + 1;
    }
    if (depth === 0) break;
  }
  return { text: plain.slice(0, end + 1), args };
}
