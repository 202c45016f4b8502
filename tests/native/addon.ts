import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Addon } from "../../src/backends/cuda/native.js";
import { ArgumentError, DeviceError, OutOfMemoryError } from "../../src/index.js";

/** Where the addons lie. */
export const folder = process.env.WENGERT_NATIVE || fileURLToPath(new URL("../../build/Release", import.meta.url));

/** The addon with the kernels of planted.cu. */
export const plantedFile = join(folder, "wengert_emulator_races.node");

const found = existsSync(plantedFile);

/** Where CI runs the addon was built, and a missing one is a failure, not a skip. */
export const skipped = !found && process.env.CI !== "true";
export const why = found ? "" : ` (skipped: npm run build:native was not run: there is no ${plantedFile})`;

/** The addon itself, as the backend sees it. */
export function loadPlanted(): Addon {
  const addon: Addon = createRequire(import.meta.url)(plantedFile);
  addon.setup({ ArgumentError, DeviceError, OutOfMemoryError });
  return addon;
}

/** The numbers of dtypes. */
export const [float32, float64, bfloat16, float16, int32, uint8, bool] = [0, 1, 2, 3, 4, 5, 6];

/** Writes lists for the next call of a kernel; a handle takes two words. */
export function putLists(addon: Addon, ...words: readonly number[]): void {
  addon.lists[0] = words.length;
  addon.lists.set(words, 1);
}

export const wordsOf = (handle: number): [number, number] => [handle % 2 ** 24, Math.floor(handle / 2 ** 24)];
