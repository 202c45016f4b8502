/**
 * Buffers on a device, counted by their owners, and the figures of `memory()`. Tensors and tape entries own storages;
 * only apply.ts and the functions that create tensors make them.
 */
import type { Backend, Handle } from "../backend.js";
import { type DType, dtypeInfo, hostArray } from "../dtype.js";
import { DisposedError } from "../errors.js";

/** Device memory held by tensors, on all devices together. */
export interface MemoryInfo {
  /** Bytes held now. */
  readonly bytes: number;
  /** The most bytes held at once, since the start or the last `resetPeak()`. */
  readonly peakBytes: number;
  /** Buffers held now. Views, such as the result of `reshape`, share the buffer of their tensor. */
  readonly tensors: number;
}

let bytes = 0;
let peakBytes = 0;
let buffers = 0;
let ticks = 0;

/** A clock that orders recorded entries and in-place changes. */
export const tick = (): number => ++ticks;

/** The device memory that tensors hold: now, and at most. */
export const memory = (): MemoryInfo => ({ bytes, peakBytes, tensors: buffers });

/** Sets the peak to the bytes held now, to measure one phase of a program. */
export function resetPeak(): void {
  peakBytes = bytes;
}

/** The part of a buffer that the finalization net keeps: not the buffer itself, which would never be collected then. */
interface Ticket {
  backend: Backend;
  handle: Handle | null;
  readonly bytes: number;
  freed: boolean;
}

const net = new FinalizationRegistry<Ticket>((ticket) => {
  if (ticket.freed) return;
  ticket.freed = true;
  bytes -= ticket.bytes;
  buffers--;
  if (ticket.handle !== null) ticket.backend.free(ticket.handle);
});

/**
 * One buffer on a device, shared by the tensors that are views of it and by the tape entries that saved them.
 * It is freed when the last of them lets go; the net frees it if they were all forgotten instead.
 */
export class Storage {
  /** When the buffer was last changed in place, by `tick`. */
  writtenAt = 0;
  #backend: Backend;
  #handle: Handle;
  #owners = 1;
  /** How many of the owners are tape entries. */
  #savers = 0;
  #ticket: Ticket | null = null;

  constructor(
    backend: Backend,
    readonly length: number,
    readonly dtype: DType,
  ) {
    this.#backend = backend;
    this.#handle = backend.alloc(length, dtype);
    bytes += this.bytes;
    buffers++;
    if (bytes > peakBytes) peakBytes = bytes;
  }

  /** The device that holds the buffer. */
  get backend(): Backend {
    return this.#backend;
  }

  get handle(): Handle {
    return this.#handle;
  }

  /** The size of the buffer on the device, in bytes. */
  get bytes(): number {
    return this.length * dtypeInfo[this.dtype].bytes;
  }

  /** Registers this buffer with the finalization net. A buffer that a scope owns does not need it. */
  addToNet(): void {
    if (this.#ticket !== null) return;
    const { backend, bytes } = this;
    this.#ticket = { backend, handle: backend.collected ? null : this.#handle, bytes, freed: false };
    net.register(this, this.#ticket);
  }

  /** The numbers, through the host's memory, which every device can read and write. */
  copyTo(backend: Backend, handle: Handle): void {
    const values = hostArray(this.dtype, this.length);
    this.#backend.readSync(this.#handle, values);
    backend.write(handle, values);
  }

  /**
   * Moves the buffer to another device, for all tensors that are views of it. For a tape this is a change in place.
   *
   * @throws OutOfMemoryError; the buffer has not moved then
   */
  move(backend: Backend): void {
    if (backend === this.#backend) return;
    const handle = backend.alloc(this.length, this.dtype);
    try {
      this.copyTo(backend, handle);
    } catch (error) {
      backend.free(handle);
      throw error;
    }
    this.#backend.free(this.#handle);
    this.#backend = backend;
    this.#handle = handle;
    this.writtenAt = tick();
    if (this.#ticket !== null)
      Object.assign(this.#ticket, { backend, handle: backend.collected ? null : handle } satisfies Partial<Ticket>);
  }

  /** One more owner: a tensor that is a view of this buffer. */
  retain(): void {
    if (this.#owners === 0) throw new DisposedError("a buffer was used after it was freed");
    this.#owners++;
  }

  /** `retain` for a tape entry, which no scope owns. */
  save(): void {
    this.retain();
    this.#savers++;
  }

  /** `release` for a tape entry. */
  unsave(): void {
    this.#savers--;
    this.release();
  }

  /** One owner less; the last one frees the buffer. */
  release(): void {
    if (--this.#owners > 0) {
      // A buffer that only entries hold lives as long as the results computed from it. If the program drops those
      // results without disposing them, the net frees this buffer too.
      if (this.#owners === this.#savers) this.addToNet();
      return;
    }
    if (this.#ticket !== null) this.#ticket.freed = true;
    bytes -= this.bytes;
    buffers--;
    this.backend.free(this.handle);
  }
}
