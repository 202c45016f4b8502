/**
 * The multi-head attention layer with its projections, masks, cache and rotary positions. The transformer layers use
 * it. The attention formula is the op `scaledDotProductAttention`.
 */
import { ArgumentError, ShapeError } from "../../core/errors.js";
import { checkProbability } from "../../core/option-checks.js";
import { show } from "../../core/shape.js";
import { linear, scaledDotProductAttention } from "../../ops/index.js";
import type { Tensor } from "../../tensor.js";
import { checkSize, filledParameter, type InitOptions } from "../init/init.js";
import { xavierUniform } from "../init/initializers.js";
import { Linear } from "../linear.js";
import { Module, renamed } from "../module.js";
import { assign, parameter } from "../parameter.js";
import { type AttentionMasks, type MergedMasks, mergeMasks } from "./attention-mask.js";
import type { KeyValueCache } from "./key-value-cache.js";
import type { RotaryEncoding } from "./rotary.js";

/** Options of `MultiHeadAttention`. */
export interface MultiHeadAttentionOptions extends InitOptions {
  /** In training, the probability of setting an attention weight to 0. Default 0. */
  readonly dropout?: number;
  /** Whether the projections have biases. Default true. */
  readonly bias?: boolean;
  /** The features of keys. Default: embedDim. */
  readonly kdim?: number;
  /** The features of values. Default: embedDim. */
  readonly vdim?: number;
  /** Whether sequences are (N, L, E); if false they are (L, N, E). Default false, as in PyTorch. */
  readonly batchFirst?: boolean;
  /** Turns queries and keys by their positions, of embedDim / numHeads features. Default: none. */
  readonly rotary?: RotaryEncoding | null;
}

/** Options of `MultiHeadAttention.forward`. */
export interface MultiHeadAttentionForwardOptions extends AttentionMasks {
  /**
   * Holds the keys and values of the earlier elements. The input continues the sequence and is appended to the cache;
   * the masks cover all keys, those of the cache first.
   */
  readonly cache?: KeyValueCache | null;
}

/** Options of `MultiHeadAttention.forwardWithWeights`. */
export interface AttentionWeightsOptions extends MultiHeadAttentionForwardOptions {
  /** Give the mean over the heads. Default true. */
  readonly averageAttnWeights?: boolean;
}

interface Projected {
  /** (N, heads, Lq, D) */
  readonly q: Tensor;
  /** (N, heads, Lk, D) */
  readonly k: Tensor;
  readonly v: Tensor;
  readonly masks: MergedMasks;
}

/**
 * Attention in several heads, each with its own projections: Vaswani et al., "Attention is all you
 * need" (2017, arXiv:1706.03762). PyTorch's MultiheadAttention, its masks included: true forbids.
 *
 * A query that may attend to nothing gets zeros for its heads.
 */
export class MultiHeadAttention extends Module {
  /** The projections of queries, keys and values, one below the other: (3 E, E). Null if kdim or vdim is not E. */
  inProjWeight: Tensor | null = null;
  /** The projection of queries, (E, E), if kdim or vdim is not E; else null. */
  qProjWeight: Tensor | null = null;
  /** The projection of keys, (E, kdim), if kdim or vdim is not E; else null. */
  kProjWeight: Tensor | null = null;
  /** The projection of values, (E, vdim), if kdim or vdim is not E; else null. */
  vProjWeight: Tensor | null = null;
  /** The biases of the three projections, (3 E); null without biases. */
  inProjBias: Tensor | null;
  /** The projection of the heads' outputs, (E, E). */
  readonly outProj: Linear;
  /** Turns queries and keys by their positions; null if positions are added elsewhere. */
  readonly rotary: RotaryEncoding | null;
  /** E, the features of each element. */
  readonly embedDim: number;
  /** The number of heads, each with E / numHeads features. */
  readonly numHeads: number;
  /** Whether sequences are (N, L, E); if false they are (L, N, E). */
  readonly batchFirst: boolean;
  readonly #kdim: number;
  readonly #vdim: number;
  readonly #dropout: number;
  readonly #generator: InitOptions["generator"];

