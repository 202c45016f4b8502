/**
 * Runs a C++ compiler, or copies the object that the same compiler made of the same files before. CMake puts it before
 * the compiler (CMAKE_CXX_COMPILER_LAUNCHER; scripts/build-native.mjs):
 *
 *     node scripts/native/compile.js CHECKOUT c++ -O2 ... -MD -MT x.o -MF x.o.d -o x.o -c x.cc
 *
 * The key of an object has everything that it depends on except system headers: the compiler and its version, the options,
 * the variables of the environment that compilers read, and the source with all files of the project that it includes
 * (includes.js). The compiler runs in the checkout's folder with relative paths, so the checkout's path is neither in the
 * key nor in the object, and another checkout gets the same objects.
 *
 * System headers are not in the key, because only the compiler knows them: an entry lists those that were included, with
 * their sizes and times, and it is used only if these are the same. This does not notice a system header that is installed
 * later and shadows another, in a folder that the compiler searches first. Remove the cache after installing one.
 *
 * Beside an object, `x.o.cached` says what it was made of, for the cache of whole addons (addons.js). If the object could
 * not be cached, there is no such file. WENGERT_CACHE_LOG names a file that gets a line for each object: whether it was
 * copied, compiled, or not cached and why.
 */
import { spawnSync } from "node:child_process";
import { appendFileSync, readFileSync, realpathSync, rmSync, statSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { load, store, writeWhole } from "./cache.js";
import { commandLine, dependenciesText, fromRoot, readCommand, readDependencies } from "./command.js";
import { hashOf, scan } from "./includes.js";

/** Changes when entries are written or keyed in another way. */
const format = 1;

const variables = /^(CPATH|C_INCLUDE_PATH|CPLUS_INCLUDE_PATH|COMPILER_PATH|GCC_\w+|SOURCE_DATE_EPOCH|CCC_\w+)$/;

/** The variables of the environment that compilers read. */
export const environment = () =>
  Object.entries(process.env)
    .filter(([name]) => variables.test(name))
    .sort();

/** What identifies a compiler: its path, the file behind it, and its version. */
export function identityOf(compiler) {
  const candidates = compiler.includes("/")
    ? [resolve(compiler)]
    : (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, compiler));
  const path = candidates.find((each) => statSync(each, { throwIfNoEntry: false })?.isFile());
  if (path === undefined) throw new Error(`${compiler} was not found`);
  const { size, mtimeMs } = statSync(path);
  const { status, stdout } = spawnSync(path, ["--version"], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${path} --version failed`);
  return { path, file: realpathSync(path), size, mtimeMs, version: stdout };
}

const sizeAndTime = (path) => {
  const found = statSync(path, { throwIfNoEntry: false });
  return found ? [path, found.size, found.mtimeMs] : [path, -1, -1];
};

/** Whether all headers of the system are as they were: their paths, sizes and times. */
export const isUnchanged = (headers) =>
  headers.every(([path, size, time]) => {
    const [, sizeNow, timeNow] = sizeAndTime(path);
    return size === sizeNow && time === timeNow;
  });

/** The key of a command's object, and the files of the project in it. */
function keyOf(command, root) {
  const { files, missing, reason } = scan(command.source, command.folders, command.forced);
  if (reason !== undefined) throw new Error(reason);
  const contents = [...files].map(([path, hash]) => [fromRoot(path, root), hash]).sort();
  const { compiler, flags } = command;
  const parts = { format, compiler: identityOf(compiler), environment: environment(), flags, contents, missing };
  return { key: hashOf(JSON.stringify(parts)), files: [...files.keys()] };
}

/** Runs the compiler; its status, and what it said. */
function run([compiler, ...args], cwd) {
  const { status, stderr, error } = spawnSync(compiler, args, {
    cwd,
    stdio: ["inherit", "inherit", "pipe"],
    encoding: "utf8",
    maxBuffer: 2 ** 30,
  });
  process.stderr.write(error ? `${compiler}: ${error.message}\n` : stderr);
  return { status: status ?? 1, said: stderr };
}

function log(line) {
  if (process.env.WENGERT_CACHE_LOG) appendFileSync(process.env.WENGERT_CACHE_LOG, `${line}\n`);
}

/** Writes the list of dependencies that the build tool reads, and what the object was made of. */
function describe({ target, depfile, output }, { key, files }, system) {
  writeWhole(depfile, dependenciesText(target, [...files, ...system.map(([path]) => path)]));
  writeWhole(`${output}.cached`, JSON.stringify({ key, system }));
}

/** Copies the object from the cache. False if it is not there; throws an Error if a file cannot be written. */
function copyFromCache(command, known) {
  const entry = load("objects", known.key);
  if (entry === undefined || !isUnchanged(entry.about.system)) return false;
  // -Werror is not in the key, but it refuses an object that was compiled with warnings.
  if (command.strict && entry.about.said !== "") return false;
  writeWhole(command.output, entry.parts[0]);
  describe(command, known, entry.about.system);
  process.stderr.write(entry.about.said);
  return true;
}

/** Puts the object into the cache, unless a file was included that is not in its key, or changed meanwhile. */
function putIntoCache(command, known, said, root) {
  const included = readDependencies(readFileSync(command.depfile, "utf8")).map((path) => resolve(root, path));
  const others = included.filter((path) => !known.files.includes(path));
  const system = others.map(sizeAndTime);
  writeWhole(command.depfile, dependenciesText(command.target, included));
  const overlooked = others.find((path) => fromRoot(path, root) !== path);
  if (overlooked !== undefined) throw new Error(`${overlooked} is included, but the key does not have it`);
  if (keyOf(command, root).key !== known.key) throw new Error("a source changed while it was compiled");
  store("objects", known.key, { said, system }, [readFileSync(command.output)]);
  describe(command, known, system);
}

/** Compiles, or copies what was compiled before. The status of the compiler. */
export function compile(root, args) {
  let command;
  let known;
  rmSync(`${args[args.indexOf("-o") + 1]}.cached`, { force: true });
  try {
    command = readCommand(args, root);
    known = keyOf(command, root);
  } catch (error) {
    log(`not cached: ${error.message}`);
    return run(args).status;
  }
  try {
    if (copyFromCache(command, known)) {
      log(`copied ${command.output}`);
      return 0;
    }
  } catch {
    // The compiler reports why the object cannot be written, if it cannot write it either.
  }
  const { status, said } = run(commandLine(command, root), root);
  if (status !== 0) return status;
  try {
    putIntoCache(command, known, said, root);
    log(`compiled ${command.output}`);
  } catch (error) {
    log(`not cached: ${command.output}: ${error.message}`);
  }
  return 0;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [root, ...args] = process.argv.slice(2);
  process.exitCode = compile(resolve(root), args);
}
