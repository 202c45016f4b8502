/**
 * Reads the command line of a C++ compiler, for the cache of objects (compile.js), and takes the checkout's path out of
 * it. A command with an option that is not listed here is not cached, because the option could name a file or depend on
 * the machine.
 */
import { relative, resolve } from "node:path";

/** Options whose value is the next argument. */
const withValue = ["-o", "-MT", "-MF", "-isystem", "-include", "-x"];

/** Options that say everything in one argument, and change nothing but the code that is generated. */
const plain = [
  /^-c$/,
  /^-MD$/,
  /^-[DUI]./,
  /^-O[0-3s]?$/,
  /^-f(?!plugin|profile|auto-profile|modules|dump|sanitize-(?:ignore|black)list)/,
  /^-W(?![apl],)/,
  /^-m(?!arch=native|tune=native|cpu=native)/,
  /^-std=/,
  /^-x./,
  /^-pthread$/,
];

/** A path as it is seen from the checkout, if it is in it; otherwise the path itself. */
export function fromRoot(path, root) {
  const found = relative(root, path);
  return found === "" ? "." : found.startsWith("..") ? path : found;
}

/**
 * The parts of a command that compiles one file and writes a list of its dependencies. `flags` and `source` are for a
 * compiler that runs in the checkout's folder. Throws an Error that says why for any other command.
 */
export function readCommand([compiler, ...args], root, cwd = process.cwd()) {
  const command = { compiler, flags: [], strict: false, forced: [], folders: [] };
  const system = [];
  const sources = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    const value = withValue.includes(arg) ? args[++i] : undefined;
    const path = resolve(cwd, value ?? arg.replace(/^-I/, ""));
    if (arg === "-o") command.output = path;
    else if (arg === "-MT") command.target = value;
    else if (arg === "-MF") command.depfile = path;
    else if (arg === "-Werror") command.strict = true;
    else if (!arg.startsWith("-")) sources.push(path);
    else if (arg === "-isystem" || arg === "-include") {
      (arg === "-isystem" ? system : command.forced).push(path);
      command.flags.push(arg, fromRoot(path, root));
    } else if (arg.startsWith("-I")) {
      command.folders.push(path);
      command.flags.push(`-I${fromRoot(path, root)}`);
    } else if (value !== undefined) command.flags.push(arg, value);
    else if (!plain.some((option) => option.test(arg)) || arg.includes(root)) throw new Error(`the option ${arg}`);
    else command.flags.push(arg);
  }
  if (!command.flags.includes("-c") || sources.length !== 1)
    throw new Error("a command that does not compile one file");
  if (!command.output || !command.target || !command.depfile)
    throw new Error("a command without -o, -MT or -MF, which name the object and the list of its dependencies");
  return { ...command, source: sources[0], folders: [...command.folders, ...system] };
}

/** The command that compiles it, for a process in the checkout's folder. */
export const commandLine = ({ compiler, flags, strict, target, depfile, output, source }, root) => [
  compiler,
  ...flags,
  ...(strict ? ["-Werror"] : []),
  ...["-MT", target, "-MF", depfile, "-o", output, fromRoot(source, root)],
];

/** The paths in a list of dependencies, "object: path path \". A space in a path has a backslash before it. */
export function readDependencies(text) {
  const joined = text.replaceAll("\\\n", " ");
  const paths = joined.slice(joined.search(/:\s/) + 1).match(/(?:\\[ #\\]|\$\$|\S)+/g) ?? [];
  return paths.map((path) => path.replaceAll(/\\([ #\\])/g, "$1").replaceAll("$$", "$"));
}

/** The text of such a list. */
export function dependenciesText(target, paths) {
  const escaped = paths.map((path) => path.replaceAll(/([ #])/g, "\\$1").replaceAll("$", "$$$$"));
  return `${target}: ${escaped.join(" \\\n  ")}\n`;
}
