/** The global setup of vitest: builds the emulator's addons if they are missing or old. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const addon = join(root, "build", "Release", "wengert_emulator_races.node");

/** Sources that an addon is not made of, by a part of its name. */
const otherSources = { cuda: /emulator/, emulator: /device-cuda/ };

let done = false;

/**
 * Before all tests: builds the emulator's addons where they are missing, and where CI runs whatever is old. A failure is
 * an error in CI; elsewhere it is said, and tests that need the addon are skipped. Where WENGERT_NATIVE names a folder of
 * addons, they are taken as they are.
 */
export function setup(): void {
  if (done || process.env.WENGERT_NATIVE) return;
  done = true;
  const inCI = process.env.CI === "true";
  if (existsSync(addon) && !inCI) {
    if (isOld(addon))
      process.stderr.write("The emulator's addons are older than their sources: npm run build:native\n");
    return;
  }
  const script = join(root, "scripts", "build-native.mjs");
  try {
    execFileSync(process.execPath, [script, "--device", "emulator", "--quiet"], {
      stdio: ["ignore", "ignore", "inherit"],
    });
  } catch (error) {
    if (inCI) throw error;
    process.stderr.write("Tests that need the emulator are skipped.\n");
  }
}

/**
 * The C++ and CUDA sources in a folder and the folders in it, by their paths from the root.
 *
 * @throws Error if there are none
 */
export function sourcesIn(folder: string, from = root): string[] {
  const files = readdirSync(join(from, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(cu|cuh|cc|cpp|h)$/.test(file))
    .map((file) => join(folder, file));
  if (files.length === 0) throw new Error(`${join(from, folder)} has no sources`);
  return files;
}

/** Whether the sources in kernels/ and native/ of an addon were changed after it was built. */
export function isOld(addon: string): boolean {
  const built = statSync(addon).mtimeMs;
  const others = basename(addon).includes("cuda") ? otherSources.cuda : otherSources.emulator;
  const sources = ["kernels", "native"].flatMap((folder) => sourcesIn(folder));
  return sources.some((file) => !others.test(file) && statSync(join(root, file)).mtimeMs > built);
}
