/** A cache of freed arrays, so that a training step takes the arrays of the step before. Only cpu.ts uses it. */

/** A typed array that a buffer is made of. */
export type CpuArray = Uint8Array | Uint16Array | Int32Array | Float32Array | Float64Array;

/** Small arrays are cheaper to make than to look up. */
const smallest = 1024;

/** The most bytes that are kept for reuse. If there are more, freed arrays go to the garbage collector. */
const limit = 512 * 2 ** 20;

/**
 * Freed arrays by class and length, for reuse. A training step asks for the same sizes again and again; taking them
 * from here spares the zeroing, the page faults and the collector's work.
 */
export class ArrayCache {
  readonly #free = new Map<string, CpuArray[]>();
  #bytes = 0;

  /** A freed array of the class and length, which leaves the cache; undefined if there is none. */
  take(arrayClass: { readonly name: string }, length: number): CpuArray | undefined {
    if (length < smallest) return undefined;
    const array = this.#free.get(`${arrayClass.name} ${length}`)?.pop();
    if (array) this.#bytes -= array.byteLength;
    return array;
  }

  /** Keeps a freed array for reuse, unless it is small or the cache is full. */
  give(array: CpuArray): void {
    if (array.length < smallest || this.#bytes + array.byteLength > limit) return;
    const key = `${array.constructor.name} ${array.length}`;
    const list = this.#free.get(key);
    if (list) list.push(array);
    else this.#free.set(key, [array]);
    this.#bytes += array.byteLength;
  }

  /** Forgets all arrays. */
  clear(): void {
    this.#free.clear();
    this.#bytes = 0;
  }
}
