/**
 * Calls single kernels of an addon by name. Used by the native tests; the code is in operands.cjs, which workers can
 * load.
 */
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { Addon } from "../../src/backends/native/addon.js";

type Operand = number | null | readonly number[];

/** Written in JavaScript, so that workers can load it. */
export const operandsFile = fileURLToPath(new URL("operands.cjs", import.meta.url));

/** Calls a kernel of an addon: with handles, null for a buffer left out, numbers, and lists. */
export const callKernel: (addon: Addon, kernel: string, ...operands: readonly Operand[]) => void = createRequire(
  import.meta.url,
)(operandsFile).callKernel;
