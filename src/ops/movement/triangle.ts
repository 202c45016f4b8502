/**
 * The lower and the upper triangle of matrices. MultiHeadAttention makes causal masks with them. The masks of the
 * attention op are in ops/attention.
 */
import { apply } from "../../core/apply.js";
import { ArgumentError, ShapeError } from "../../core/errors.js";
import type { Numbers } from "../../core/loops/numbers.js";
import { defineOp, type Op } from "../../core/op.js";
import { show, sizeOf } from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";

interface TriangleAttrs {
  readonly diagonal: number;
}

/** y[i][j] = x[i][j] if `keeps` is true for column j - row i, else 0; for each matrix in the last two axes. */
const triangle = (name: "tril" | "triu", keeps: (offset: number, diagonal: number) => boolean): Op<TriangleAttrs> =>
  defineOp({
    name,
    inputs: ["x"],
    infer({ x }, { diagonal }: TriangleAttrs) {
      if (x.shape.length < 2) throw new ShapeError(`${name}: x must have at least two axes, got ${show(x.shape)}`);
      if (!Number.isInteger(diagonal)) throw new ArgumentError(`${name}: diagonal must be an integer, got ${diagonal}`);
      return { shape: x.shape, dtype: x.dtype };
    },
    args: ({ x }, _, { diagonal }) => [sizeOf(x.shape.slice(0, -2)), ...x.shape.slice(-2), diagonal],
    cpu(x: Numbers, y: Numbers, matrices: number, rows: number, columns: number, diagonal: number) {
      for (let m = 0, at = 0; m < matrices; m++)
        for (let i = 0; i < rows; i++)
          for (let j = 0; j < columns; j++, at++) y[at] = keeps(j - i, diagonal) ? x[at] : 0;
    },
    // y = x on the triangle, else 0  =>  dx = dy on the triangle, else 0
    vjp: { x: (dy, _, { diagonal }) => dy[name](diagonal) },
  });

/** y = x on and below the diagonal, else 0  =>  dx = dy there, else 0 */
export const trilOp = triangle("tril", (offset, diagonal) => offset <= diagonal);
/** y = x on and above the diagonal, else 0  =>  dx = dy there, else 0 */
export const triuOp = triangle("triu", (offset, diagonal) => offset >= diagonal);

/**
 * The lower triangle of each matrix in the last two axes: elements above the diagonal become 0.
 *
 * @param diagonal - 0 is the main diagonal, positive ones are above it, negative ones below
 * @throws ShapeError if there are fewer than two axes, ArgumentError if the diagonal is not an integer
 */
export const tril = (x: Tensor, diagonal = 0): Tensor => apply(trilOp, [x], { diagonal });

/**
 * The upper triangle of each matrix in the last two axes: elements below the diagonal become 0.
 *
 * @param diagonal - 0 is the main diagonal, positive ones are above it, negative ones below
 * @throws ShapeError if there are fewer than two axes, ArgumentError if the diagonal is not an integer
 */
export const triu = (x: Tensor, diagonal = 0): Tensor => apply(triuOp, [x], { diagonal });
