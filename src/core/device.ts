/**
 * The devices of the process: which exist, which is in use, and their backends, which register here and are opened at
 * first use.
 */
import type { Backend } from "./backend.js";
import { DeviceError } from "./errors.js";
import { quote } from "./quote.js";

/** The names of the devices: the CPU, an NVIDIA GPU, and the emulator, which runs the GPU's kernels on the CPU. */
export type DeviceName = "cpu" | "cuda" | "emulator";

/** Whether a device can be used here, and if not, why. */
export interface DeviceStatus {
  /** The name of the device, as `setDevice` takes it. */
  readonly name: DeviceName;
  /** Whether the device can be used in this process. */
  readonly available: boolean;
  /** Why the device cannot be used; empty if it is available. */
  readonly reason: string;
}

/** How a backend registers itself. */
export interface DeviceEntry {
  /** Makes the backend. Called once, and only if `whyNot` returns an empty string. */
  open(): Backend;
  /** Why the device cannot be used here; empty if it can. Never throws. A device without it is always available. */
  whyNot?(): string;
  /** Whether the device should be available here, so that a program is warned if it is not. */
  isExpected?(): boolean;
}

const names: readonly DeviceName[] = ["cpu", "cuda", "emulator"];
const entries = new Map<DeviceName, DeviceEntry>();
const opened = new Map<DeviceName, Backend>();
let current: DeviceName | null = null;

/** @internal Registers a backend. It is opened when it is first used. */
export function registerDevice(name: DeviceName, entry: DeviceEntry): void {
  entries.set(name, entry);
}

function checkDeviceName(name: string): DeviceName {
  if ((names as readonly string[]).includes(name)) return name as DeviceName;
  throw new DeviceError(`device: unknown device ${quote(name)}; use one of ${names.join(", ")}`);
}

/** @internal The error for a device that cannot be used here. */
export const unavailable = (name: DeviceName, reason: string): DeviceError =>
  new DeviceError(`device: ${name} is not available: ${reason}`);

/** Why a device cannot be used here; empty if it can. */
function whyNot(name: DeviceName): string {
  if (opened.has(name)) return "";
  const entry = entries.get(name);
  return entry ? (entry.whyNot?.() ?? "") : "its backend was not loaded";
}

/** Every device, whether it can be used here, and if not, exactly why. Never throws. */
export function devices(): DeviceStatus[] {
  return names.map((name) => {
    const reason = whyNot(name);
    return { name, available: reason === "", reason };
  });
}

/**
 * The device on which new tensors are made: the last one given to `setDevice`, or else `WENGERT_DEVICE` if it is set,
 * or else cuda if it is available, or else cpu.
 *
 * @throws DeviceError if `WENGERT_DEVICE` is not the name of a device
 */
export function device(): DeviceName {
  current ??= process.env.WENGERT_DEVICE ? checkDeviceName(process.env.WENGERT_DEVICE) : choose();
  return current;
}

/** cuda or cpu. Warns if there seems to be a GPU and it cannot be used; not on a machine without one. */
function choose(): DeviceName {
  const reason = whyNot("cuda");
  if (reason === "") return "cuda";
  if (entries.get("cuda")?.isExpected?.())
    process.emitWarning(`running on cpu because cuda is not available: ${reason}`, {
      type: "WengertWarning",
      detail: "Set WENGERT_DEVICE=cpu to run on the CPU without this warning.",
    });
  return "cpu";
}

/**
 * Makes `name` the device of new tensors. Existing tensors stay on their device; `to` copies one.
 *
 * @throws DeviceError if the device cannot be used, with the reason; the device in use stays the same
 */
export function setDevice(name: DeviceName): void {
  backend(name);
  current = name;
}

/** @internal The backend of a device, opened at first use. */
export function backend(name: DeviceName = device()): Backend {
  const open = opened.get(name);
  if (open) return open;
  const reason = whyNot(checkDeviceName(name));
  if (reason !== "") throw unavailable(name, reason);
  const made = (entries.get(name) as DeviceEntry).open();
  opened.set(name, made);
  return made;
}

/**
 * Waits until the devices have finished all submitted work. Needed only to measure time: `data()` and `dataSync()` wait
 * on their own.
 *
 * @throws ArgumentError or DeviceError if a kernel failed since the last wait
 */
export function sync(): void {
  for (const made of opened.values()) made.sync();
}

/** Gives the memory that backends have cached for reuse back to the system. */
export function emptyCache(): void {
  for (const made of opened.values()) made.emptyCache();
}
