/**
 * Keeps whole addons of the emulator in the build cache (cache.js), so that a checkout whose sources were built before
 * gets its addons without CMake. The key has all sources and build scripts, the compiler, the linker and CMake. As with
 * objects, system headers are compared by size and time: those of all objects together.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { load, store, writeWhole } from "./cache.js";
import { environment, identityOf, isUnchanged } from "./compile.js";
import { hashOf } from "./includes.js";
import { findCompiler } from "./tools.js";

/**
 * The environment variables that CMake, cmake-js and the linker read. Not CXXFLAGS: cmake-js sets CMAKE_CXX_FLAGS, so CMake
 * does not read it.
 */
const variables = /^(CXX|LDFLAGS|LIBRARY_PATH|LD_RUN_PATH|CMAKE_\w+|npm_config_cmake_\w+)$/i;

/** The sources of the addons and the scripts that build them; folders with all such files in them. */
const sources = ["CMakeLists.txt", "cmake", "kernels", "native", "tests/native/planted.cu"];
const scripts = ["scripts/build-native.mjs", "scripts/native", "node_modules/cmake-js/package.json"];
const headers = ["node_modules/node-addon-api", "node_modules/node-api-headers/include"];

function filesOf(root, path) {
  if (statSync(join(root, path)).isFile()) return [path];
  return readdirSync(join(root, path), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(cu|cuh|cc|cpp|h|cmake|js)$/.test(file))
    .map((file) => `${path}/${file}`)
    .sort();
}

/** The key of the addons of a checkout, for CMake's `settings`. Undefined if the compiler cannot be identified. */
export function addonKey(root, settings) {
  const compiler = findCompiler();
  if (compiler === undefined || process.env.CXX?.includes(" ")) return undefined;
  if ([...scripts, ...headers].some((path) => !existsSync(join(root, path)))) return undefined;
  const contents = [...sources, ...scripts, ...headers]
    .flatMap((path) => filesOf(root, path))
    .map((path) => [path, hashOf(readFileSync(join(root, path)))]);
  const linker = spawnSync(compiler, ["-Wl,--version"], { encoding: "utf8" }).stdout;
  const cmake = spawnSync("cmake", ["--version"], { encoding: "utf8" }).stdout;
  const read = Object.entries(process.env).filter(([name]) => variables.test(name));
  const { platform, arch } = process;
  const parts = { platform, arch, settings, compiler: identityOf(compiler), linker, cmake, read: read.sort() };
  return hashOf(JSON.stringify({ ...parts, environment: environment(), contents }));
}

/** Copies the addons into a folder. False if they are not in the cache, or if `strict` and they had warnings. */
export function copyAddons(key, folder, strict) {
  const entry = load("addons", key);
  if (entry === undefined || (strict && !entry.about.strict) || !isUnchanged(entry.about.system)) return false;
  for (const [index, name] of entry.about.names.entries())
    writeWhole(join(folder, name), entry.parts[index], { mode: 0o755 });
  return true;
}

/** Whether CMake, which remembers how a folder was configured first, uses the present compiler and LDFLAGS. */
function isConfiguredAsNow(folder) {
  const text = readFileSync(join(folder, "CMakeCache.txt"), "utf8");
  const setting = (name) => new RegExp(`^${name}:\\w+=(.*)$`, "m").exec(text)?.[1] ?? "";
  const compiler = identityOf(setting("CMAKE_CXX_COMPILER")).file;
  const flags = (process.env.LDFLAGS ?? "").trim();
  return compiler === identityOf(findCompiler()).file && setting("CMAKE_MODULE_LINKER_FLAGS").trim() === flags;
}

/**
 * Puts the addons that CMake built in `folder` into the cache. Does nothing if one of their objects was not cached, because
 * its dependencies are unknown.
 */
export function keepAddons(key, folder, built, names, strict) {
  if (!isConfiguredAsNow(folder)) return;
  const system = new Map();
  for (const { command } of JSON.parse(readFileSync(join(folder, "compile_commands.json"), "utf8"))) {
    const notes = join(folder, `${/ -o (\S+)/.exec(command)?.[1]}.cached`);
    if (!existsSync(notes)) return;
    for (const header of JSON.parse(readFileSync(notes, "utf8")).system) system.set(header[0], header);
  }
  const parts = names.map((name) => readFileSync(join(built, name)));
  store("addons", key, { names, strict, system: [...system.values()] }, parts);
}
