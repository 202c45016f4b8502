/**
 * The encoder and decoder layers of the Transformer (Vaswani et al., 2017, arXiv:1706.03762). Users stack them with
 * transformer-stack.ts, or call them on their own.
 */
import { ArgumentError } from "../../core/errors.js";
import { checkEps } from "../../core/option-checks.js";
import { quote } from "../../core/quote.js";
import { gelu, relu } from "../../ops/index.js";
import type { Tensor } from "../../tensor.js";
import { Dropout } from "../dropout.js";
import { checkSize, type InitOptions } from "../init/init.js";
import { Linear } from "../linear.js";
import { Module, renamed } from "../module.js";
import { LayerNorm } from "../normalization/normalization.js";
import type { KeyValueCache } from "./key-value-cache.js";
import { MultiHeadAttention } from "./multi-head-attention.js";
import type { RotaryEncoding } from "./rotary.js";

/** Options of `TransformerEncoderLayer` and `TransformerDecoderLayer`. */
export interface TransformerLayerOptions extends InitOptions {
  /** The features between the two layers of the feed-forward part. Default 2048. */
  readonly dimFeedforward?: number;
  /**
   * In training, the probability of dropping an element: in attention weights, in the feed-forward part, and after each
   * part. Default 0.1.
   */
  readonly dropout?: number;
  /** Between the two layers of the feed-forward part. Default "relu". */
  readonly activation?: "relu" | "gelu" | ((x: Tensor) => Tensor);
  /** The eps of the normalizations. Default 1e-5. */
  readonly layerNormEps?: number;
  /** Whether sequences are (N, L, E); if false they are (L, N, E). Default false, as in PyTorch. */
  readonly batchFirst?: boolean;
  /** Normalize before attention and feed-forward part, as GPT-2 does, and not after. Default false. */
  readonly normFirst?: boolean;
  /** Whether linear layers and normalizations have biases. Default true. */
  readonly bias?: boolean;
  /** Turns queries and keys of self-attention by their positions. Default: none. */
  readonly rotary?: RotaryEncoding | null;
}

/** Options of `TransformerEncoderLayer.forward`. */
export interface EncoderForwardOptions {
  /** (L, L); see the `attnMask` of `MultiHeadAttention`: true forbids. */
  readonly srcMask?: Tensor | null;
  /** (N, L), true for padding. */
  readonly srcKeyPaddingMask?: Tensor | null;
  /** Each element attends to itself and those before it only. Default false. */
  readonly isCausal?: boolean;
  /** The cache of the earlier elements; the input is appended to it. See `MultiHeadAttention`. */
  readonly cache?: KeyValueCache | null;
}

/** Options of `TransformerDecoderLayer.forward`. */
export interface DecoderForwardOptions {
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
  /** The cache of the earlier elements; the input is appended to it. See `MultiHeadAttention`. */
  readonly cache?: KeyValueCache | null;
  /** The keys and values of the memory: a fixed cache, so that they are computed once. */
  readonly memoryCache?: KeyValueCache | null;
}

function activationOf(
  layer: string,
  activation: TransformerLayerOptions["activation"] = "relu",
): (x: Tensor) => Tensor {
  if (typeof activation === "function") return activation;
  if (activation === "relu") return relu;
  if (activation === "gelu") return (x) => gelu(x);
  throw new ArgumentError(`${layer}: activation must be "relu", "gelu" or a function, got ${quote(activation)}`);
}

/** The part that both layers share: self-attention and the feed-forward network. */
abstract class TransformerLayer extends Module {
  /** Attention from each element to the elements of the same sequence. */
  readonly selfAttn: MultiHeadAttention;
  /** The first layer of the feed-forward network, (dimFeedforward, E). */
  readonly linear1: Linear;
  /** The second layer of the feed-forward network, (E, dimFeedforward). */
  readonly linear2: Linear;
  /** The normalization at self-attention. */
  readonly norm1: LayerNorm;
  /** The second normalization: at the feed-forward network of an encoder, at attention to the memory in a decoder. */
  readonly norm2: LayerNorm;
  /** The dropout after each part and inside the feed-forward network. */
  readonly dropout: Dropout;
  /** Whether each part is normalized before it, not after. */
  readonly normFirst: boolean;
  readonly #activation: (x: Tensor) => Tensor;

  protected constructor(name: string, dModel: number, nhead: number, options: TransformerLayerOptions) {
    super();
    const { dimFeedforward = 2048, dropout = 0.1, layerNormEps: eps = 1e-5, normFirst = false } = options;
    const { batchFirst, bias, rotary, generator, dtype, device } = options;
    this.#activation = activationOf(name, options.activation);
    checkSize(name, "dModel", dModel);
    checkSize(name, "nhead", nhead);
    checkSize(name, "dimFeedforward", dimFeedforward);
    checkEps(name, eps);
    this.normFirst = normFirst;
    this.dropout = new Dropout(dropout, { generator });
    const init = { bias, generator, dtype, device };
    this.selfAttn = new MultiHeadAttention(dModel, nhead, { dropout, batchFirst, rotary, ...init });
    this.linear1 = new Linear(dModel, dimFeedforward, init);
    this.linear2 = new Linear(dimFeedforward, dModel, init);
    this.norm1 = new LayerNorm(dModel, { eps, bias, dtype, device });
    this.norm2 = new LayerNorm(dModel, { eps, bias, dtype, device });
  }

