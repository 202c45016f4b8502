/** Copies the project into a folder in which run.ts follows a page of docs/how-to, and gives the environment of its commands. */
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the project, with a slash at its end. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

/** The files of the working tree: those that git tracks, and new ones that it does not ignore. */
function projectFiles(): string[] {
  const list = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: root });
  const paths = [...new Set(list.toString().split("\0"))].filter((path) => path !== "");
  return paths.filter((path) => existsSync(join(root, path)));
}

/**
 * Copies the state of the last type check, so that `tsc` in the scratch copy checks only the files that a page changes, and
 * those that depend on them. Its paths are relative. `tsc` resolves links, so the paths of packages must lead to the
 * project's node_modules.
 */
function copyTypeCheck(folder: string): void {
  const cache = join("node_modules", ".cache", "tsc");
  if (!existsSync(join(root, cache))) return;
  mkdirSync(join(folder, cache), { recursive: true });
  const packages = relative(realpathSync(join(folder, cache)), realpathSync(join(root, "node_modules")));
  for (const name of readdirSync(join(root, cache)).filter((file) => file.endsWith(".tsbuildinfo"))) {
    const state = readFileSync(join(root, cache, name), "utf8");
    writeFileSync(join(folder, cache, name), state.replace(/"\.\.\/\.\.\/(?!\.\.\/)/g, `"${packages}/`));
  }
}

/**
 * Links the Python environment of scripts/python.sh, and its lock: a command may install packages in the environment, so it must
 * wait for the other processes that do so.
 */
function linkPython(folder: string): void {
  const build = join(root, "build");
  if (!existsSync(join(build, "python"))) return;
  writeFileSync(join(build, "python.lock"), "", { flag: "a" });
  mkdirSync(join(folder, "build"));
  for (const name of ["python", "python.lock"]) symlinkSync(join(build, name), join(folder, "build", name));
}

/**
 * Copies the project into an empty folder. Its node_modules is a folder of links: caches that tools write into it stay out
 * of the project's node_modules.
 */
export function copyProject(folder: string): void {
  const made = new Set<string>();
  for (const path of projectFiles()) {
    const to = join(folder, path);
    const parent = dirname(to);
    if (!made.has(parent)) mkdirSync(parent, { recursive: true });
    made.add(parent);
    copyFileSync(join(root, path), to);
  }
  const modules = join(root, "node_modules");
  mkdirSync(join(folder, "node_modules"));
  for (const name of readdirSync(modules))
    if (name !== ".cache" && !name.startsWith(".vite"))
      symlinkSync(join(modules, name), join(folder, "node_modules", name));
  copyTypeCheck(folder);
  linkPython(folder);
}

/** Whether a command gets a variable of this process: not the settings of tests, except that tools are required. */
const isKept = (name: string): boolean =>
  !/^(WENGERT_(?!REQUIRE_)|VITEST|NODE_|TEST$|CI$|FORCE_COLOR|PROD$|DEV$|MODE$)/.test(name);

/**
 * The environment of a page's commands: that of this process without the settings of tests. Compiled objects come from the
 * cache of the project, and so does Python, if scripts/python.sh has made one.
 */
export function environment(): NodeJS.ProcessEnv {
  const python = join(root, "build", "python", "bin", "python");
  const kept = Object.entries(process.env).filter(([name]) => isKept(name));
  return {
    ...Object.fromEntries(kept),
    WENGERT_CACHE: resolve(root, process.env.WENGERT_CACHE || join("build", "cache")),
    PYTHON: process.env.PYTHON || (existsSync(python) ? python : "python3"),
    NO_COLOR: "1",
  };
}
