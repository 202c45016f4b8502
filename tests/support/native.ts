import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const addon = join(root, "build", "Release", "wengert_emulator_races.node");

let done = false;

/**
 * Before all tests: builds the emulator's addons where they are missing, and where CI runs whatever is old. A failure is
 * an error in CI; elsewhere it is said, and tests that need the addon are skipped.
 */
export function setup(): void {
  if (done || process.env.WENGERT_NATIVE) return;
  done = true;
  const inCI = process.env.CI === "true";
  if (existsSync(addon) && !inCI) {
    if (isOld()) process.stderr.write("The emulator's addons are older than their sources: npm run build:native\n");
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

function isOld(): boolean {
  const built = statSync(addon).mtimeMs;
  const sources = ["kernels", "native"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((file) => join(root, folder, file)),
  );
  return sources.some((file) => /\.(cu|cuh|cc|cpp|h)$/.test(file) && statSync(file).mtimeMs > built);
}
