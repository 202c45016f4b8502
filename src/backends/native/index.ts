/** The devices `cuda` and `emulator`: their state and options for users, and their registration. */
import { existsSync } from "node:fs";
import { type DeviceName, registerDevice, unavailable } from "../../core/device.js";
import { DeviceError } from "../../core/errors.js";
import { kernelNames } from "../../core/op.js";
import {
  type Addon,
  type DeviceInfo,
  isBuilt,
  type Loaded,
  loadAddon,
  type NativeDeviceName,
  type NativeMemory,
  type NativeOptions,
} from "./addon.js";
import { NativeBackend } from "./backend.js";
import { inFile, type LaunchedProduct, readTuning, tuningFile } from "./tuning.js";

export type { DeviceInfo, NativeMemory, NativeOptions } from "./addon.js";
export type { LaunchedProduct, ProductKernel, ProductKey, TuningFile, TuningRow } from "./tuning.js";

/**
 * State and options of a device that an addon drives. All methods except `reason` throw DeviceError if the device
 * is not available, or if its tuning file cannot be used.
 */
export class NativeDevice {
  #loaded: Loaded | null = null;
  /** The error in the tuning file; empty if there is none. */
  #tuningFault = "";

  /** @internal The devices are `cuda` and `emulator`. */
  constructor(
    /** The name of the device. */
    readonly name: NativeDeviceName,
  ) {}

  /**
   * Why the device is not available here; empty if it is. Never throws. A bad tuning file is not such a reason, so that
   * a program does not run on the CPU because of it: it is an error when the device is first used.
   */
  reason(): string {
    return this.#load().reason;
  }

  /** Name, compute capability, memory, driver and runtime versions. */
  info(): DeviceInfo {
    return this.#addon().info();
  }

  /** The device memory that this thread uses and keeps for reuse. */
  memory(): NativeMemory {
    return this.#addon().memory();
  }

  /** The ops and updates without a kernel on this device, or on the device `on`, in alphabetical order. */
  missing(on: DeviceName = this.name): string[] {
    if (on === "cpu") return [];
    const { kernels } = (on === "cuda" ? cuda : emulator).#addon();
    return kernelNames().filter((name) => !(name in kernels));
  }

  /**
   * Sets the given options; the others stay as they are.
   *
   * @throws ArgumentError for a value out of range
   */
  setOptions(options: NativeOptions): void {
    this.#addon().setOptions(options);
  }

  /** The races that the emulator has found since the last call, one line each. */
  takeRaces(): string[] {
    return this.#addon().takeRaces();
  }

  /** The matrix products that were launched since `logProducts` was set or they were last taken, in order. */
  takeProducts(): LaunchedProduct[] {
    return this.#addon().takeProducts();
  }

  /**
   * Measures how long the device works on the kernels that `body` submits: from the end of all work submitted before to
   * the end of the work that `body` submits. Waits for the latter. Calls may be nested.
   *
   * If the device has nothing else to do, it waits for the host between short kernels, and that time counts too. To
   * measure kernels alone, submit work before this call that keeps the device busy for longer than `body` runs.
   *
   * @param body - submits work, and must not be asynchronous
   * @returns microseconds, by the device's clock (CUDA events; on the emulator, its queue's clock)
   * @throws the error that `body` throws; the errors of kernels that ran, as `sync()` does; TypeError if `body` returns a promise
   */
  elapsed(body: () => void): number {
    return this.#addon().elapsed(body);
  }

  /** @internal The addon's functions, without the checks of the methods above. */
  get addon(): Addon {
    return this.#addon();
  }

  #load(): Loaded {
    if (this.#loaded !== null) return this.#loaded;
    this.#loaded = loadAddon(this.name);
    const { addon } = this.#loaded;
    addon?.setOptions({ poison: process.env.WENGERT_POISON === "1", guard: process.env.WENGERT_GUARD === "1" });
    if (addon?.watchesAccesses) addon.setOptions({ detectRaces: true });
    if (addon !== null) this.#tuningFault = applyTuning(addon);
    return this.#loaded;
  }

  #addon(): Addon {
    const { addon, reason } = this.#load();
    if (addon === null) throw unavailable(this.name, reason);
    if (this.#tuningFault !== "") throw new DeviceError(`${this.name}: tuning: ${this.#tuningFault}`);
    return addon;
  }
}

/** Applies the tuning file of this card. Returns the error in it; empty if there is none, or no file. */
function applyTuning(addon: Addon): string {
  const { name } = addon.info();
  try {
    const rows = readTuning(name);
    if (rows !== null) inFile(tuningFile(name), () => addon.setOptions({ tuning: rows }));
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The NVIDIA GPU of this process: its state and options. */
export const cuda: NativeDevice = new NativeDevice("cuda");

/** The emulator, which runs the GPU's kernels on the CPU, thread by thread: slow, with the results of a GPU. */
export const emulator: NativeDevice = new NativeDevice("emulator");

/** A GPU is expected if the addon for it was built, or if its driver is installed. */
const expectsGpu = (): boolean => isBuilt("cuda") || existsSync("/proc/driver/nvidia/version");

registerDevice("cuda", {
  open: () => new NativeBackend("cuda", cuda.addon),
  whyNot: () => cuda.reason(),
  isExpected: expectsGpu,
});
registerDevice("emulator", {
  open: () => new NativeBackend("emulator", emulator.addon),
  whyNot: () => emulator.reason(),
});
