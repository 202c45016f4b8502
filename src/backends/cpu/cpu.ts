/** The CPU backend: buffers are typed arrays, and a kernel is the `cpu` loop of its record. It knows no op by name. */
import type { Backend, Buffers, Handle, KernelArgs } from "../../core/backend.js";
import { type DType, dtypeInfo, hostArray, type TypedArray } from "../../core/dtype.js";
import { OutOfMemoryError } from "../../core/errors.js";
import { type Half, isHalf, narrow, widen } from "../../core/half.js";
import type { Kernel } from "../../core/op.js";
import { ArrayCache, type CpuArray } from "./cache.js";

/** A buffer of this backend. 16-bit floats are stored as their bits. */
interface CpuBuffer {
  readonly dtype: DType;
  readonly array: CpuArray;
}

const arrayClass = {
  bool: Uint8Array,
  uint8: Uint8Array,
  int32: Int32Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

/** Buffers of typed arrays and kernels of plain loops. Runs wherever JavaScript runs; every op has a kernel here. */
export class CpuBackend implements Backend {
  readonly name = "cpu";
  readonly collected = true;
  readonly #cache = new ArrayCache();

  /**
   * @param poison - fill new buffers with NaN (or the largest integer), to find kernels that leave elements unwritten
   */
  constructor(readonly poison = false) {}

  alloc(length: number, dtype: DType): Handle {
    const array = this.#cache.take(arrayClass[dtype], length) ?? this.#make(length, dtype);
    if (this.poison)
      array.fill(
        isHalf(dtype) ? 0x7fff : dtype === "int32" ? 2 ** 31 - 1 : dtypeInfo[dtype].significand ? Number.NaN : 255,
      );
    return { dtype, array } satisfies CpuBuffer;
  }

  #make(length: number, dtype: DType): CpuArray {
    try {
      return new arrayClass[dtype](length);
    } catch (error) {
      const bytes = length * dtypeInfo[dtype].bytes;
      throw new OutOfMemoryError(
        `cpu: out of memory: ${bytes} bytes (${length} elements of ${dtype}) could not be allocated`,
        {
          cause: error,
        },
      );
    }
  }

  free(handle: Handle): void {
    this.#cache.give((handle as CpuBuffer).array);
  }

  write(handle: Handle, source: ArrayLike<number>): void {
    const { dtype, array } = handle as CpuBuffer;
    if (isHalf(dtype)) narrow(dtype, source, array as Uint16Array);
    else array.set(source);
  }

  readSync(handle: Handle, target: TypedArray): void {
    const { dtype, array } = handle as CpuBuffer;
    if (isHalf(dtype)) widen(dtype, array as Uint16Array, target as Float32Array);
    else target.set(array);
  }

  async read(handle: Handle): Promise<TypedArray> {
    const { dtype, array } = handle as CpuBuffer;
    const values = hostArray(dtype, array.length);
    this.readSync(handle, values);
    // A turn of the event loop: timers fire, and so do the finalizers of tensors that were forgotten.
    await new Promise((resolve) => setImmediate(resolve));
    return values;
  }

  sync(): void {}

  emptyCache(): void {
    this.#cache.clear();
  }

  /**
   * Calls the record's own loop. Loops never see 16-bit floats: inputs are widened to float32 before the loop, and its
   * results are rounded to nearest even after it, as on a GPU that computes in float32.
   */
  run(kernel: Kernel, buffers: Buffers, args: KernelArgs): void {
    const operands: unknown[] = [];
    const written: Widened[] = [];
    for (let i = 0; i < buffers.length; i++) {
      const handle = buffers[i];
      const results = i >= kernel.firstOutput ? written : null;
      if (handle === null) operands.push(null);
      else if (Array.isArray(handle)) operands.push(handle.map((h) => open(h, results)));
      else operands.push(open(handle as Handle, results));
    }
    for (let i = 0; i < args.length; i++) operands.push(args[i]);
    kernel.cpu(...operands);
    for (const { buffer, wide } of written) narrow(buffer.dtype as Half, wide, buffer.array as Uint16Array);
  }
}

/** An output in a 16-bit float, and the float32 array that the loop wrote. */
interface Widened {
  readonly buffer: CpuBuffer;
  readonly wide: Float32Array;
}

/** The array for a loop; one that the loop writes and that must be rounded afterwards is noted in `written`. */
function open(handle: Handle, written: Widened[] | null): CpuArray {
  const buffer = handle as CpuBuffer;
  if (!isHalf(buffer.dtype)) return buffer.array;
  const wide = new Float32Array(buffer.array.length);
  widen(buffer.dtype, buffer.array as Uint16Array, wide);
  written?.push({ buffer, wide });
  return wide;
}
