/**
 * Stacks of transformer layers: TransformerEncoder and TransformerDecoder. Users import them from `wengert/nn`. The
 * layers themselves are in transformer.ts.
 */
import { ArgumentError } from "../../core/errors.js";
import { quote } from "../../core/quote.js";
import type { Tensor } from "../../tensor.js";
import { checkSize } from "../init/init.js";
import { Module } from "../module.js";
import type { Layer } from "../sequential.js";
import type { KeyValueCache } from "./key-value-cache.js";
import { TransformerDecoderLayer, TransformerEncoderLayer } from "./transformer.js";

/** Options of `TransformerEncoder` and `TransformerDecoder`. */
export interface TransformerStackOptions {
  /** A layer after the last one, such as a LayerNorm, which layers with `normFirst` need. Default: none. */
  readonly norm?: Layer | null;
}

/** Options of `TransformerEncoder.forward`. */
export interface TransformerEncoderForwardOptions {
  /** (L, L); see the `attnMask` of `MultiHeadAttention`: true forbids. */
  readonly mask?: Tensor | null;
  /** (N, L), true for padding. */
  readonly srcKeyPaddingMask?: Tensor | null;
  /** Each element attends to itself and those before it only. Default false. */
  readonly isCausal?: boolean;
  /** The caches of the earlier elements, one for each layer; the input is appended to each. */
  readonly caches?: readonly KeyValueCache[] | null;
}

/** Options of `TransformerDecoder.forward`. */
export interface TransformerDecoderForwardOptions {
  /** (T, T); see the `attnMask` of `MultiHeadAttention`: true forbids. */
  readonly tgtMask?: Tensor | null;
  /** (T, S), the same for attention to the memory. */
  readonly memoryMask?: Tensor | null;
  /** (N, T), true for padding. */
  readonly tgtKeyPaddingMask?: Tensor | null;
  /** (N, S), true for padding. */
  readonly memoryKeyPaddingMask?: Tensor | null;
  /** Each element attends to itself and those before it only. Default false. */
  readonly tgtIsCausal?: boolean;
  /** Element i attends to elements 0 .. i of the memory only. Default false. */
  readonly memoryIsCausal?: boolean;
  /** The caches of the earlier elements, one for each layer; the input is appended to each. */
  readonly caches?: readonly KeyValueCache[] | null;
  /** The keys and values of the memory: a fixed cache for each layer, so that they are computed once. */
  readonly memoryCaches?: readonly KeyValueCache[] | null;
}

/** Layers that are applied one after the other, and an optional layer after the last. */
abstract class TransformerStack<L extends Module> extends Module {
  /** The layers in the order in which they are applied. */
  readonly layers: readonly L[];
  /** The layer after the last one; null for none. */
  readonly norm: Layer | null;
  readonly #name: string;

  protected constructor(
    name: string,
    kind: new (...given: never[]) => L,
    makeLayer: (index: number) => L,
    numLayers: number,
    { norm = null }: TransformerStackOptions,
  ) {
    super();
    checkSize(name, "numLayers", numLayers);
    if (typeof makeLayer !== "function")
      throw new ArgumentError(
        `${name}: makeLayer must be a function that returns a new layer on each call, got ${quote(makeLayer)}`,
      );
    this.#name = name;
    this.layers = Array.from({ length: numLayers }, (_, i) => makeLayer(i));
    this.layers.forEach((layer: unknown, i) => {
      if (!(layer instanceof kind))
        throw new ArgumentError(`${name}: layer ${i} must be a ${kind.name}, got ${quote(layer)}`);
      if (this.layers.indexOf(layer) !== i)
        throw new ArgumentError(`${name}: layer ${i} appears twice; makeLayer must return a new layer on each call`);
    });
    this.norm = norm;
  }

  /** Sends x through all layers. */
  protected run(x: Tensor, call: (layer: L, x: Tensor, i: number) => Tensor): Tensor {
    const y = this.layers.reduce((hidden, layer, i) => call(layer, hidden, i), x);
    return this.norm ? this.norm.forward(y) : y;
  }

  /**
   * Throws if there are caches, but not one for each layer.
   *
   * @throws ArgumentError unless there is a cache for each layer
   */
  protected checkCaches(name: string, caches: readonly KeyValueCache[] | null | undefined): void {
    if (caches && caches.length !== this.layers.length)
      throw new ArgumentError(
        `${this.#name}: ${name} must have one cache for each of the ${this.layers.length} layers, got ${caches.length}`,
      );
  }
}

/**
 * A stack of encoder layers, PyTorch's TransformerEncoder; with `isCausal` the body of a GPT:
 *
 * ```ts
 * const make = () => new TransformerEncoderLayer(64, 4, { normFirst: true, batchFirst: true });
 * const encoder = new TransformerEncoder(make, 6, { norm: new LayerNorm(64) });
 * ```
 *
 * Unlike in PyTorch, which copies one layer, every layer has its own initial values.
 */
export class TransformerEncoder extends TransformerStack<TransformerEncoderLayer> {
  /**
   * @param makeLayer - called once for each layer
   * @param numLayers - the number of layers
   * @throws ArgumentError if a number is out of range, or the function does not make new encoder layers
   */
  constructor(
    makeLayer: (index: number) => TransformerEncoderLayer,
    numLayers: number,
    options: TransformerStackOptions = {},
  ) {
    super("TransformerEncoder", TransformerEncoderLayer, makeLayer, numLayers, options);
  }

  /**
   * Sends a sequence through all layers.
   *
   * @param src - (L, N, E), or (N, L, E) with `batchFirst` layers
   * @returns the shape of src
   * @throws ShapeError, DTypeError; ArgumentError unless there are as many caches as layers
   */
  forward(src: Tensor, options: TransformerEncoderForwardOptions = {}): Tensor {
    const { mask: srcMask, srcKeyPaddingMask, isCausal, caches } = options;
    this.checkCaches("caches", caches);
    return this.run(src, (layer, x, i) =>
      layer.forward(x, { srcMask, srcKeyPaddingMask, isCausal, cache: caches?.[i] }),
    );
  }
}

/** A stack of decoder layers, PyTorch's TransformerDecoder; see `TransformerEncoder`. */
export class TransformerDecoder extends TransformerStack<TransformerDecoderLayer> {
  /**
   * @param makeLayer - called once for each layer
   * @param numLayers - the number of layers
   * @throws ArgumentError if a number is out of range, or the function does not make new decoder layers
   */
  constructor(
    makeLayer: (index: number) => TransformerDecoderLayer,
    numLayers: number,
    options: TransformerStackOptions = {},
  ) {
    super("TransformerDecoder", TransformerDecoderLayer, makeLayer, numLayers, options);
  }

  /**
   * Sends a sequence through all layers, each of which also attends to the memory.
   *
   * @param tgt - (T, N, E), or (N, T, E) with `batchFirst` layers
   * @param memory - the encoder's output: (S, N, E), or (N, S, E)
   * @returns the shape of tgt
   * @throws ShapeError, DTypeError; ArgumentError unless there are as many caches as layers
   */
  forward(
    tgt: Tensor,
    memory: Tensor,
    { caches, memoryCaches, ...masks }: TransformerDecoderForwardOptions = {},
  ): Tensor {
    this.checkCaches("caches", caches);
    this.checkCaches("memoryCaches", memoryCaches);
    return this.run(tgt, (layer, x, i) =>
      layer.forward(x, memory, { ...masks, cache: caches?.[i], memoryCache: memoryCaches?.[i] }),
    );
  }
}
