/**
 * Builds the addons: the emulator's always, CUDA's where nvcc is found. Says which, and why not.
 *
 *     npm run build:native [-- --device emulator|cuda] [--kernels matmul,softmax] [--out FOLDER] [--quiet]
 *
 * --device     only this one; its build failing is then an error even where nvcc is missing
 * --kernels    only these folders and files of kernels/: quicker while working on one. "matmul" is the folder, "softmax" and
 *              "matmul.cu" are files, in any folder. Give --out as well
 * --out        where the addons go: default build/Release. WENGERT_NATIVE names such a folder to a program
 * --quiet      prints nothing unless it fails
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

const root = fileURLToPath(new URL("..", import.meta.url));

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

/** Configures and builds one device's addons. Throws with the compiler's words where that fails. */
function build(device, { out, kernels, quiet }, options) {
  const cmakeJs = createRequire(import.meta.url).resolve("cmake-js/bin/cmake-js");
  const folder = resolve(root, out, "..", device === "cuda" ? "cuda" : "emulator");
  const settings = {
    WENGERT_TARGET: device,
    WENGERT_OUT: resolve(root, out),
    WENGERT_KERNELS: kernels?.replaceAll(",", ";") ?? "*",
    WENGERT_STRICT: process.env.CI === "true" ? "ON" : "OFF",
    ...options,
  };
  const given = Object.entries(settings).map(([name, value]) => `--CD${name}=${value}`);
  for (const command of ["configure", "build"]) {
    const parallel = command === "build" ? ["--parallel", String(Math.min(8, availableParallelism()))] : [];
    const args = [cmakeJs, command, "--out", folder, "--log-level", "warn", ...given, ...parallel];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: root,
      encoding: "utf8",
      stdio: quiet ? "pipe" : "inherit",
    });
    if (status !== 0) throw new Error(`the ${device} addon was not built\n${stdout ?? ""}${stderr ?? ""}`.trimEnd());
  }
}

/**
 * Builds what is asked for, one process at a time.
 *
 * @returns lines that say what was built, and what was not and why
 */
export function buildNative({ device, kernels, out = "build/Release", quiet = false } = {}) {
  return exclusively(resolve(root, out, ".."), () => {
    const lines = [];
    const options = { out, kernels, quiet };
    if (device !== "cuda") {
      build("emulator", options, {});
      lines.push(`built ${join(out, "wengert_emulator.node")} and ${join(out, "wengert_emulator_races.node")}`);
    }
    if (device === "emulator") return lines;
    const nvcc = findNvcc();
    if (nvcc === null) {
      const why = "no CUDA addon: nvcc was not found (CUDACXX, PATH, /usr/local/cuda/bin)";
      if (device === "cuda") throw new Error(why);
      lines.push(why);
      return lines;
    }
    const architectures = process.env.WENGERT_CUDA_ARCHITECTURES;
    build("cuda", options, {
      CMAKE_CUDA_COMPILER: nvcc.includes("/") ? nvcc : which(nvcc),
      ...(architectures ? { WENGERT_CUDA_ARCHITECTURES: architectures } : {}),
    });
    lines.push(`built ${join(out, "wengert_cuda.node")}`);
    return lines;
  });
}

const which = (name) =>
  (process.env.PATH ?? "")
    .split(":")
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path)) ?? name;

const usage =
  "usage: npm run build:native [-- --device emulator|cuda] [--kernels matmul,softmax] [--out FOLDER] [--quiet]";

/** The options of the command line. Throws with the usage if one is wrong. */
function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        device: { type: "string" },
        kernels: { type: "string" },
        out: { type: "string", default: "build/Release" },
        quiet: { type: "boolean", default: false },
      },
    });
    if (values.device !== undefined && values.device !== "emulator" && values.device !== "cuda")
      throw new RangeError(`--device is emulator or cuda, got ${values.device}`);
    return values;
  } catch (error) {
    throw new Error(`build:native: ${error.message}\n${usage}`, { cause: error });
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    for (const line of await buildNative(readOptions())) console.log(line);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
