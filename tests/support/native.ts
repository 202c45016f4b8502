/**
 * The global setup of the test projects that load the emulator's addons: builds them if they are missing or older than their
 * sources. The projects of the CPU do not use this file, so their tests never start a native build.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { missingTools } from "../../scripts/native/tools.js";
import { isRequired } from "./required.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const addon = join(root, "build", "Release", "wengert_emulator_races.node");

/** Sources that an addon is not made of, by a part of its name. */
const otherSources = { cuda: /emulator/, emulator: /device-cuda/ };

/**
 * Builds the emulator's addons if they are missing or old. If WENGERT_NATIVE names a folder of addons, they are used
 * as they are. Without a compiler nothing is built, and tests that need an addon are skipped.
 *
 * @throws Error if the build fails, or if a tool is missing and WENGERT_REQUIRE_TOOLS is 1
 */
export function setup(): void {
  if (process.env.WENGERT_NATIVE) return;
  const state = !existsSync(addon) ? "missing" : isOld(addon) ? "older than their sources" : "built";
  if (state === "built") return;
  const tools = missingTools();
  if (tools.length > 0) {
    const reason = `The emulator's addons are ${state}, and cannot be built without ${tools.join(" and ")}.`;
    if (isRequired("TOOLS")) throw new Error(reason);
    process.stderr.write(`${reason}\n`);
    return;
  }
  process.stderr.write(`The emulator's addons are ${state}: npm run build:native -- --device emulator\n`);
  const script = join(root, "scripts", "build-native.mjs");
  execFileSync(process.execPath, [script, "--device", "emulator", "--quiet"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
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

/** Files of an addon outside kernels/ and native/. */
const otherFiles = ["CMakeLists.txt", "cmake/sources.cmake", "tests/native/planted.cu"];

/** Whether the sources of an addon were changed after it was built. */
export function isOld(addon: string): boolean {
  const built = statSync(addon).mtimeMs;
  const others = basename(addon).includes("cuda") ? otherSources.cuda : otherSources.emulator;
  const sources = [...otherFiles, ...["kernels", "native"].flatMap((folder) => sourcesIn(folder))];
  return sources.some((file) => !others.test(file) && statSync(join(root, file)).mtimeMs > built);
}
