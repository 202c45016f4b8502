/** Compiles the sources to JavaScript for tests that start child processes with worker threads. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A copy of the sources in JavaScript, for programs that are run as children: threads cannot load TypeScript. */
export interface Compiled {
  readonly folder: string;
  remove(): void;
}

const cacheFolder = (): string => {
  const cache = join(root, "node_modules/.cache");
  mkdirSync(cache, { recursive: true });
  return mkdtempSync(join(cache, "wengert-test-"));
};

const finish = (folder: string): Compiled => {
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
};

/** Compiles one program with all it imports of the project into one file, `main.js`, which starts fast. */
export function bundle(entry: string): Compiled {
  const folder = cacheFolder();
  buildSync({
    ...{ entryPoints: [join(root, entry)], outfile: join(folder, "main.js"), bundle: true, packages: "external" },
    ...{ format: "esm", platform: "node", target: "node20", logLevel: "warning" },
    ignoreAnnotations: true, // package.json lists the side effects of the built files, not of the sources
  });
  return finish(folder);
}

/**
 * Compiles an example in the same way. It lies as deep below the project's folder as the example's own modules do, since
 * some of them look for files of the project. Packages are not compiled; `wengert` is not a package here but the sources.
 */
export function bundleExample(name: string): Compiled {
  const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  mkdirSync(join(root, "build"), { recursive: true });
  const folder = mkdtempSync(join(root, "build", "wengert-example-"));
  buildSync({
    ...{ entryPoints: [join(root, "examples", `${name}.ts`)], outfile: join(folder, "main.js"), bundle: true },
    ...{ external: Object.keys(dependencies), tsconfig: join(root, "tsconfig.json"), ignoreAnnotations: true },
    ...{ format: "esm", platform: "node", target: "node20", logLevel: "warning" },
  });
  return finish(folder);
}

/** Compiles all files under folders of the project, without checking types. Packages are found from where it lies. */
export function compile(...folders: string[]): Compiled {
  const folder = cacheFolder();
  const entryPoints = folders.flatMap((from) =>
    readdirSync(join(root, from), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  buildSync({ entryPoints, outdir: folder, outbase: root, format: "esm", target: "node20", logLevel: "warning" });
  return finish(folder);
}
