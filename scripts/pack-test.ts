/**
 * Packs the package as for the registry, installs it into an empty project, and uses it there as a newcomer would:
 * the README's quick start, every subpath, the declarations, `require`. Ends with a failure if anything fails.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, posix } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { brokenLinks, linksIn, packageUrl, targetOf } from "../tests/docs/links.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const manifest: { name: string; version: string; exports: Record<string, unknown> } = JSON.parse(
  readFileSync(join(root, "package.json"), "utf8"),
);
const project = mkdtempSync(join(tmpdir(), "wengert-pack-"));
const subpaths = Object.keys(manifest.exports)
  .filter((subpath) => subpath !== "./package.json")
  .map((subpath) => posix.join(manifest.name, subpath));

/** Runs a program in `cwd`; its output is shown only if it fails. */
function run(program: string, args: readonly string[], cwd: string): string {
  try {
    return execFileSync(program, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], shell: false });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${program} ${args.join(" ")} failed:\n${stdout}${stderr}`, { cause: error });
  }
}

const npm = (args: readonly string[], cwd: string): string =>
  process.platform === "win32" ? run("cmd", ["/c", "npm", ...args], cwd) : run("npm", args, cwd);
const node = (...args: readonly string[]): string => run(process.execPath, args, project);

function check(rule: string, holds: boolean, found?: unknown): void {
  if (!holds) throw new Error(found === undefined ? rule : `${rule}: ${JSON.stringify(found)}`);
}

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

function pack(): Packed {
  const output = npm(["pack", "--json", "--pack-destination", project], root);
  const [packed]: Packed[] = JSON.parse(output.slice(output.indexOf("[\n")));
  return packed;
}

/** The files that may be in the package. */
const intended = [
  /^(package\.json|LICENSE)$/,
  /^(README|CONTRIBUTING|CHANGELOG|SECURITY)\.md$/,
  /^docs\/((how-to|decisions)\/)?[\w-]+\.md$/,
  /^examples\/([\w-]+\/)?[\w-]+\.ts$/,
  /^kernels\/tuning\/[\w-]+\.(json|md)$/,
  /^dist\/[\w/-]+\.(js|d\.ts)(\.map)?$/,
  /^src\/[\w/-]+\.ts$/, // which the maps in dist name
];

function checkFiles(paths: readonly string[]): void {
  const strange = paths.filter((path) => !intended.some((pattern) => pattern.test(path)) || /\.test\./.test(path));
  check("files that do not belong in the package", strange.length === 0, strange);
  for (const needed of ["README.md", "LICENSE", "dist/index.js", "dist/index.d.ts"])
    check("a file is missing in the package", paths.includes(needed), needed);
  const sources = paths.filter((path) => path.startsWith("src/"));
  const stale = paths.filter(
    (path) => path.endsWith(".js") && !sources.includes(path.replace(/^dist/, "src").replace(/\.js$/, ".ts")),
  );
  check("built files without a source", stale.length === 0, stale);
}

/** The README is the package's page on npm: its links must be absolute and name files of the package. */
function checkReadme(readme: string, paths: readonly string[]): void {
  const links = linksIn(readme).filter((link) => link.startsWith(packageUrl));
  check(`README.md has no links to ${packageUrl}`, links.length > 0);
  const wrong = links.filter((link) => !paths.includes(targetOf("README.md", link)?.path ?? ""));
  check("README.md links to files that are not in the package", wrong.length === 0, wrong);
  const broken = brokenLinks(root, "README.md", readme);
  check("README.md has links that lead nowhere", broken.length === 0, broken);
}

function checkMaps(installed: string, paths: readonly string[]): void {
  for (const path of paths.filter((name) => name.endsWith(".map"))) {
    const map: { sources: string[] } = JSON.parse(readFileSync(join(installed, path), "utf8"));
    for (const source of map.sources) {
      const target = posix.join(posix.dirname(path), source);
      check(`${path} names a source that is not in the package`, paths.includes(target), target);
    }
  }
}

/** The first code block under the README's heading "Quick start". */
function quickStart(): string {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const block = /^## Quick start$[\s\S]*?^```(?:js|ts)$\n([\s\S]*?)^```$/m.exec(readme);
  if (!block) throw new Error('README.md: no code block under the heading "Quick start"');
  return block[1];
}

function write(file: string, text: string): void {
  mkdirSync(dirname(join(project, file)), { recursive: true });
  writeFileSync(join(project, file), text);
}

/** Compiles files in strict mode and checks the package's declarations too. */
function compile(files: readonly string[], options: Readonly<Record<string, unknown>>): void {
  const compilerOptions = {
    module: "NodeNext",
    target: "ES2022",
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
    types: [],
    ...options,
  };
  write("tsconfig.json", JSON.stringify({ compilerOptions, files }));
  node(createRequire(import.meta.url).resolve("typescript/bin/tsc"), "-p", ".");
}

/** The packages that come with this one, as the lock file has them: no development dependencies. */
function dependencies(): string[] {
  interface Locked {
    readonly dev?: boolean;
    readonly devOptional?: boolean;
  }
  const lock: { packages: Record<string, Locked> } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  return Object.entries(lock.packages)
    .filter(([path, { dev, devOptional }]) => path !== "" && !dev && !devOptional)
    .map(([path]) => path.replace(/^node_modules\//, ""))
    .filter((name) => !name.includes("node_modules/")); // inside the folder of another
}

const steps: Record<string, () => void> = {
  "installs into an empty project": () => {
    const { filename, files } = pack();
    const paths = files.map(({ path }) => path);
    checkFiles(paths);
    write("package.json", JSON.stringify({ name: "newcomer", version: "1.0.0", private: true, type: "module" }));
    // npm keeps installed packages of a matching version, so it needs neither the network nor a cache.
    const needed = dependencies();
    for (const name of needed)
      cpSync(join(root, "node_modules", name), join(project, "node_modules", name), { recursive: true });
    npm(["install", "--offline", "--no-audit", "--no-fund", join(project, filename)], project);
    const installed = readdirSync(join(project, "node_modules")).filter((name) => !name.startsWith("."));
    const expected = [...new Set([manifest.name, ...needed.map((name) => name.split("/")[0])])].sort();
    check(
      "the installed packages differ from those of the lock file",
      installed.sort().join() === expected.join(),
      installed,
    );
    checkMaps(join(project, "node_modules", manifest.name), paths);
    checkReadme(readFileSync(join(project, "node_modules", manifest.name, "README.md"), "utf8"), paths);
  },
  "runs the quick start of the README unchanged": () => {
    write("quick-start.mjs", quickStart());
    check("the quick start prints nothing", node("quick-start.mjs").trim() !== "");
  },
  "compiles the quick start, and checks the declarations that it uses": () => {
    write("quick-start.ts", quickStart());
    compile(["quick-start.ts"], { lib: ["ES2023", "DOM"] });
    compile(["quick-start.ts"], { lib: ["ES2023"], types: ["node"], typeRoots: [join(root, "node_modules/@types")] });
  },
  "registers the device, whichever subpath is imported first": () => {
    const core = pathToFileURL(join(project, "node_modules", manifest.name, "dist/core/device.js")).href;
    for (const subpath of subpaths) {
      const script = `const part = await import(${JSON.stringify(subpath)});
        const { devices } = await import(${JSON.stringify(core)});
        console.log(Object.keys(part).length > 0 && devices().some(({ name, available }) => name === "cpu" && available));`;
      check(
        `${subpath} does not work if it is imported alone`,
        node("--input-type=module", "--eval", script).trim() === "true",
      );
    }
  },
  "declares every subpath": () => {
    const lines = subpaths.map((subpath, i) => `export * as part${i} from ${JSON.stringify(subpath)};\n`);
    write("subpaths.ts", lines.join(""));
    compile(["subpaths.ts"], { lib: ["ES2023", "DOM"] });
  },
  "exports package.json, but no internal files": () => {
    const version = node("--print", `require("${manifest.name}/package.json").version`).trim();
    check("the version differs", version === manifest.version, version);
    const inner = `import("wengert/dist/core/apply.js").then(() => process.exit(1), ({ code }) => console.log(code))`;
    check("an internal file can be imported", node("--eval", inner).trim() === "ERR_PACKAGE_PATH_NOT_EXPORTED");
  },
  "can be required from CommonJS": () => {
    write("required.cjs", `console.log(require("wengert").tensor([1, 2, 3]).sum().item());`);
    check("require returns a different result", node("--no-warnings", "required.cjs").trim() === "6");
  },
};

let failures = 0;
try {
  for (const [name, step] of Object.entries(steps)) {
    try {
      step();
      console.log(`ok      the package ${name}`);
    } catch (error) {
      failures++;
      console.log(`FAILED  the package ${name}\n${error instanceof Error ? error.message : error}`);
    }
  }
} finally {
  rmSync(project, { recursive: true, force: true });
}
process.exitCode = failures > 0 ? 1 : 0;
