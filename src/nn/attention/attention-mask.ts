/**
 * Merges PyTorch's attention masks (`attnMask`, `keyPaddingMask`, `isCausal`) into the one mask of
 * `scaledDotProductAttention`. Called by MultiHeadAttention.
 */
import { isFloat } from "../../core/dtype.js";
import { DTypeError, ShapeError } from "../../core/errors.js";
import { broadcastShapes, type Shape, sameShape, show } from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";

/** The masks of PyTorch's attention layers: which keys each query may attend to. */
export interface AttentionMasks {
  /**
   * (Lq, Lk), (N heads, Lq, Lk), or a shape that broadcasts to (N, heads, Lq, Lk). Of bool: query i may NOT attend to
   * key j where it is true, as in PyTorch's layer; `scaledDotProductAttention` takes the opposite. Of floats: added to
   * the scores, -Infinity to forbid. Default: nothing is forbidden.
   */
  readonly attnMask?: Tensor | null;
  /** (N, Lk), for padding. Of bool: no query may attend to key j where it is true. Of floats: added to the scores. */
  readonly keyPaddingMask?: Tensor | null;
  /** Query i attends to key i and those before it only, in addition to the masks. Default false. */
  readonly isCausal?: boolean;
}

/** The mask in the form that `scaledDotProductAttention` takes. */
export interface MergedMasks {
  /** To broadcast to (N, heads, Lq, Lk): bool, true where a query may attend, or floats to be added; null: no mask. */
  readonly mask: Tensor | null;
  readonly causal: boolean;
}

/**
 * The masks as one.
 *
 * @param scores - (N, heads, Lq, Lk)
 * @param past - the number of keys before that of the first query: those of a cache
 * @param like - the queries, for their dtype and device
 * @throws ShapeError if a mask does not fit, DTypeError for a mask of integers
 */
export function mergeMasks(
  layer: string,
  masks: AttentionMasks,
  scores: Shape,
  past: number,
  like: Tensor,
): MergedMasks {
  const { attnMask, keyPaddingMask, isCausal = false } = masks;
  const given = [
    attnMask ? attnMaskOf(layer, attnMask, scores) : null,
    keyPaddingMask ? paddingMaskOf(layer, keyPaddingMask, scores) : null,
    // A single query may attend to all keys; without a past, the causal mask of the op is enough.
    isCausal && past > 0 && scores[2] > 1 ? like.ones([scores[2], scores[3]], "bool").triu(past + 1) : null,
  ].filter((mask) => mask !== null);
  const causal = isCausal && past === 0;
  if (given.length === 0) return { mask: null, causal };
  if (given.every(({ dtype }) => dtype === "bool"))
    return { mask: given.reduce((a, b) => a.logicalOr(b)).logicalNot(), causal };
  const added = given.map((mask) =>
    mask.dtype === "bool" ? mask.where(Number.NEGATIVE_INFINITY, 0).cast(like.dtype) : mask,
  );
  return { mask: added.reduce((a, b) => a.add(b)), causal };
}

function attnMaskOf(layer: string, mask: Tensor, scores: Shape): Tensor {
  checkMaskType(layer, "attnMask", mask);
  const [n, heads, queries, keys] = scores;
  const perHead = mask.rank === 3 && sameShape(mask.shape, [n * heads, queries, keys]);
  const aligned = perHead ? mask.reshape(scores) : mask;
  if (mask.rank < 2 || (mask.rank === 3 && !perHead) || !stretches(layer, aligned.shape, scores))
    throw new ShapeError(
      `${layer}: attnMask must be ${show([queries, keys])} or ${show([n * heads, queries, keys])}, or broadcast to ${show(scores)}, got ${show(mask.shape)}`,
    );
  return aligned;
}

function stretches(layer: string, shape: Shape, to: Shape): boolean {
  try {
    return sameShape(broadcastShapes(layer, shape, to), to);
  } catch {
    return false;
  }
}

function paddingMaskOf(layer: string, mask: Tensor, [n, , , keys]: Shape): Tensor {
  checkMaskType(layer, "keyPaddingMask", mask);
  if (!sameShape(mask.shape, [n, keys]))
    throw new ShapeError(`${layer}: keyPaddingMask must be ${show([n, keys])}, got ${show(mask.shape)}`);
  return mask.reshape([n, 1, 1, keys]);
}

function checkMaskType(layer: string, name: string, { dtype }: Tensor): void {
  if (dtype !== "bool" && !isFloat(dtype))
    throw new DTypeError(`${layer}: ${name} must be bool, or floats to add to the scores, got ${dtype}`);
}
