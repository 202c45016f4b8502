/**
 * Registers the device `cpu`, which is always available. `WENGERT_POISON=1` fills new buffers with NaN, to find
 * kernels that leave elements unwritten.
 */
import { registerDevice } from "../../core/device.js";
import { CpuBackend } from "./cpu.js";

/** `WENGERT_POISON=1` fills new buffers with NaN, to find kernels that leave elements unwritten. */
registerDevice("cpu", { open: () => new CpuBackend(process.env.WENGERT_POISON === "1") });
