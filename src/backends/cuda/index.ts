import { existsSync } from "node:fs";
import { type DeviceName, registerDevice } from "../../core/device.js";
import { DeviceError } from "../../core/errors.js";
import { kernelNames } from "../../core/op.js";
import { NativeBackend } from "./backend.js";
import {
  type Addon,
  type DeviceInfo,
  isBuilt,
  type Loaded,
  loadAddon,
  type NativeDeviceName,
  type NativeMemory,
  type NativeOptions,
} from "./native.js";

export type { DeviceInfo, NativeMemory, NativeOptions } from "./native.js";

/** What can be asked of a device that an addon drives, and set. All but `reason` throw DeviceError where it is not there. */
export class NativeDevice {
  #loaded: Loaded | null = null;

  constructor(readonly name: NativeDeviceName) {}

  /** Why the device cannot be used here; empty where it can. Never throws. */
  reason(): string {
    return this.#load().reason;
  }

  /** Name, compute capability, memory, driver and runtime versions. */
  info(): DeviceInfo {
    return this.#addon().info();
  }

  /** Device memory of this thread: in use, kept for reuse, the most that ever was in use. */
  memory(): NativeMemory {
    return this.#addon().memory();
  }

  /** The ops and updates that have no kernel on the device, or on another one, yet; in alphabetical order. */
  missing(on: DeviceName = this.name): string[] {
    if (on === "cpu") return [];
    const { kernels } = (on === "cuda" ? cuda : emulator).#addon();
    return kernelNames().filter((name) => !(name in kernels));
  }

  /** Sets what is named and leaves the rest. */
  setOptions(options: NativeOptions): void {
    this.#addon().setOptions(options);
  }

  /** The races that the emulator found since the last call, a line each. */
  takeRaces(): string[] {
    return this.#addon().takeRaces();
  }

  /** @internal The addon's functions, unguarded. */
  get addon(): Addon {
    return this.#addon();
  }

  #load(): Loaded {
    if (this.#loaded !== null) return this.#loaded;
    this.#loaded = loadAddon(this.name);
    const { addon } = this.#loaded;
    addon?.setOptions({ poison: process.env.WENGERT_POISON === "1", guard: process.env.WENGERT_GUARD === "1" });
    if (addon?.watchesAccesses) addon.setOptions({ detectRaces: true });
    return this.#loaded;
  }

  #addon(): Addon {
    const { addon, reason } = this.#load();
    if (addon === null) throw new DeviceError(`${this.name}: not available: ${reason}`);
    return addon;
  }
}

/** NVIDIA GPUs. */
export const cuda: NativeDevice = new NativeDevice("cuda");

/** The same kernels on the CPU, thread by thread: slow, and true to what a GPU does. */
export const emulator: NativeDevice = new NativeDevice("emulator");

/** A GPU is to be expected where one was built for, or where its driver is. */
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
