/**
 * Packs everything that a machine with a GPU, but without Node, npm or a network, needs to run the tests and benchmarks:
 * `.gpu/bundle.tar.xz`, and the script that unpacks and runs it. Everything is compiled to JavaScript here; nothing is
 * compiled there, unless --no-cuda leaves the CUDA addon to scripts/gpu/build.sh. The addons (npm run build:native) must
 * be newer than their sources; they are taken from the folder that WENGERT_NATIVE names.
 *
 *     npm run gpu:bundle [-- --no-cuda] [--no-races] [--data ../shared/data/mnist] [--old] [--folder FOLDER]
 *
 * --no-cuda    leave out the CUDA addon; `gpu.sh build` compiles it on the GPU machine
 * --no-races   leave out the emulator addon that checks accesses; only addon tests on the emulator need it
 * --data       a folder with the MNIST files, to train on
 * --old        accept addons that are older than their sources
 * --folder     write a folder instead of an archive
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { isOld } from "../../tests/support/native.js";
import { type Part, pack, sizeTable } from "./archive.js";
import { layOutCode, layOutPackages, root } from "./tree.js";

/** A GPU machine takes 64 MiB; the rest is room to grow. */
const mostBytes = 45 * 2 ** 20;

const usage = "usage: npm run gpu:bundle [-- --no-cuda] [--no-races] [--data FOLDER] [--old] [--folder FOLDER]";

/** The options of the command line. Ends the program if there is an unknown one. */
function readOptions() {
  try {
    return parseArgs({
      options: {
        "no-cuda": { type: "boolean", default: false },
        "no-races": { type: "boolean", default: false },
        data: { type: "string" },
        old: { type: "boolean", default: false },
        folder: { type: "string" },
      },
    }).values;
  } catch (error) {
    console.error(`gpu:bundle: ${(error as Error).message}\n${usage}`);
    return process.exit(1);
  }
}

const values = readOptions();

const addonFolder = resolve(process.env.WENGERT_NATIVE || join(root, "build", "Release"));
const cudaAddons = values["no-cuda"] ? [] : ["wengert_cuda.node"];
const emulatorAddons = ["wengert_emulator.node", ...(values["no-races"] ? [] : ["wengert_emulator_races.node"])];

/** Why the addons cannot be packed. */
function problems(): string[] {
  const names = [...cudaAddons, ...emulatorAddons];
  const missing = names.filter((name) => !existsSync(join(addonFolder, name)));
  const old = names.filter((name) => !missing.includes(name) && isOld(join(addonFolder, name)));
  return [
    ...(missing.length > 0
      ? [`${missing.join(", ")} not found in ${addonFolder}; run npm run build:native first`]
      : []),
    ...(old.length > 0 && !values.old
      ? [`${old.join(", ")} older than kernels/ or native/; run npm run build:native first, or pass --old`]
      : []),
  ];
}

/** The commit that is packed; "and changes" where the tree has others besides. */
function commit(): string {
  const git = (...args: string[]): string => execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
  return `${git("rev-parse", "HEAD")}${git("status", "--porcelain") === "" ? "" : " with uncommitted changes"}`;
}

/** Copies a program or a library without its symbols. */
function copyStripped(from: string, to: string): void {
  cpSync(from, to);
  execFileSync("strip", ["--strip-unneeded", to]);
}

/** Writes the folder that the bundle unpacks to. */
async function layOut(to: string): Promise<void> {
  mkdirSync(join(to, "build", "Release"), { recursive: true });
  copyStripped(process.execPath, join(to, "node"));
  for (const addon of [...cudaAddons, ...emulatorAddons])
    copyStripped(join(addonFolder, addon), join(to, "build", "Release", addon));
  await layOutCode(to);
  layOutPackages(to);
  writeFileSync(join(to, "commit.txt"), `${commit()}\n`);
  if (values.data) cpSync(values.data, join(to, "data", "mnist"), { recursive: true });
}

/** The files of the folder, in the parts listed in the size table. */
function partsOf(folder: string): Part[] {
  const within = (...paths: string[]): string[] => paths.map((path) => join("wengert", path));
  const addons = (names: readonly string[]): string[] => within(...names.map((name) => join("build", "Release", name)));
  const apart = new Set(["node", "build", "node_modules", "data"]);
  const code = readdirSync(folder).filter((name) => !apart.has(name));
  const parts = [
    { name: "node", paths: within("node") },
    { name: "CUDA addon", paths: addons(cudaAddons) },
    { name: "emulator's addons", paths: addons(emulatorAddons) },
    { name: "packages", paths: within("node_modules") },
    { name: "code, sources, goldens", paths: within(...code) },
    { name: "data", paths: values.data ? within("data") : [] },
  ];
  return parts.filter(({ paths }) => paths.length > 0);
}

/** Writes `.gpu/`, prints the sizes; fails if the archive is too large. */
async function bundle(): Promise<void> {
  const target = join(root, ".gpu");
  const staging = mkdtempSync(join(tmpdir(), "wengert-gpu-"));
  try {
    const folder = join(staging, "wengert");
    await layOut(folder);
    rmSync(target, { recursive: true, force: true });
    mkdirSync(target);
    const archive = join(target, "bundle.tar.xz");
    const sizes = pack(staging, partsOf(folder), archive);
    cpSync(join(root, "scripts", "gpu.sh"), join(target, "gpu.sh"));
    for (const line of sizeTable(sizes, archive)) console.log(line);
    console.log(`${relative(process.cwd(), target) || target}: ${readdirSync(target).join(", ")}`);
    if (statSync(archive).size > mostBytes) throw new Error(`larger than the limit of ${mostBytes / 2 ** 20} MiB`);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

const found = problems();
for (const problem of found) console.error(`bundle: ${problem}`);
if (found.length > 0) process.exitCode = 1;
else if (values.folder) await layOut(resolve(values.folder));
else await bundle();
