/**
 * Scaled dot-product attention: the records of the fused op and its gradient, and the function. Heads and projections
 * are in nn/attention.
 */
import { applyAll } from "../../core/apply.js";
import { differentiateTwice } from "../../core/autograd/second-derivative.js";
import { applyMain, auxiliaryDType } from "../../core/auxiliary.js";
import { isFloat } from "../../core/dtype.js";
import { DTypeError, ShapeError } from "../../core/errors.js";
import { defineOp, type Meta } from "../../core/op.js";
import { checkFinite, checkProbability } from "../../core/option-checks.js";
import type { Generator } from "../../core/random/generator.js";
import { broadcastShapes, type Shape, sameShape, show } from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";
import { attend, attendBackward } from "./attention-kernel.js";

/** The options of `scaledDotProductAttention`. */
export interface AttentionOptions {
  /**
   * Broadcasts to (..., Lq, Lk). bool: query i may attend to key j where it is true. Floats: added to the scaled
   * scores; -Infinity forbids. Default: every query attends to every key.
   */
  readonly mask?: Tensor | null;
  /** Query i attends to keys 0 .. i only, in addition to `mask`. Default false. */
  readonly causal?: boolean;
  /** The factor on the scores q k^T. Default 1 / sqrt(D). */
  readonly scale?: number;
  /** The probability of setting an attention weight to 0. Default 0. */
  readonly dropoutP?: number;
  /** The source of the random numbers of dropout. Default: the default generator. */
  readonly generator?: Generator;
}

interface AttentionAttrs {
  readonly causal: boolean;
  readonly scale: number;
}

/** The sizes of an attention: batches (as axes), queries, keys, features of q and k, features of v. */
function attentionSizes(
  q: Meta,
  k: Meta,
  v: Meta,
): [batch: Shape, queries: number, keys: number, features: number, values: number] {
  const misfit = (text: string) =>
    new ShapeError(
      `scaledDotProductAttention: ${text}, got q ${show(q.shape)}, k ${show(k.shape)}, v ${show(v.shape)}`,
    );
  for (const { shape } of [q, k, v]) if (shape.length < 2) throw misfit("q, k and v must have shape (..., L, D)");
  const [batch, [queries, features]] = [q.shape.slice(0, -2), q.shape.slice(-2)];
  const [keys, keyFeatures] = k.shape.slice(-2);
  const [valueKeys, values] = v.shape.slice(-2);
  if (features !== keyFeatures) throw misfit("q and k must have the same number of features");
  if (keys !== valueKeys) throw misfit("k and v must have the same length");
  if (!sameShape(batch, k.shape.slice(0, -2)) || !sameShape(batch, v.shape.slice(0, -2)))
    throw misfit("q, k and v must have the same batch axes");
  return [batch, queries, keys, features, values];
}

/** Throws unless the mask broadcasts to the scores. */
function checkMask(mask: Meta | undefined, scores: Shape): void {
  if (mask && !sameShape(broadcastShapes("scaledDotProductAttention", mask.shape, scores), scores))
    throw new ShapeError(
      `scaledDotProductAttention: the mask ${show(mask.shape)} does not broadcast to the scores ${show(scores)}`,
    );
}

/**
 * y_i = sum_j p_ij v_j,  p_ij = e^(s_ij - lse_i),  s = scale q k^T + bias, -Infinity where the mask forbids,
 * lse_i = ln sum_j e^s_ij. Its gradient is `attentionGradOp`.
 */
export const attentionOp = defineOp({
  name: "attention",
  inputs: ["q", "k", "v", "mask?", "bias?"],
  outputs: ["y", "logsumexp"],
  auxiliary: ["logsumexp"],
  types: { q: "float", k: "float", v: "float", mask: "bool", bias: "float" },
  save: ["q", "k", "v", "mask", "bias", "y", "logsumexp"],
  infer({ q, k, v, mask, bias }, _: AttentionAttrs) {
    const [batch, queries, keys, , values] = attentionSizes(q, k, v);
    checkMask(mask, [...batch, queries, keys]);
    checkMask(bias, [...batch, queries, keys]);
    return {
      y: { shape: [...batch, queries, values], dtype: q.dtype },
      logsumexp: { shape: [...batch, queries], dtype: auxiliaryDType(q.dtype) },
    };
  },
  args({ q, k, v, mask, bias }, _, { causal, scale }) {
    return [...attentionSizes(q, k, v), mask?.shape ?? [], bias?.shape ?? [], +causal, scale];
  },
  cpu: attend,
  vjp({ y: dy }, { q, k, v, mask, bias, y, logsumexp }, attrs, needs) {
    // As a constant: the derivative of the gradient goes through q, k and v, of which y is a function.
    const out = y.detach();
    const inputs = [dy, q, k, v, mask ?? null, bias ?? null, out, logsumexp];
    const [dq, dk, dv] = applyAll(attentionGradOp, inputs, attrs);
    // As large as the scores, so only if it is needed.
    const dbias = needs.bias ? biasGradient(dy, v, weightsOf(q, k, mask, bias, attrs)) : null;
    return { q: dq, k: dk, v: dv, mask: null, bias: dbias };
  },
});