  /**
   * @param embedDim - E, the features of each element
   * @param numHeads - the number of heads, a divisor of E
   * @throws ArgumentError unless sizes are integers of 1 or more, heads divide features, and dropout is a probability
   */
  constructor(embedDim: number, numHeads: number, options: MultiHeadAttentionOptions = {}) {
    super();
    const { dropout = 0, bias = true, kdim = embedDim, vdim = embedDim, batchFirst = false, rotary = null } = options;
    const name = "MultiHeadAttention";
    for (const [key, size] of Object.entries({ embedDim, numHeads, kdim, vdim })) checkSize(name, key, size);
    if (embedDim % numHeads !== 0)
      throw new ArgumentError(`${name}: embedDim must be divisible by numHeads, got ${embedDim} and ${numHeads}`);
    checkProbability(name, dropout, "dropout");
    if (rotary && rotary.dim !== embedDim / numHeads)
      throw new ArgumentError(
        `${name}: rotary.dim must be embedDim / numHeads = ${embedDim / numHeads}, got ${rotary.dim}`,
      );
    const { generator, dtype, device } = options;
    const init = { generator, dtype, device };
    const draw = (rows: number, columns: number): Tensor => parameter(xavierUniform([rows, columns], init));
    if (kdim === embedDim && vdim === embedDim) this.inProjWeight = draw(3 * embedDim, embedDim);
    else {
      this.qProjWeight = draw(embedDim, embedDim);
      this.kProjWeight = draw(embedDim, kdim);
      this.vProjWeight = draw(embedDim, vdim);
    }
    this.inProjBias = bias ? filledParameter(name, [3 * embedDim], 0, init) : null;
    this.outProj = new Linear(embedDim, embedDim, { bias, ...init });
    if (this.outProj.bias) {
      using zeros = this.outProj.bias.zeros();
      assign(this.outProj.bias, zeros);
    }
    this.rotary = rotary;
    this.embedDim = embedDim;
    this.numHeads = numHeads;
    this.batchFirst = batchFirst;
    this.#kdim = kdim;
    this.#vdim = vdim;
    this.#dropout = dropout;
    this.#generator = generator;
  }

  /**
   * Attends from each query to the keys and returns the weighted values, projected.
   *
   * @param query - (Lq, N, E), or (N, Lq, E) with `batchFirst`
   * @param key - (Lk, N, kdim), or (N, Lk, kdim) with `batchFirst`. Default: the query, which is self-attention
   * @param value - (Lk, N, vdim), or (N, Lk, vdim) with `batchFirst`. Default: the key
   * @returns the shape of the query
   * @throws ShapeError if shapes do not fit, DTypeError for a mask of integers
   */
  forward(
    query: Tensor,
    key: Tensor = query,
    value: Tensor = key,
    options: MultiHeadAttentionForwardOptions = {},
  ): Tensor {
    const { q, k, v, masks } = this.#project(query, key, value, options);
    const dropoutP = this.training ? this.#dropout : 0;
    return this.#merge(scaledDotProductAttention(q, k, v, { ...masks, dropoutP, generator: this.#generator }));
  }

  /**
   * As `forward`, but gives the weights too, before dropout: how much each query attends to each key. They take memory
   * of the size Lq Lk, which `forward` does not.
   *
   * @returns the output, and the weights: (N, Lq, Lk), the mean over the heads, or (N, heads, Lq, Lk)
   */
  forwardWithWeights(
    query: Tensor,
    key: Tensor = query,
    value: Tensor = key,
    { averageAttnWeights = true, ...options }: AttentionWeightsOptions = {},
  ): [output: Tensor, weights: Tensor] {
    const { q, k, v, masks } = this.#project(query, key, value, options);
    const weights = weightsOf(q, k, masks); // (N, heads, Lq, Lk)
    const dropped = weights.dropout(this.#dropout, { training: this.training, generator: this.#generator });
    return [this.#merge(dropped.matmul(v)), averageAttnWeights ? weights.mean(1) : weights];
  }

  /** Queries, keys and values by head, what the cache holds included, and the masks as one. */
  #project(query: Tensor, key: Tensor, value: Tensor, options: MultiHeadAttentionForwardOptions): Projected {
    const { cache, ...masks } = options;
    this.#check(query, key, value);
    const held = cache?.fixed ? cache.held : null;
    const past = cache && !cache.fixed ? cache.length : 0;
    const [q, k, v] = this.#inputs(query, key, value, held === null).map((x) => this.#split(x));
    const turn = (x: Tensor): Tensor => (this.rotary ? this.rotary.forward(x, past) : x);
    const queries = turn(q);
    const fresh = held ?? ([turn(k), v] as const);
    const keys = fresh[0].shape[2] + past;
    const scores = [q.shape[0], this.numHeads, q.shape[2], keys];
    const merged = mergeMasks("MultiHeadAttention", masks, scores, past, q);
    const [allKeys, allValues] = cache && !held ? cache.append(fresh[0], fresh[1]) : fresh;
    return { q: queries, k: allKeys, v: allValues, masks: merged };
  }

  /** The projections, each (..., E): one product where several inputs are the same. */
  #inputs(query: Tensor, key: Tensor, value: Tensor, all: boolean): Tensor[] {
    const size = this.embedDim;
    const { inProjWeight: weight, inProjBias: bias } = this;
    const rows = (x: Tensor | null, from: number, to: number): Tensor | null =>
      x?.slice([[from * size, to * size]]) ?? null;
    if (!weight) {
      const weights = [this.qProjWeight, this.kProjWeight, this.vProjWeight] as Tensor[];
      return [query, key, value].slice(0, all ? 3 : 1).map((x, i) => linear(x, weights[i], rows(bias, i, i + 1)));
    }
    const project = (x: Tensor, from: number, to: number): Tensor =>
      linear(x, rows(weight, from, to) as Tensor, rows(bias, from, to));
    if (!all) return [project(query, 0, 1)];
    if (key !== value) return [project(query, 0, 1), project(key, 1, 2), project(value, 2, 3)];
    if (query !== key) return [project(query, 0, 1), ...project(key, 1, 3).chunk(2, -1)];
    return project(query, 0, 3).chunk(3, -1);
  }

