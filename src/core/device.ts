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

type Opener = () => Backend;

const openers = new Map<DeviceName, Opener>();
const absent = new Map<DeviceName, string>([
  ["cpu", "its backend was not loaded"],
  ["cuda", "this version has no CUDA backend"],
  ["emulator", "this version has no emulator"],
]);
const opened = new Map<DeviceName, Backend>();
let current: DeviceName | null = null;

/** @internal A backend announces itself; it is opened when it is first used. */
export function registerDevice(name: DeviceName, open: Opener): void {
  openers.set(name, open);
  absent.delete(name);
}

const isName = (name: string): name is DeviceName => openers.has(name as DeviceName) || absent.has(name as DeviceName);

function checkName(name: string): DeviceName {
  if (isName(name)) return name;
  throw new DeviceError(
    `device: unknown device ${quote(name)}; known: ${[...openers.keys(), ...absent.keys()].join(", ")}`,
  );
}

/** Every device, whether it can be used here, and if not, exactly why. Never throws. */
export function devices(): DeviceStatus[] {
  const available = [...openers.keys()].map((name) => ({ name, available: true, reason: "" }));
  return [...available, ...[...absent].map(([name, reason]) => ({ name, available: false, reason }))];
}

/** The device on which new tensors are made: `WENGERT_DEVICE` where it is set, else cpu. */
export function device(): DeviceName {
  current ??= checkName(process.env.WENGERT_DEVICE || "cpu");
  return current;
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
  const opener = openers.get(checkName(name));
  if (!opener) throw new DeviceError(`device: ${name} is not available: ${absent.get(name)}`);
  const made = opener();
  opened.set(name, made);
  return made;
}

/** Gives the memory that backends have cached for reuse back to the system. */
export function emptyCache(): void {
  for (const made of opened.values()) made.emptyCache();
}
