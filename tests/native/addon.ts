/** Loads the addon under test and gives the native tests its functions. It decides between GPU and emulator. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "vitest";
import type { Addon } from "../../src/backends/native/addon.js";
import { ArgumentError, DeviceError, device, OutOfMemoryError } from "../../src/index.js";
import { skipWithout } from "../support/required.js";

const require = createRequire(import.meta.url);

/** Whether these tests run on a GPU. Otherwise they run on the emulator, regardless of the device of other tests. */
export const onGpu = device() === "cuda";

/** Where the addons lie. */
export const folder = process.env.WENGERT_NATIVE || fileURLToPath(new URL("../../build/Release", import.meta.url));

/** The addon that is tested: CUDA's, or the emulator's that watches accesses and has the kernels of planted.cu. */
export const addonFile = resolve(folder, onGpu ? "wengert_cuda.node" : "wengert_emulator_races.node");

const found = existsSync(addonFile);

/** Whether the tests are skipped: the addon is missing, and that is not a failure (WENGERT_REQUIRE_TOOLS). */
export const skipped = skipWithout("TOOLS", found);
export const why = found ? "" : ` (skipped: npm run build:native was not run: there is no ${addonFile})`;

/** The addon itself, as the backend sees it. */
export function load(): Addon {
  const addon: Addon = require(addonFile);
  addon.setup({ ArgumentError, DeviceError, OutOfMemoryError });
  return addon;
}

/** A test that needs what only the emulator has, such as the kernels of planted.cu. */
export function testOnEmulator(name: string, body: () => void | Promise<void>, timeout?: number): void {
  test.skipIf(onGpu)(onGpu ? `${name} (skipped: only the emulator's addon has planted kernels)` : name, body, timeout);
}

/** Written in JavaScript, so that workers can load it. */
export const slowFile = fileURLToPath(new URL("slow.cjs", import.meta.url));

/** Submits pieces of work, each of about a millisecond. */
export const slowWork = (addon: Addon): ((count: number) => void) => require(slowFile).slowWork(addon);

/** The numbers of dtypes. */
export const [float32, float64, bfloat16, float16, int32, uint8, bool] = [0, 1, 2, 3, 4, 5, 6];