  /** (L, N, E) or (N, L, E) to (N, heads, L, D) */
  #split(x: Tensor): Tensor {
    const heads = x.reshape([...x.shape.slice(0, 2), this.numHeads, this.embedDim / this.numHeads]);
    return heads.permute(this.batchFirst ? [0, 2, 1, 3] : [1, 2, 0, 3]);
  }

  /** (N, heads, L, D) to the layout of the inputs, and through the last projection */
  #merge(y: Tensor): Tensor {
    const apart = y.permute(this.batchFirst ? [0, 2, 1, 3] : [2, 0, 1, 3]);
    return this.outProj.forward(apart.reshape([...apart.shape.slice(0, 2), this.embedDim]));
  }

  protected override members(): (readonly [string, unknown])[] {
    return renamed(super.members(), {
      inProjWeight: "in_proj_weight",
      qProjWeight: "q_proj_weight",
      kProjWeight: "k_proj_weight",
      vProjWeight: "v_proj_weight",
      inProjBias: "in_proj_bias",
      outProj: "out_proj",
    });
  }

  #check(query: Tensor, key: Tensor, value: Tensor): void {
    const shapes = `query ${show(query.shape)}, key ${show(key.shape)}, value ${show(value.shape)}`;
    const sizes = [this.embedDim, this.#kdim, this.#vdim];
    const layout = this.batchFirst ? "(N, L, E)" : "(L, N, E)";
    if ([query, key, value].some((x, i) => x.rank !== 3 || x.shape[2] !== sizes[i]))
      throw new ShapeError(
        `MultiHeadAttention: query, key and value must be ${layout} with E = ${sizes.join(", ")}, got ${shapes}`,
      );
    const batch = this.batchFirst ? 0 : 1;
    if (key.shape[0] !== value.shape[0] || key.shape[1] !== value.shape[1])
      throw new ShapeError(`MultiHeadAttention: key and value must have the same length and batch size, got ${shapes}`);
    if (query.shape[batch] !== key.shape[batch])
      throw new ShapeError(`MultiHeadAttention: query and key must have the same batch size, got ${shapes}`);
  }
}

/** softmax(q k^T / sqrt(D) + mask), (N, heads, Lq, Lk); 0 in the rows of queries that may attend to nothing. */
function weightsOf(q: Tensor, k: Tensor, { mask, causal }: MergedMasks): Tensor {
  const raw = q.matmul(k, { transB: true }).mul(1 / Math.sqrt(q.shape[3]));
  let scores = mask === null ? raw : mask.dtype === "bool" ? mask.where(raw, Number.NEGATIVE_INFINITY) : raw.add(mask);
  if (causal) scores = scores.ones(scores.shape.slice(-2), "bool").tril().where(scores, Number.NEGATIVE_INFINITY);
  const attends = scores.detach().max(-1, { keepDims: true }).ne(Number.NEGATIVE_INFINITY);
  return attends.where(attends.where(scores, 0).softmax(), 0);
}
