/**
 * A backend on an addon: `cuda`, or `emulator`, which runs the same kernels on the CPU. It passes handles and numbers
 * on and holds no code for single ops.
 */
import type { Backend, Buffers, Handle, KernelArgs } from "../../core/backend.js";
import type { DType, TypedArray } from "../../core/dtype.js";
import { ArgumentError, DeviceError } from "../../core/errors.js";
import { isHalf, narrow, widen } from "../../core/half.js";
import type { Kernel } from "../../core/op.js";
import { type Addon, dtypeCode, dtypeNames, leftOut, type NativeDeviceName, type RawArray } from "./addon.js";

const rawClass = {
  float32: Float32Array,
  float64: Float64Array,
  bfloat16: Uint16Array,
  float16: Uint16Array,
  int32: Int32Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const;

/** Elements of 16 bits that are widened in one turn of the event loop; that takes a few milliseconds. */
const widenedAtOnce = 2 ** 20;

/**
 * A device that an addon drives. Buffers are numbers, and the operands of a kernel are written into the addon's array.
 */
export class NativeBackend implements Backend {
  readonly collected = false;
  readonly #addon: Addon;
  readonly #operands: Float64Array;

  constructor(
    readonly name: NativeDeviceName,
    addon: Addon,
  ) {
    this.#addon = addon;
    this.#operands = addon.operands;
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
    if (launch === undefined)
      throw new DeviceError(
        `${this.name}: there is no kernel for ${kernel.name} yet; copy its inputs to the CPU with to("cpu")`,
      );
    const words = this.#operands;
    let at = 1;
    for (let i = 0; i < buffers.length; i++) {
      const buffer = buffers[i];
      if (typeof buffer === "number") words[at++] = buffer;
      else if (buffer === null) words[at++] = leftOut;
      else at = this.#putList(buffer as readonly number[], at);
    }
    for (let i = 0; i < args.length; i++) {
      const arg = args[i];
      if (typeof arg === "number") words[at++] = arg;
      else at = this.#putList(arg, at);
    }
    // Operands that did not fit were not written.
    if (at > words.length)
      throw new ArgumentError(
        `${kernel.name}: the operands need ${at - 1} words, but the limit is ${words.length - 1}; pass fewer tensors at once`,
      );
    words[0] = at - 1;
    launch();
  }

  /** Writes a list at word `at`; returns where the next operand is written. */
  #putList(list: readonly number[], at: number): number {
    const words = this.#operands;
    words[at++] = list.length;
    for (let i = 0; i < list.length; i++) words[at++] = list[i];
    return at;
  }

  #describe(handle: Handle): { length: number; dtype: DType } {
    const { length, dtype } = this.#addon.describe(handle as number);
    return { length, dtype: dtypeNames[dtype] };
  }
}

/** The elements as the device holds them; the array itself if it has them already. */
function toRaw(source: ArrayLike<number>, length: number, dtype: DType): RawArray {
  const RawClass = rawClass[dtype];
  if (isHalf(dtype)) {
    const raw = new Uint16Array(length);
    narrow(dtype, source, raw);
    return raw;
  }
  return source instanceof RawClass ? source : RawClass.from(source);
}
