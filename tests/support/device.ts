/** The device that kernel tests run on, and settings that make small tensors take the paths of large ones. */
import { cuda, device, emulator } from "../../src/index.js";

/** What the tests of kernels set options of: the device in use, or the emulator where that is the cpu. */
export const native = device() === "cuda" ? cuda : emulator;

/** As many multiprocessors as the emulator has. Small tensors then take the tiles and the turns of large ones. */
export const fewProcessors = 4;

/** What tiles, splits and grids are chosen for: few multiprocessors, and on a GPU as many as it has. */
export const processorCounts = device() === "cuda" ? [0, fewProcessors] : [fewProcessors];

/** Runs `body` with tiles and grids chosen as for `processors` multiprocessors; 0 for as many as there are. */
export function withProcessors<T>(processors: number, body: () => T): T {
  if (device() === "cpu") return body();
  native.setOptions({ processors });
  try {
    return body();
  } finally {
    native.setOptions({ processors: 0 });
  }
}

/** Runs `body` for each of `processorCounts`. */
export function onEachGrid(body: () => void): void {
  for (const processors of processorCounts) withProcessors(processors, body);
}