/** p as a composition of ops, of shape (..., Lq, Lk); 0 in the rows of queries that may attend to nothing. */
function weightsOf(
  q: Tensor,
  k: Tensor,
  mask: Tensor | undefined,
  bias: Tensor | undefined,
  { causal, scale }: AttentionAttrs,
): Tensor {
  const raw = q.matmul(k, { transB: true }).mul(scale);
  let scores = bias ? raw.add(bias) : raw;
  if (mask) scores = mask.where(scores, Number.NEGATIVE_INFINITY);
  if (causal) scores = scores.ones(scores.shape.slice(-2), "bool").tril().where(scores, Number.NEGATIVE_INFINITY);
  if (scores.size === 0) return scores;
  const attends = scores.detach().max(-1, { keepDims: true }).ne(Number.NEGATIVE_INFINITY);
  return attends.where(attends.where(scores, 0).softmax(), 0);
}

// ds_ij = p_ij (dp_ij - sum_k p_ik dp_ik),  dp = dy v^T
function biasGradient(dy: Tensor, v: Tensor, p: Tensor): Tensor {
  const dp = dy.matmul(v, { transB: true });
  return p.mul(dp.sub(p.mul(dp).sum(-1, { keepDims: true })));
}

/**
 * ds_ij = p_ij (dy_i . v_j - dy_i . y_i)
 *   =>  dq_i = scale sum_j ds_ij k_j,  dk_j = scale sum_i ds_ij q_i,  dv_j = sum_i p_ij dy_i
 */
export const attentionGradOp = defineOp({
  name: "attentionGrad",
  inputs: ["dy", "q", "k", "v", "mask?", "bias?", "out", "logsumexp"],
  outputs: ["dq", "dk", "dv"],
  types: {
    dy: "float",
    q: "float",
    k: "float",
    v: "float",
    mask: "bool",
    bias: "float",
    out: "float",
    logsumexp: "unchanged",
  },
  save: ["dy", "q", "k", "v", "mask", "bias"],
  infer: ({ q, k, v }, _: AttentionAttrs) => ({
    dq: { shape: q.shape, dtype: q.dtype },
    dk: { shape: k.shape, dtype: k.dtype },
    dv: { shape: v.shape, dtype: v.dtype },
  }),
  args({ q, k, v, mask, bias }, _, { causal, scale }) {
    return [...attentionSizes(q, k, v), mask?.shape ?? [], bias?.shape ?? [], +causal, scale];
  },
  cpu: attendBackward,
  vjp({ dq, dk, dv }, { dy, q, k, v, mask, bias }, attrs) {
    const forward = (q?: Tensor, k?: Tensor, v?: Tensor, bias?: Tensor) =>
      weightsOf(q as Tensor, k as Tensor, mask, bias, attrs).matmul(v as Tensor);
    const found = differentiateTwice(forward, [q, k, v, bias], dy, [dq, dk, dv]);
    const [ddq, ddk, ddv, ddbias] = found.inputs;
    return { dy: found.dy, q: ddq, k: ddk, v: ddv, mask: null, bias: ddbias, out: null, logsumexp: null };
  },
});

/**
 * Scaled dot-product attention, softmax(scale q k^T + mask) v: Vaswani et al., "Attention is all you need" (2017,
 * arXiv:1706.03762). The scores are never held as a whole, as in Dao et al., "FlashAttention" (2022, arXiv:2205.14135),
 * except with dropout and for the gradient of a mask of floats.
 *
 * A query that may attend to no key gets zeros, and its gradients are 0. Integers and bool give float32.
 *
 * @param q - queries (..., Lq, D)
 * @param k - keys (..., Lk, D)
 * @param v - values (..., Lk, E)
 * @returns (..., Lq, E); the batch axes broadcast
 * @throws ShapeError if the shapes do not fit, DTypeError for a mask of integers, ArgumentError if `dropoutP` is not a
 *   probability or the scale is not finite
 */
export function scaledDotProductAttention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Tensor {
  const { mask: given, causal = false, dropoutP = 0, generator } = options;
  const name = "scaledDotProductAttention";
  if (given && given.dtype !== "bool" && !isFloat(given.dtype))
    throw new DTypeError(`${name}: mask must be bool, or floats that are added to the scores, got ${given.dtype}`);
  checkProbability(name, dropoutP, "dropoutP");
  const [mask, bias] = given?.dtype === "bool" ? [given, undefined] : [undefined, given ?? undefined];
  const [qs, ks, vs] = alignBatches(q, k, v);
  const attrs = {
    causal,
    scale: checkFinite(name, "scale", options.scale ?? 1 / Math.sqrt(Math.max(1, q.shape[q.rank - 1]))),
  };
  if (dropoutP === 0) return applyMain(attentionOp, [qs, ks, vs, mask ?? null, bias ?? null], attrs);
  attentionOp.infer({ q: qs, k: ks, v: vs, mask, bias }, attrs);
  return weightsOf(qs, ks, mask, bias, attrs).dropout(dropoutP, { generator }).matmul(vs);
}

/** q, k and v with the same batch axes. */
function alignBatches(q: Tensor, k: Tensor, v: Tensor): Tensor[] {
  const name = "scaledDotProductAttention";
  const batches = [q, k, v].map(({ shape }) => shape.slice(0, -2));
  const batch = batches.reduce<Shape>((a, b) => broadcastShapes(name, a, b), []);
  return [q, k, v].map((x) => x.expand([...batch, ...x.shape.slice(-2)]));
}