  /** linear2(activation(linear1(x))), element by element of the sequence. */
  protected feedForward(x: Tensor): Tensor {
    const hidden = this.dropout.forward(this.#activation(this.linear1.forward(x)));
    return this.dropout.forward(this.linear2.forward(hidden));
  }

  /** A part of the layer with a way around it, normalized before (`normFirst`) or after. */
  protected around(x: Tensor, norm: LayerNorm, part: (x: Tensor) => Tensor): Tensor {
    return this.normFirst ? x.add(part(norm.forward(x))) : norm.forward(x.add(part(x)));
  }

  protected override members(): (readonly [string, unknown])[] {
    const names = { selfAttn: "self_attn", multiheadAttn: "multihead_attn" };
    // PyTorch's order: attention before everything else.
    const rank = (name: string): number => [...Object.values(names), name].indexOf(name);
    return [...renamed(super.members(), names)].sort(([a], [b]) => rank(a) - rank(b));
  }
}

/**
 * Self-attention and a feed-forward part, each with a way around it and a normalization: a layer of the encoder of
 * Vaswani et al., "Attention is all you need" (2017, arXiv:1706.03762); with `isCausal` a layer of GPT.
 */
export class TransformerEncoderLayer extends TransformerLayer {
  /**
   * @param dModel - the features of each element
   * @param nhead - the heads of attention, which divide dModel
   * @throws ArgumentError if a number or an option is out of range
   */
  constructor(dModel: number, nhead: number, options: TransformerLayerOptions = {}) {
    super("TransformerEncoderLayer", dModel, nhead, options);
  }

  /**
   * Applies self-attention, then the feed-forward network, to a sequence.
   *
   * @param src - (L, N, E), or (N, L, E) with `batchFirst`
   * @returns the shape of src
   * @throws ShapeError, DTypeError
   */
  forward(src: Tensor, options: EncoderForwardOptions = {}): Tensor {
    const { srcMask: attnMask, srcKeyPaddingMask: keyPaddingMask, isCausal, cache } = options;
    const attended = this.around(src, this.norm1, (x) =>
      this.dropout.forward(this.selfAttn.forward(x, x, x, { attnMask, keyPaddingMask, isCausal, cache })),
    );
    return this.around(attended, this.norm2, (x) => this.feedForward(x));
  }
}

/**
 * A layer of the decoder of the same paper: self-attention, attention to an encoder's output, and a feed-forward
 * network.
 */
export class TransformerDecoderLayer extends TransformerLayer {
  /** Attention from each element to those of the memory. */
  readonly multiheadAttn: MultiHeadAttention;
  /** The normalization at the feed-forward network. */
  readonly norm3: LayerNorm;

  /**
   * @param dModel - the features of each element
   * @param nhead - the heads of attention, which divide dModel
   * @throws ArgumentError if a number or an option is out of range
   */
  constructor(dModel: number, nhead: number, options: TransformerLayerOptions = {}) {
    super("TransformerDecoderLayer", dModel, nhead, options);
    const { dropout = 0.1, layerNormEps: eps = 1e-5, batchFirst, bias, generator, dtype, device } = options;
    this.multiheadAttn = new MultiHeadAttention(dModel, nhead, { dropout, batchFirst, bias, generator, dtype, device });
    this.norm3 = new LayerNorm(dModel, { eps, bias, dtype, device });
  }

  /**
   * Applies self-attention, attention to the memory, and the feed-forward network to a sequence.
   *
   * @param tgt - (T, N, E), or (N, T, E) with `batchFirst`
   * @param memory - the encoder's output: (S, N, E), or (N, S, E)
   * @returns the shape of tgt
   * @throws ShapeError, DTypeError
   */
  forward(tgt: Tensor, memory: Tensor, options: DecoderForwardOptions = {}): Tensor {
    const selfMasks = {
      attnMask: options.tgtMask,
      keyPaddingMask: options.tgtKeyPaddingMask,
      isCausal: options.tgtIsCausal,
      cache: options.cache,
    };
    const memoryMasks = {
      attnMask: options.memoryMask,
      keyPaddingMask: options.memoryKeyPaddingMask,
      isCausal: options.memoryIsCausal,
      cache: options.memoryCache,
    };
    const written = this.around(tgt, this.norm1, (x) =>
      this.dropout.forward(this.selfAttn.forward(x, x, x, selfMasks)),
    );
    const attended = this.around(written, this.norm2, (x) =>
      this.dropout.forward(this.multiheadAttn.forward(x, memory, memory, memoryMasks)),
    );
    return this.around(attended, this.norm3, (x) => this.feedForward(x));
  }
}
