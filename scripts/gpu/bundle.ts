/**
 * Packs what a machine with a GPU, but without Node and without a network, needs to run the tests and benchmarks:
 * `.gpu/bundle.tar.xz` and the script that unpacks and runs it. Builds the package and the examples first. The addons
 * (npm run build:native) must be newer than their sources; they are taken from where WENGERT_NATIVE says.
 *
 *     npm run gpu:bundle [-- --data ../shared/data/mnist] [--old]
 *
 * --data    a folder with MNIST's files, to train on
 * --old     takes addons that are older than their sources, too
 */
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { isOld } from "../../tests/support/native.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const target = join(root, ".gpu");
const mostBytes = 55 * 2 ** 20;

const { values } = parseArgs({ options: { data: { type: "string" }, old: { type: "boolean", default: false } } });

/** Of the tree. */
const folders = ["bench", "dist", "dist-examples", "examples", "kernels", "native", "scripts", "src", "tests"];
const files = ["package.json", "tsconfig.build.json", "tsconfig.json", "vitest.config.ts"];
const addonFolder = resolve(process.env.WENGERT_NATIVE || join(root, "build", "Release"));
const addons = ["wengert_cuda.node", "wengert_emulator.node", "wengert_emulator_races.node"];

interface Manifest {
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
}

/** The folders of the packages and of all they depend on, as Node resolves them from where they stand. */
function closure(names: readonly string[]): string[] {
  const found = new Set<string>();
  const visit = (name: string, from: string): void => {
    for (let at = from; ; at = join(at, "..")) {
      const folder = join(at, "node_modules", name);
      if (existsSync(join(folder, "package.json"))) {
        if (found.has(folder)) return;
        found.add(folder);
        const manifest: Manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
        const { dependencies, optionalDependencies, peerDependencies } = manifest;
        for (const needed of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }))
          visit(needed, folder);
        return;
      }
      if (at === root || relative(root, at).startsWith("..")) return; // optional, for another system
    }
  };
  for (const name of names) visit(name, root);
  return [...found];
}

/** Source maps, declarations and documents are not run. */
const isNeeded = (path: string): boolean => !/\.(map|d\.[cm]?ts|md|flow)$/.test(path) || path.includes("/src/");

/** What the tests and benchmarks run with, and what the package itself needs. */
function packages(): string[] {
  const { dependencies }: Manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return ["vitest", "tsx", "fast-check", "benny", ...Object.keys(dependencies ?? {})];
}

/** The commit that is packed; "and changes" where the tree has others besides. */
function commit(): string {
  const git = (...args: string[]): string => execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
  return `${git("rev-parse", "HEAD")}${git("status", "--porcelain") === "" ? "" : " and changes"}`;
}

/** The package and the examples as they are now, and nothing of what they were. */
function build(): void {
  const options = { cwd: root, stdio: "inherit" } as const;
  execFileSync("npm", ["run", "--silent", "build"], options);
  rmSync(join(root, "dist-examples"), { recursive: true, force: true });
  execFileSync("npx", ["tsc", "--build", "examples"], options);
}

function copy(path: string, to: string, filter: (path: string) => boolean = () => true): void {
  cpSync(join(root, path), join(to, path), { recursive: true, filter, dereference: true });
}

function pack(): number {
  const staging = mkdtempSync(join(tmpdir(), "wengert-gpu-"));
  try {
    const bundle = join(staging, "wengert");
    mkdirSync(bundle);
    for (const folder of folders) copy(folder, bundle);
    for (const file of files) copy(file, bundle);
    for (const addon of addons) cpSync(join(addonFolder, addon), join(bundle, "build", "Release", addon));
    writeFileSync(join(bundle, "commit.txt"), `${commit()}\n`);
    for (const folder of closure(packages())) {
      const nested = join(folder, "node_modules");
      copy(relative(root, folder), bundle, (path) => !path.startsWith(nested) && isNeeded(path));
    }
    if (values.data) cpSync(values.data, join(bundle, "data", "mnist"), { recursive: true });
    cpSync(process.execPath, join(bundle, "node"));
    execFileSync("strip", [join(bundle, "node")], { stdio: "ignore" });
    rmSync(target, { recursive: true, force: true });
    mkdirSync(target);
    const archive = join(target, "bundle.tar.xz");
    execFileSync("tar", ["-C", staging, "-cJf", archive, "wengert"], { env: { ...process.env, XZ_OPT: "-6 -T0" } });
    cpSync(join(root, "scripts", "gpu.sh"), join(target, "gpu.sh"));
    return statSync(archive).size;
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

const missing = addons.filter((name) => !existsSync(join(addonFolder, name)));
const old = addons.filter((name) => !missing.includes(name) && isOld(join(addonFolder, name)));
if (missing.length > 0 || (old.length > 0 && !values.old)) {
  if (missing.length > 0) console.error(`not built: ${missing.join(", ")}; run npm run build:native first`);
  if (old.length > 0)
    console.error(`older than kernels/ or native/: ${old.join(", ")}; run npm run build:native first`);
  process.exitCode = 1;
} else {
  build();
  const bytes = pack();
  const mebibytes = (bytes / 2 ** 20).toFixed(1);
  console.log(`${relative(process.cwd(), target) || target}: ${readdirSync(target).join(", ")}; ${mebibytes} MiB`);
  if (bytes > mostBytes) {
    console.error(`larger than the ${mostBytes / 2 ** 20} MiB that are allowed`);
    process.exitCode = 1;
  }
}
