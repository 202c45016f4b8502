/**
 * Builds the addons: the emulator's always, CUDA's if nvcc is found. Says which were built, and why one was not.
 *
 *     npm run build:native [-- --device emulator|cuda] [--kernels matmul,softmax] [--out FOLDER] [--strict] [--optional]
 *                             [--quiet]
 *
 * --device     only this one; with "cuda", a missing nvcc is an error
 * --kernels    only these folders and files of kernels/: quicker while working on one. "matmul" is the folder, "softmax" and
 *              "matmul.cu" are files, in any folder. Give --out as well
 * --out        where the addons go: default build/Release. WENGERT_NATIVE names such a folder to a program
 * --strict     warnings of the compiler are errors
 * --optional   if there is no C++ compiler, no CMake, or neither Ninja nor Make, prints a message and ends with status 0
 * --quiet      prints nothing unless it fails, or builds nothing because of --optional
 *
 * The build cache keeps the parts of the emulator's addons: objects by their sources (scripts/native/compile.js), and
 * whole addons (scripts/native/addons.js). It is in build/cache, or in the folder that WENGERT_CACHE names. Entries that
 * were not used for 30 days are removed, and the oldest if there are more than 2 GiB.
 *
 * WENGERT_CUDA_ARCHITECTURES, such as "80;90a", restricts what the CUDA addon is built for. Plain JavaScript, since it
 * may run before anything was compiled.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { addonKey, copyAddons, keepAddons } from "./native/addons.js";
import { cacheFolder, prune, writeWhole } from "./native/cache.js";
import { missingTools } from "./native/tools.js";

const root = resolve(fileURLToPath(new URL("..", import.meta.url)));
const emulatorAddons = ["wengert_emulator.node", "wengert_emulator_races.node"];

/** nvcc from `$CUDACXX`, from the path, or from the default folder of the toolkit; null if it is in none. */
export function findNvcc() {
  const candidates = [process.env.CUDACXX, "nvcc", "/usr/local/cuda/bin/nvcc"].filter(Boolean);
  return candidates.find((name) => spawnSync(name, ["--version"]).status === 0) ?? null;
}

/** Runs `work` while no other process does so in `folder`. A lock whose owner is gone is taken over. */
async function exclusively(folder, work) {
  mkdirSync(folder, { recursive: true });
  const lock = join(folder, "lock");
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
      if (isStale(lock)) rmSync(lock, { force: true });
      else await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
  try {
    return work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function isStale(lock) {
  try {
    process.kill(Number(readFileSync(lock, "utf8")), 0);
    return false;
  } catch (error) {
    return error.code === "ESRCH";
  }
}

/** Configures and builds one device's addons in `folder`. Throws with the compiler's output if that fails. */
function build(folder, { quiet }, settings) {
  const cmakeJs = createRequire(import.meta.url).resolve("cmake-js/bin/cmake-js");
  const given = Object.entries(settings).map(([name, value]) => `--CD${name}=${value}`);
  for (const command of ["configure", "build"]) {
    const parallel = command === "build" ? ["--parallel", String(Math.min(8, availableParallelism()))] : [];
    const args = [cmakeJs, command, "--out", folder, "--log-level", "warn", ...given, ...parallel];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: root,
      env: { ...process.env, WENGERT_CACHE: cacheFolder() },
      encoding: "utf8",
      stdio: quiet ? "pipe" : "inherit",
    });
    if (status !== 0)
      throw new Error(`the ${settings.WENGERT_TARGET} addon was not built\n${stdout ?? ""}${stderr ?? ""}`.trimEnd());
  }
}

/** The settings of CMakeLists.txt, except where the addons go. */
const settingsFor = (device, { kernels }) => ({
  WENGERT_TARGET: device,
  WENGERT_KERNELS: kernels?.replaceAll(",", ";") ?? "*",
});

