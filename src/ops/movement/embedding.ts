/**
 * Rows of a table by index, and the gradient that adds them back in a fixed order. The layer `Embedding` in nn calls
 * it.
 */
import { apply } from "../../core/apply.js";
import { ArgumentError, ShapeError } from "../../core/errors.js";
import type { Numbers } from "../../core/loops/numbers.js";
import { defineOp, type Op } from "../../core/op.js";
import { show, sizeOf } from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";

/** The options of `embedding`. */
export interface EmbeddingOptions {
  /**
   * The index that represents padding: its row is read like any other but gets no gradient, so that it does not change.
   * Counted from the end if negative. Default: none.
   */
  readonly paddingIdx?: number;
}

interface EmbeddingAttrs {
  /** The rows of the table. */
  readonly rows: number;
  /** The row without gradient; -1 for none. */
  readonly padding: number;
}

const outsideTable = (name: string, index: number, rows: number): ArgumentError =>
  new ArgumentError(`embedding: ${name} ${index} is out of range for a table of ${rows} rows`);

/** y[i] = weight[index[i]]  =>  dweight[r] = sum of dy[i] over the i with index[i] = r */
export const embeddingOp: Op<EmbeddingAttrs> = defineOp<"index" | "weight", "index", EmbeddingAttrs>({
  name: "embedding",
  inputs: ["index", "weight"],
  types: { index: "index" },
  save: ["index"],
  infer({ index, weight }) {
    if (weight.shape.length !== 2)
      throw new ShapeError(`embedding: weight must have shape (rows, features), got ${show(weight.shape)}`);
    return { shape: [...index.shape, weight.shape[1]], dtype: weight.dtype };
  },
  args: ({ index, weight }) => [sizeOf(index.shape), weight.shape[0], weight.shape[1]],
  cpu(
    index: Numbers, // (N)
    weight: Numbers, // (R, D)
    y: Numbers, // (N, D)
    count: number,
    rows: number,
    features: number,
  ) {
    for (let i = 0; i < count; i++) {
      const row = index[i];
      if (row < 0 || row >= rows) throw outsideTable("index", row, rows);
      const from = row * features;
      const to = i * features;
      for (let d = 0; d < features; d++) y[to + d] = weight[from + d];
    }
  },
  vjp: { index: null, weight: (dy, { index }, attrs) => apply(embeddingGradOp, [dy, index], attrs) },
});

/** y[r] = sum of dy[i] over the i with index[i] = r, in the order of i, so that it is the same every time. */
export const embeddingGradOp: Op<EmbeddingAttrs> = defineOp<"dy" | "index", "index", EmbeddingAttrs>({
  name: "embeddingGrad",
  inputs: ["dy", "index"],
  types: { index: "index" },
  save: ["index"],
  infer: ({ dy }, { rows }) => ({ shape: [rows, dy.shape[dy.shape.length - 1]], dtype: dy.dtype }),
  args: ({ index }, y, { rows, padding }) => [sizeOf(index.shape), rows, y.shape[1], padding],
  cpu(
    dy: Numbers, // (N, D)
    index: Numbers, // (N)
    y: Numbers, // (R, D)
    count: number,
    rows: number,
    features: number,
    padding: number,
  ) {
    const { starts, order } = positionsByRow(index, count, rows);
    const sums = new Float64Array(features);
    for (let row = 0; row < rows; row++) {
      sums.fill(0);
      if (row !== padding)
        for (let k = starts[row]; k < starts[row + 1]; k++) {
          const from = order[k] * features;
          for (let d = 0; d < features; d++) sums[d] += dy[from + d];
        }
      y.set(sums, row * features);
    }
  },
  // It is linear in dy: the derivative picks the rows of ddw, except those of padding.
  vjp: {
    dy(ddw, { index }, attrs) {
      const picked = apply(embeddingOp, [index, ddw], attrs);
      return attrs.padding < 0 ? picked : picked.mul(index.ne(attrs.padding).unsqueeze(-1));
    },
    index: null,
  },
});

/** A counting sort: the positions that hold row r are order[starts[r]] up to order[starts[r + 1]], ascending. */
function positionsByRow(index: Numbers, count: number, rows: number): { starts: Int32Array; order: Int32Array } {
  const starts = new Int32Array(rows + 1);
  for (let i = 0; i < count; i++) starts[index[i] + 1]++;
  for (let row = 0; row < rows; row++) starts[row + 1] += starts[row];
  const next = starts.slice();
  const order = new Int32Array(count);
  for (let i = 0; i < count; i++) order[next[index[i]]++] = i;
  return { starts, order };
}

/**
 * Rows of a table by index, for tokens or categories: y[i] = weight[index[i]]. The gradient adds up in a fixed order,
 * so it is the same every time.
 *
 * @param index - integers of any shape, from 0 to rows - 1
 * @param weight - (rows, features)
 * @returns (...index, features)
 * @throws ShapeError if `weight` does not have two axes, DTypeError if `index` does not hold integers, ArgumentError
 *   for an index or a `paddingIdx` outside the table
 */
export function embedding(index: Tensor, weight: Tensor, options: EmbeddingOptions = {}): Tensor {
  const { paddingIdx } = options;
  const rows = weight.shape[0] ?? 0;
  if (paddingIdx !== undefined && (!Number.isInteger(paddingIdx) || paddingIdx < -rows || paddingIdx >= rows))
    throw outsideTable("paddingIdx", paddingIdx, rows);
  const padding = paddingIdx === undefined ? -1 : paddingIdx < 0 ? paddingIdx + rows : paddingIdx;
  return apply(embeddingOp, [index, weight], { rows, padding });
}
