/** The blocks of a page that are executed, and how an info string describes one. Used by page.ts, which finds them. */

/** How the text of a block gets into its file. */
export type Edit =
  | { readonly kind: "append" }
  | { readonly kind: "after" | "before" | "replace"; readonly anchor: string };

/** A change of a block that makes its step wrong. The comment `<!-- break: ... -->` after the block describes it. */
export interface Corruption {
  readonly from: string;
  readonly to: string;
}

/** A block whose text belongs in a file of the project. */
export interface FileBlock {
  readonly kind: "file";
  readonly path: string;
  readonly edit: Edit;
  readonly text: string;
  readonly corruptions: readonly Corruption[];
}

/** A block of commands. Those of a check change no file that is committed. */
export interface CommandBlock {
  readonly kind: "commands";
  readonly check: boolean;
  readonly commands: readonly string[];
  /** Whether the block is left out on a machine without nvcc. */
  readonly needsNvcc: boolean;
  /** The text that the last command must print, with `...` as a wildcard; null if the page shows none. */
  readonly output: string | null;
}

/** The words of an info string: plain words and name=value pairs, whose value may be quoted. */
export interface Info {
  readonly words: readonly string[];
  readonly values: ReadonlyMap<string, string>;
}

/** Reads an info string, such as `ts file=src/x.ts after="anchor"`. */
export function readInfo(info: string): Info {
  const words: string[] = [];
  const values = new Map<string, string>();
  for (const [, name, double, single, bare, word] of info.matchAll(/([\w-]+)=(?:"([^"]*)"|'([^']*)'|(\S+))|(\S+)/g)) {
    if (name === undefined) words.push(word);
    else values.set(name, double ?? single ?? bare);
  }
  return { words, values };
}

const anchored = ["after", "before", "replace"] as const;

/** Commands of a block, one for each line; a line that ends in a backslash continues. */
const commandsOf = (text: string): string[] =>
  text
    .replace(/\s*\\\n\s*/g, " ")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));

/** What a block does when a page runs; null if it is an illustration. */
export function blockOf(info: Info, text: string, report: (problem: string) => void): FileBlock | CommandBlock | null {
  const { words, values } = info;
  const path = values.get("file");
  const run = words.includes("run");
  const check = words.includes("check");
  const known: readonly string[] = ["file", "needs", ...anchored];
  const unknown = [...values.keys()].filter((name) => !known.includes(name));
  const others = words.slice(1).filter((word) => !["run", "check", "output"].includes(word));
  if (unknown.length + others.length > 0)
    report(`unknown words in the info string: ${[...unknown, ...others].join(", ")}`);
  if (Number(path !== undefined) + Number(run) + Number(check) > 1)
    report("a block can have only one of file=, run and check");
  const given = anchored.filter((kind) => values.has(kind));
  if (run || check) {
    const commands = commandsOf(text);
    if (commands.length === 0) report("the block has no command");
    const needs = values.get("needs");
    if (needs !== undefined && needs !== "nvcc") report(`needs= must be nvcc, got ${needs}`);
    for (const kind of given) report(`${kind}= needs file=`);
    for (const command of commands.filter((line) => /^(cd|export)\b/.test(line)))
      report(`each line has its own shell, so this has no effect on the next one: ${command}`);
    return { kind: "commands", check, commands, needsNvcc: needs !== undefined, output: null };
  }
  if (path === undefined) {
    if (values.size > 0) report(`${[...values.keys()].join(", ")} needs file=`);
    return null;
  }
  if (path.startsWith("/") || path.split("/").includes("..")) report(`${path} is not a path inside the project`);
  if (values.has("needs")) report("needs= belongs to a block of commands");
  if (given.length > 1) report(`a block can have only one of ${anchored.join(", ")}`);
  const edit: Edit = given.length === 0 ? { kind: "append" } : { kind: given[0], anchor: values.get(given[0]) ?? "" };
  if (edit.kind !== "append" && edit.anchor.trim() === "") report(`${edit.kind}= is empty`);
  return { kind: "file", path, edit, text, corruptions: [] };
}
