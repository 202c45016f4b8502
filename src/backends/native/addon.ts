/**
 * The addon's interface as TypeScript sees it, and how it is found and loaded. The backend and `NativeDevice` call
 * it; no other file does.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { DType } from "../../core/dtype.js";
import { ArgumentError, DeviceError, OutOfMemoryError } from "../../core/errors.js";
import type { LaunchedProduct, TuningRow } from "./tuning.js";

/** The devices that an addon drives. */
export type NativeDeviceName = "cuda" | "emulator";

/** An array that holds elements as they are on the device: 16-bit floats as their bits, bools as bytes. */
export type RawArray = Float32Array | Float64Array | Uint16Array | Int32Array | Uint8Array;

/** The code of a dtype in the addon. */
export const dtypeCode: Readonly<Record<DType, number>> = {
  float32: 0,
  float64: 1,
  bfloat16: 2,
  float16: 3,
  int32: 4,
  uint8: 5,
  bool: 6,
};

/** The dtypes in the order of their codes. */
export const dtypeNames = Object.keys(dtypeCode) as readonly DType[];

/** The operand that represents a buffer that is left out. */
export const leftOut = -1;

/** The properties of a device. */
export interface DeviceInfo {
  /** The name of the card, such as "NVIDIA H100 80GB HBM3". */
  readonly name: string;
  /** Compute capability, such as "9.0". */
  readonly capability: string;
  /** Streaming multiprocessors. */
  readonly processors: number;
  /** Bytes of device memory. */
  readonly memory: number;
  /** Bytes of device memory that no process has allocated. */
  readonly freeMemory: number;
  /** The CUDA version that the driver supports; null on the emulator. */
  readonly driver: string | null;
  /** The version of the CUDA runtime in the addon; null on the emulator. */
  readonly runtime: string | null;
}

/** The memory of a device, as its allocator counts it for this thread. */
export interface NativeMemory {
  /** Bytes that tensors use. */
  readonly live: number;
  /** Bytes that are kept for reuse. */
  readonly cached: number;
  /** The most bytes that tensors used at once. */
  readonly peak: number;
  /** Bytes of host memory that are pinned for copies, by all threads of the process. */
  readonly pinned: number;
}

/** Options of a device. They apply to the kernels that are submitted after they are set. */
export interface NativeOptions {
  /** float32 matrix products: exact products (the default), or inputs rounded to tf32 for the tensor cores. */
  readonly matmul?: "ieee" | "tf32";
  /** float32 convolutions: exact products (the default), or inputs rounded to tf32 for the tensor cores. */
  readonly convolution?: "ieee" | "tf32";
  /** Do everything except launch the kernels, to measure the cost of an op on the host. Default false. */
  readonly skipLaunches?: boolean;
  /** Fill new buffers with NaN, to find kernels that leave elements unwritten. */
  readonly poison?: boolean;
  /** Put guard bands around buffers, and check after each kernel that it has not written them. */
  readonly guard?: boolean;
  /**
   * Choose tiles and grids as for a GPU with this number of multiprocessors; 0 for the number that the device has. With
   * a small number, small tensors run on the kernels of large ones.
   */
  readonly processors?: number;
  /**
   * Kernels for matrix products and convolutions that were measured to be faster than the built-in choice; replaces
   * earlier rows. null: built-in choices only. A row applies to products with all of its sizes and layouts. It is
   * ignored for a product that its kernel cannot compute: if the lines of a or b are not whole vectors of 16 bytes (the
   * tiers `simtVectors` and `mmaVectors`), or if the device lacks the compute capability. The built-in choice applies
   * then. Throws ArgumentError that names row and field: if a value is out of range, if no such kernel was compiled for
   * the product, if `splits` is more than K allows (256 terms each), or if two rows are for the same product.
   */
  readonly tuning?: readonly TuningRow[] | null;
  /** cuda: whether a profiler that was started with `--profile-from-start off` counts the work that is submitted from now on. */
  readonly profile?: boolean;
  /** Record every matrix product that is launched, for `takeProducts`. */
  readonly logProducts?: boolean;
  /** Emulator: the compute capability to behave as, such as 80. */
  readonly capability?: number;
  /** Emulator: run threads and copies in a random order, drawn from `seed`. */
  readonly shuffle?: boolean;
  /** Emulator: the seed of that order. */
  readonly seed?: number;
  /** Emulator loaded with WENGERT_EMULATOR_RACES=1: record races, for `takeRaces`. */
  readonly detectRaces?: boolean;
}

/** The addon's exports; native/addon.cc. */
export interface Addon {
  /** A launcher by the name of its op. It reads its operands from `operands`. */
  readonly kernels: Readonly<Record<string, () => void>>;
  /**
   * The array in which the operands of a call are written: word 0 says how many words follow. An operand is a handle, `leftOut`, a
   * number, or a list: its length and its entries.
   */
  readonly operands: Float64Array;
  /** Whether its kernels report their accesses to the race detector. */
  readonly watchesAccesses: boolean;
  alloc(length: number, dtype: number): number;
  free(handle: number): void;
  write(handle: number, source: RawArray): void;
  /** The bytes of the elements, as they were when it was called. */
  read(handle: number): Promise<ArrayBuffer>;
  readSync(handle: number, target: RawArray): void;
  describe(handle: number): { readonly length: number; readonly dtype: number };
  sync(): void;
  setup(classes: object): void;
  setOptions(options: NativeOptions): void;
  info(): DeviceInfo;
  memory(): NativeMemory;
  emptyCache(): void;
  takeRaces(): string[];
  takeProducts(): LaunchedProduct[];
  elapsed(body: () => void): number;
}

/** An addon that was loaded, or the reason why it was not. */
export type Loaded = { readonly addon: Addon; readonly reason: "" } | { readonly addon: null; readonly reason: string };

/** The folder of the addons: `WENGERT_NATIVE`, or the one where `npm run build:native` puts them. */
const folder = (): string =>
  process.env.WENGERT_NATIVE || fileURLToPath(new URL("../../../build/Release", import.meta.url));

const fileOf = (device: NativeDeviceName): string => {
  const races = device === "emulator" && process.env.WENGERT_EMULATOR_RACES === "1";
  return resolve(folder(), `wengert_${device}${races ? "_races" : ""}.node`);
};

/** Whether an addon for the device was built. */
export const isBuilt = (device: NativeDeviceName): boolean => existsSync(fileOf(device));

/** Loads the addon of a device. Never throws: if it cannot be loaded, the result has the reason. */
export function loadAddon(device: NativeDeviceName): Loaded {
  const file = fileOf(device);
  if (!existsSync(file))
    return { addon: null, reason: `its addon has not been built: ${file} does not exist; run npm run build:native` };
  try {
    const addon: Addon = createRequire(import.meta.url)(file);
    addon.setup({ ArgumentError, DeviceError, OutOfMemoryError });
    return { addon, reason: "" };
  } catch (error) {
    return { addon: null, reason: error instanceof Error ? error.message : String(error) };
  }
}
