/** The math mode of a row's matrix products and convolutions. Used by the GPU benchmark and the tuner. */
import type { NativeDevice } from "../../src/index.js";
import type { Row } from "./rows.js";

/** "bf16", "f16", "tf32", or "ieee": float32 arithmetic, without tf32. */
export const modeOf = ({ dtype, mode }: Row): string =>
  dtype === "bfloat16" ? "bf16" : dtype === "float16" ? "f16" : (mode ?? "ieee");

/** Sets the mode of a row for products and convolutions. */
export const useMode = (native: NativeDevice, { mode = "ieee" }: Row): void =>
  native.setOptions({ matmul: mode, convolution: mode });
