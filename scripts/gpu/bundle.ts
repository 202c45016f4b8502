/**
 * Packs what a machine with a GPU, but without Node and without a network, needs to run the tests and benchmarks:
 * `.gpu/bundle.tar.xz` and the script that unpacks and runs it.
 *
 *     npm run gpu:bundle [-- --data ../shared/data/mnist]
 *
 * The addons must have been built (npm run build:native) and the package too (npm run build).
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("../..", import.meta.url));
const target = join(root, ".gpu");
const mostBytes = 55 * 2 ** 20;

/** The packages that the tests and benchmarks run with; what they depend on comes along. */
const packages = ["vitest", "tsx", "fast-check", "benny", "cli-progress"];

/** Of the tree; the addons are in build/. */
const folders = ["bench", "dist", "dist-examples", "examples", "kernels", "scripts", "src", "tests"];
const files = ["package.json", "tsconfig.json", "vitest.config.ts"];
const addons = ["wengert_cuda.node", "wengert_emulator.node"].map((name) => join("build", "Release", name));

const { values } = parseArgs({ options: { data: { type: "string" } } });

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
    for (const addon of addons.filter((path) => existsSync(join(root, path)))) copy(addon, bundle);
    for (const folder of closure(packages)) {
      const nested = join(folder, "node_modules");
      copy(relative(root, folder), bundle, (path) => !path.startsWith(nested) && isNeeded(path));
    }
    if (values.data) cpSync(values.data, join(bundle, "data", "mnist"), { recursive: true });
    cpSync(process.execPath, join(bundle, "node"));
    execFileSync("strip", [join(bundle, "node")], { stdio: "ignore" });
    rmSync(target, { recursive: true, force: true });
    mkdirSync(target);
    const archive = join(target, "bundle.tar.xz");
    execFileSync("tar", ["-C", staging, "-cJf", archive, "wengert"], { env: { ...process.env, XZ_OPT: "-9 -T0" } });
    cpSync(join(root, "scripts", "gpu.sh"), join(target, "gpu.sh"));
    return statSync(archive).size;
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

const missing = ["dist", "dist-examples", ...addons].filter((path) => !existsSync(join(root, path)));
if (missing.length > 0) {
  console.error(
    `not built: ${missing.join(", ")}; run npm run build, npm run build:native and npx tsc --build examples first`,
  );
  process.exitCode = 1;
} else {
  const bytes = pack();
  const mebibytes = (bytes / 2 ** 20).toFixed(1);
  console.log(`${relative(process.cwd(), target) || target}: ${readdirSync(target).join(", ")}; ${mebibytes} MiB`);
  if (bytes > mostBytes) {
    console.error(`larger than the ${mostBytes / 2 ** 20} MiB that are allowed`);
    process.exitCode = 1;
  }
}
