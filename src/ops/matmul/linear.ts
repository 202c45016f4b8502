/** The fully connected layer as one op: a matrix product with the bias added. The layer `Linear` in nn calls it. */
import { apply } from "../../core/apply.js";
import { ShapeError } from "../../core/errors.js";
import { gemm } from "../../core/loops/gemm.js";
import type { Numbers } from "../../core/loops/numbers.js";
import { defineOp, type Meta } from "../../core/op.js";
import { type Shape, show } from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";

/** The number of rows of x seen as a matrix: all axes but the last are one batch. */
function rowCount(shape: Shape): number {
  let rows = 1;
  for (let axis = 0; axis < shape.length - 1; axis++) rows *= shape[axis];
  return rows;
}

function misfit(rule: string, x: Meta, weight: Meta, bias: Meta | undefined): ShapeError {
  const ending = bias ? `, bias ${show(bias.shape)}` : "";
  return new ShapeError(`linear: ${rule}: x ${show(x.shape)}, weight ${show(weight.shape)}${ending}`);
}

const asMatrix = (x: Tensor): Tensor => (x.rank === 2 ? x : x.reshape([rowCount(x.shape), x.shape[x.rank - 1]]));

/**
 * y = x W^T + b over the last axis  =>  dx = dy W,  dW = dy^T x,  db = dy, which the engine sums over the batch.
 *
 * The batch axes count as one, so that every gradient is a single matrix product.
 */
export const linearOp = defineOp({
  name: "linear",
  inputs: ["x", "weight", "bias?"],
  types: { x: "numeric", weight: "numeric", bias: "numeric" },
  save: ["x", "weight"],
  infer({ x, weight, bias }) {
    if (weight.shape.length !== 2) throw misfit("weight must have shape (out, in)", x, weight, bias);
    const [out, size] = weight.shape;
    const shape = x.shape.slice();
    const last = shape.length - 1;
    if (last < 0) throw misfit("x must have at least one axis", x, weight, bias);
    if (shape[last] !== size) throw misfit(`the last axis of x must have size ${size}`, x, weight, bias);
    if (bias && (bias.shape.length !== 1 || bias.shape[0] !== out))
      throw misfit(`bias must have shape [${out}]`, x, weight, bias);
    shape[last] = out;
    return { shape, dtype: x.dtype };
  },
  args: ({ x, weight }) => [rowCount(x.shape), weight.shape[0], weight.shape[1]],
  cpu(
    x: Numbers, // (M, K)
    weight: Numbers, // (N, K)
    bias: Numbers | null, // (N)
    y: Numbers, // (M, N)
    m: number,
    n: number,
    k: number,
  ) {
    // The product is added to the bias in y.
    if (bias) for (let i = 0; i < m * n; i += n) y.set(bias, i);
    gemm(m, n, k, x, 0, false, weight, 0, true, y, 0, bias !== null);
  },
  vjp: {
    x: (dy, { x, weight }) => asMatrix(dy).matmul(weight).reshape(x.shape),
    weight: (dy, { x }) => asMatrix(dy).matmul(asMatrix(x), { transA: true }),
    bias: (dy) => dy,
  },
});

/**
 * The fully connected layer, x W^T + b over the last axis.
 *
 * @param x - (..., in)
 * @param weight - W, (out, in)
 * @param bias - b, (out). Default: none
 * @returns (..., out)
 * @throws ShapeError if the sizes do not fit
 */
export const linear = (x: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor =>
  apply(linearOp, [x, weight, bias], undefined);
