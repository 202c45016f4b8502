import type { Backend } from "./backend.js";
import { DeviceError } from "./errors.js";
import { quote } from "./quote.js";

/** The devices there can be. */
export type DeviceName = "cpu" | "cuda" | "emulator";

/** Whether a device can be used here, and if not, why. */
export interface DeviceStatus {
  readonly name: DeviceName;
  readonly available: boolean;
  /** Empty where the device is available. */
  readonly reason: string;
}

/** How a backend announces itself. */
export interface DeviceEntry {
  /** Makes the backend; called once, where `whyNot` finds nothing wrong. */
  open(): Backend;
  /** Why the device cannot be used here; empty where it can. Never throws. Devices without it are always there. */
  whyNot?(): string;
  /** Whether a program that finds the device missing should be told, since everything else says it is there. */
  isExpected?(): boolean;
}

const names: readonly DeviceName[] = ["cpu", "cuda", "emulator"];
const entries = new Map<DeviceName, DeviceEntry>();
const opened = new Map<DeviceName, Backend>();
let current: DeviceName | null = null;

/** @internal A backend announces itself; it is opened when it is first used. */
export function registerDevice(name: DeviceName, entry: DeviceEntry): void {
  entries.set(name, entry);
}

function checkName(name: string): DeviceName {
  if ((names as readonly string[]).includes(name)) return name as DeviceName;
  throw new DeviceError(`device: unknown device ${quote(name)}; known: ${names.join(", ")}`);
}

/** Why a device cannot be used here; empty where it can. */
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

/** The device on which new tensors are made: `WENGERT_DEVICE` where it is set, else cuda where it works, else cpu. */
export function device(): DeviceName {
  current ??= process.env.WENGERT_DEVICE ? checkName(process.env.WENGERT_DEVICE) : choose();
  return current;
}

/** A GPU that seems to be there and cannot be used is worth a warning, once; a machine without one is not. */
function choose(): DeviceName {
  const reason = whyNot("cuda");
  if (reason === "") return "cuda";
  if (entries.get("cuda")?.isExpected?.())
    process.emitWarning(`running on cpu, since cuda is not available: ${reason}`, {
      type: "WengertWarning",
      detail: "Set WENGERT_DEVICE=cpu if that is meant.",
    });
  return "cpu";
}

/**
 * Makes `name` the device of new tensors. Tensors that exist stay where they are.
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
  const reason = whyNot(checkName(name));
  if (reason !== "") throw new DeviceError(`device: ${name} is not available: ${reason}`);
  const made = (entries.get(name) as DeviceEntry).open();
  opened.set(name, made);
  return made;
}

/**
 * Waits until the devices have done all work. Only to measure time: `data()` and `dataSync()` wait by themselves.
 *
 * @throws ArgumentError or DeviceError for what went wrong in it
 */
export function sync(): void {
  for (const made of opened.values()) made.sync();
}

/** Gives the memory that backends have cached for reuse back to the system. */
export function emptyCache(): void {
  for (const made of opened.values()) made.emptyCache();
}
