import type { DType, TypedArray } from "./dtype.js";
import type { Kernel } from "./op.js";

/** A backend's own name for a buffer; nobody else looks inside. */
export type Handle = object | number;

/** Buffers in the order of a kernel's signature: `null` stands for an input left out, a list for a rest input. */
export type Buffers = readonly (Handle | null | readonly Handle[])[];

/** Plain numbers, and lists of 32-bit integers such as dimensions. */
export type KernelArgs = readonly (number | readonly number[])[];

/**
 * A device: memory and `run`, not a method per op. Work is asynchronous and in order; only `read`, `readSync` and
 * `sync` wait for it.
 */
export interface Backend {
  readonly name: string;
  /** True where the garbage collector itself frees the memory of an unreachable handle. */
  readonly collected: boolean;
  /** Throws OutOfMemoryError. The contents are undefined. */
  alloc(length: number, dtype: DType): Handle;
  /** Stream-ordered: work already submitted still sees the buffer. */
  free(handle: Handle): void;
  write(handle: Handle, source: ArrayLike<number>): void;
  /** The buffer's values as they are now, in an array for them alone. Does not block the event loop. */
  read(handle: Handle): Promise<TypedArray>;
  /** Fills `target` with the buffer's values. */
  readSync(handle: Handle, target: TypedArray): void;
  sync(): void;
  /** Gives cached memory back to the system. */
  emptyCache(): void;
  run(kernel: Kernel, buffers: Buffers, args: KernelArgs): void;
}
