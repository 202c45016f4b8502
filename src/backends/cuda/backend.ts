import type { Backend, Buffers, Handle, KernelArgs } from "../../core/backend.js";
import { type DType, dtypeInfo, type TypedArray } from "../../core/dtype.js";
import { ArgumentError, DeviceError } from "../../core/errors.js";
import { narrow, widen } from "../../core/half.js";
import type { Kernel } from "../../core/op.js";
import { type Addon, dtypeCode, dtypeNames, type NativeDeviceName, type RawArray } from "./native.js";

const rawClass = {
  float32: Float32Array,
  float64: Float64Array,
  bfloat16: Uint16Array,
  float16: Uint16Array,
  int32: Int32Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const;

/** One more than the integers of which the low half of a handle is the index; the rest is the generation. */
const indices = 2 ** 24;

/** Elements of 16 bits that are widened in one turn of the event loop; that takes a few milliseconds. */
const widenedAtOnce = 2 ** 20;

type Launch = Addon["kernels"][string];

/** Calls with the first so many of the arguments. A spread alone takes a tenth of the time that an op may cost. */
const callers: readonly ((launch: Launch, a: readonly (number | null)[]) => void)[] = [
  (launch) => launch(),
  (launch, a) => launch(a[0]),
  (launch, a) => launch(a[0], a[1]),
  (launch, a) => launch(a[0], a[1], a[2]),
  (launch, a) => launch(a[0], a[1], a[2], a[3]),
  (launch, a) => launch(a[0], a[1], a[2], a[3], a[4]),
  (launch, a) => launch(a[0], a[1], a[2], a[3], a[4], a[5]),
  (launch, a) => launch(a[0], a[1], a[2], a[3], a[4], a[5], a[6]),
  (launch, a) => launch(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]),
  (launch, a) => launch(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8]),
  (launch, a) => launch(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9]),
  (launch, a) => launch(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10]),
  (launch, a) => launch(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10], a[11]),
];

/**
 * A device that an addon drives. Buffers are numbers, and a kernel is called with its operands as plain numbers: a
 * handle, a number, or the length of a list whose entries were written into the addon's own array.
 */
export class NativeBackend implements Backend {
  readonly collected = false;
  readonly #addon: Addon;
  readonly #lists: Int32Array;
  /** The arguments of the call being put together; what lies beyond them is of earlier calls. */
  readonly #call: (number | null)[] = [];
  /** Words of `#lists` that it has used. */
  #used = 0;

  constructor(
    readonly name: NativeDeviceName,
    addon: Addon,
  ) {
    this.#addon = addon;
    this.#lists = addon.lists;
  }

  alloc(length: number, dtype: DType): number {
    return this.#addon.alloc(length, dtypeCode[dtype]);
  }

  free(handle: Handle): void {
    this.#addon.free(handle as number);
  }

  write(handle: Handle, source: ArrayLike<number>): void {
    const { length, dtype } = this.#describe(handle);
    this.#addon.write(handle as number, toRaw(source, length, dtype));
  }

  async read(handle: Handle): Promise<TypedArray> {
    const { length, dtype } = this.#describe(handle);
    const bytes = await this.#addon.read(handle as number);
    if (!isHalf(dtype)) return new rawClass[dtype](bytes);
    const bits = new Uint16Array(bytes);
    const values = new Float32Array(length);
    for (let at = 0; at < length; at += widenedAtOnce) {
      if (at > 0) await new Promise((resolve) => setImmediate(resolve));
      const end = at + widenedAtOnce;
      widen(dtype, bits.subarray(at, end), values.subarray(at, end));
    }
    return values;
  }

  readSync(handle: Handle, target: TypedArray): void {
    const { length, dtype } = this.#describe(handle);
    const raw = isHalf(dtype) ? new Uint16Array(length) : target;
    this.#addon.readSync(handle as number, raw);
    if (isHalf(dtype)) widen(dtype, raw as Uint16Array, target as Float32Array);
  }

  sync(): void {
    this.#addon.sync();
  }

  emptyCache(): void {
    this.#addon.emptyCache();
  }

  run(kernel: Kernel, buffers: Buffers, args: KernelArgs): void {
    const launch = this.#addon.kernels[kernel.name];
    if (launch === undefined) throw new DeviceError(`${this.name}: no kernel for ${kernel.name} yet`);
    const call = this.#call;
    let count = 0;
    this.#used = 0;
    for (let i = 0; i < buffers.length; i++) {
      const buffer = buffers[i];
      call[count++] = typeof buffer === "number" || buffer === null ? buffer : this.#listHandles(kernel, buffer);
    }
    for (let i = 0; i < args.length; i++) {
      const arg = args[i];
      call[count++] = typeof arg === "number" ? arg : this.#listNumbers(kernel, arg);
    }
    this.#lists[0] = this.#used;
    if (count < callers.length) callers[count](launch, call);
    else launch(...call.slice(0, count));
  }

  /** Writes a list of 32-bit integers; returns how many. */
  #listNumbers(kernel: Kernel, list: readonly number[]): number {
    let at = this.#reserve(kernel, list.length);
    for (let i = 0; i < list.length; i++) {
      const value = list[i];
      if ((value | 0) !== value)
        throw new ArgumentError(`${kernel.name}: ${value} does not fit a list of 32-bit integers on ${this.name}`);
      this.#lists[at++] = value;
    }
    return list.length;
  }

  /** Writes a list of handles, two words each; returns how many. */
  #listHandles(kernel: Kernel, list: Handle | readonly Handle[]): number {
    const handles = list as readonly number[];
    let at = this.#reserve(kernel, 2 * handles.length);
    for (let i = 0; i < handles.length; i++) {
      this.#lists[at++] = handles[i] % indices;
      this.#lists[at++] = Math.floor(handles[i] / indices);
    }
    return handles.length;
  }

  /** Takes `words` of the array; returns where they begin. */
  #reserve(kernel: Kernel, words: number): number {
    const at = 1 + this.#used;
    if (at + words > this.#lists.length)
      throw new ArgumentError(`${kernel.name}: its lists take more than ${this.#lists.length - 1} words`);
    this.#used += words;
    return at;
  }

  #describe(handle: Handle): { length: number; dtype: DType } {
    const { length, dtype } = this.#addon.describe(handle as number);
    return { length, dtype: dtypeNames[dtype] };
  }
}

type Half = "float16" | "bfloat16";

const isHalf = (dtype: DType): dtype is Half => dtypeInfo[dtype].bytes === 2;

/** The elements as the device holds them; the array itself where it is already so. */
function toRaw(source: ArrayLike<number>, length: number, dtype: DType): RawArray {
  const RawClass = rawClass[dtype];
  if (isHalf(dtype)) {
    const raw = new Uint16Array(length);
    narrow(dtype, source, raw);
    return raw;
  }
  return source instanceof RawClass ? source : RawClass.from(source);
}
