/**
 * The cache of keys and values with which an attention layer generates a sequence one element at a time. Users make one
 * for each layer; MultiHeadAttention fills and reads it.
 */
import { ShapeError } from "../../core/errors.js";
import { keep } from "../../core/memory/scope.js";
import { show } from "../../core/shape.js";
import { concat } from "../../ops/index.js";
import type { Tensor } from "../../tensor.js";

/** Options of `KeyValueCache`. */
export interface KeyValueCacheOptions {
  /**
   * Keep the first keys and values, and use them in all later calls: for attention to an encoder's output. Default
   * false.
   */
  readonly fixed?: boolean;
}

/**
 * The keys and values of the elements that an attention layer has read, so that a sequence can be generated element by
 * element without reading it again. One cache serves one layer and one batch of sequences. Its tensors live outside all
 * scopes, and no gradients flow to it.
 */
export class KeyValueCache implements Disposable {
  /** Whether the first keys and values are kept and used in all later calls. */
  readonly fixed: boolean;
  #keys: Tensor | null = null;
  #values: Tensor | null = null;

  /** @param options - see `KeyValueCacheOptions` */
  constructor({ fixed = false }: KeyValueCacheOptions = {}) {
    this.fixed = fixed;
  }

  /** How many elements have been read. */
  get length(): number {
    return this.#keys?.shape[2] ?? 0;
  }

  /** @internal The held tensors, each (N, heads, L, D); null if there are none. */
  get held(): readonly [keys: Tensor, values: Tensor] | null {
    return this.#keys && this.#values && [this.#keys, this.#values];
  }

  /**
   * @internal Adds keys and values, each (N, heads, L, D).
   *
   * @returns all keys and values so far
   * @throws ShapeError if they are of another batch or another layer; nothing has changed then
   */
  append(keys: Tensor, values: Tensor): readonly [keys: Tensor, values: Tensor] {
    const before = this.held;
    if (before?.[0].shape.some((size, axis) => axis !== 2 && size !== keys.shape[axis]))
      throw new ShapeError(
        `KeyValueCache: the cache holds keys of shape ${show(before[0].shape)}, got ${show(keys.shape)}; call reset() before you process other sequences`,
      );
    const [allKeys, allValues] = before
      ? [concat([before[0], keys], 2), concat([before[1], values], 2)]
      : [keys, values];
    this.reset();
    this.#keys = keep(allKeys.detach());
    this.#values = keep(allValues.detach());
    return [allKeys, allValues];
  }

  /** Forgets all elements, and frees their keys and values. */
  reset(): void {
    this.#keys?.dispose();
    this.#values?.dispose();
    this.#keys = null;
    this.#values = null;
  }

  /** As `reset`. */
  dispose(): void {
    this.reset();
  }

  [Symbol.dispose](): void {
    this.reset();
  }
}