/** Builds the emulator's addons, or copies them from the build cache. Returns the line that says which. */
function buildEmulator(options) {
  const { strict } = options;
  const out = resolve(root, options.out);
  const folder = resolve(out, "..", "emulator");
  const settings = settingsFor("emulator", options);
  const names = emulatorAddons.map((name) => join(options.out, name)).join(" and ");
  const key = addonKey(root, settings);
  if (key !== undefined && copyAddons(key, out, strict)) return `copied ${names} from the build cache`;
  // CMake's own products are elsewhere, so that it never takes a copy for one of them.
  const built = join(folder, "addons");
  const headers = ["node-api-headers/include", "node-addon-api"].map((name) => join(root, "node_modules", name));
  build(folder, options, {
    ...settings,
    WENGERT_OUT: built,
    WENGERT_STRICT: strict ? "ON" : "OFF",
    CMAKE_CXX_COMPILER_LAUNCHER: [process.execPath, join(root, "scripts", "native", "compile.js"), root].join(";"),
    // Not the real path, which is another checkout's if node_modules is a link: it would be in the key of every object.
    ...(headers.every((header) => existsSync(header)) ? { CMAKE_JS_INC: headers.join(";") } : {}),
  });
  for (const name of emulatorAddons) writeWhole(join(out, name), readFileSync(join(built, name)), { mode: 0o755 });
  // Unless a source changed meanwhile.
  if (key !== undefined && key === addonKey(root, settings)) keepAddons(key, folder, built, emulatorAddons, strict);
  prune();
  return `built ${names}`;
}

/** Builds CUDA's addon with the nvcc that was found. Returns the line that reports it. */
function buildCuda(nvcc, options) {
  const architectures = process.env.WENGERT_CUDA_ARCHITECTURES;
  build(resolve(root, options.out, "..", "cuda"), options, {
    ...settingsFor("cuda", options),
    WENGERT_OUT: resolve(root, options.out),
    WENGERT_STRICT: options.strict ? "ON" : "OFF",
    CMAKE_CUDA_COMPILER: nvcc.includes("/") ? nvcc : which(nvcc),
    ...(architectures ? { WENGERT_CUDA_ARCHITECTURES: architectures } : {}),
  });
  return `built ${join(options.out, "wengert_cuda.node")}`;
}

/** The line for --optional that says which tools are missing and what follows, or undefined if none is missing. */
function whyNotBuilt() {
  const missing = missingTools();
  if (missing.length === 0) return undefined;
  return `The addons were not built, because this machine lacks ${missing.join(" and ")}. Tests that run kernels on the emulator are skipped.`;
}

/**
 * Builds what is asked for, one process at a time.
 *
 * @returns lines that say what was built, and what was not and why
 */
export function buildNative({ device, kernels, out = "build/Release", quiet = false, strict = false } = {}) {
  return exclusively(resolve(root, out, ".."), () => {
    const options = { out, kernels, quiet, strict };
    const lines = device === "cuda" ? [] : [buildEmulator(options)];
    if (device === "emulator") return lines;
    const nvcc = findNvcc();
    if (nvcc !== null) return [...lines, buildCuda(nvcc, options)];
    const why = "no CUDA addon: nvcc was not found (CUDACXX, PATH, /usr/local/cuda/bin)";
    if (device === "cuda") throw new Error(why);
    return [...lines, why];
  });
}

const which = (name) =>
  (process.env.PATH ?? "")
    .split(":")
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path)) ?? name;

const usage =
  "usage: npm run build:native [-- --device emulator|cuda] [--kernels matmul,softmax] [--out FOLDER] [--strict] [--optional] [--quiet]";

/** The options of the command line. Throws with the usage if one is wrong. */
function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        device: { type: "string" },
        kernels: { type: "string" },
        out: { type: "string", default: "build/Release" },
        strict: { type: "boolean", default: false },
        optional: { type: "boolean", default: false },
        quiet: { type: "boolean", default: false },
      },
    });
    if (values.device !== undefined && values.device !== "emulator" && values.device !== "cuda")
      throw new RangeError(`--device must be emulator or cuda, got ${values.device}`);
    return values;
  } catch (error) {
    throw new Error(`build:native: ${error.message}\n${usage}`, { cause: error });
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    const options = readOptions();
    const lacking = options.optional ? whyNotBuilt() : undefined;
    const lines = lacking === undefined ? await buildNative(options) : [lacking];
    if (lacking !== undefined || !options.quiet) for (const line of lines) console.log(line);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
