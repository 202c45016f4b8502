/**
 * The interface of a device: memory and `run`. The backends implement it, apply.ts and memory/storage.ts call it. It
 * has no method for any single op.
 */
import type { DType, TypedArray } from "./dtype.js";
import type { Kernel } from "./op.js";

/** A buffer of a backend. Only the backend that made it knows its content. */
export type Handle = object | number;

/** Buffers in the order of a kernel's signature: `null` for an input left out, a list for a rest input. */
export type Buffers = readonly (Handle | null | readonly Handle[])[];

/** The numbers of a kernel call: plain numbers, and lists of 32-bit integers such as dimensions. */
export type KernelArgs = readonly (number | readonly number[])[];

/**
 * A device: memory and `run`, not a method per op. Work is asynchronous and in order; only `read`, `readSync` and
 * `sync` wait for it.
 */
export interface Backend {
  /** The name of the device, such as "cpu". */
  readonly name: string;
  /** Whether the garbage collector frees the memory of an unreachable handle without a call of `free`. */
  readonly collected: boolean;
  /**
   * A new buffer of `length` elements. Its contents are undefined.
   *
   * @throws OutOfMemoryError
   */
  alloc(length: number, dtype: DType): Handle;
  /** Frees a buffer. Stream-ordered: work submitted before still sees it. */
  free(handle: Handle): void;
  /** Fills a buffer with the numbers of `source`; 16-bit floats are rounded to nearest. */
  write(handle: Handle, source: ArrayLike<number>): void;
  /** The values of a buffer after all work submitted before, in a new array. Does not block the event loop. */
  read(handle: Handle): Promise<TypedArray>;
  /** Fills `target` with the values of a buffer. Blocks until the work submitted before is done. */
  readSync(handle: Handle, target: TypedArray): void;
  /** Blocks until all submitted work is done. Throws the errors of kernels that failed. */
  sync(): void;
  /** Gives cached memory back to the system. */
  emptyCache(): void;
  /** Submits one kernel. `buffers` and `args` are in the order of the kernel's signature. */
  run(kernel: Kernel, buffers: Buffers, args: KernelArgs): void;
}
