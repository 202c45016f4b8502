import { apply } from "../core/apply.js";
import { ShapeError } from "../core/errors.js";
import { defineOp } from "../core/op.js";
import { type Shape, show, sizeOf } from "../core/shape.js";
import type { Tensor } from "../tensor.js";
import type { Numbers } from "./elementwise.js";
import { gemm } from "./gemm.js";

/** The number of rows of x seen as a matrix: all axes but the last are one batch. */
const rowsOf = (shape: Shape): number => sizeOf(shape.slice(0, -1));

const asMatrix = (x: Tensor): Tensor => (x.rank === 2 ? x : x.reshape([rowsOf(x.shape), x.shape[x.rank - 1]]));

/** y = x W^T + b over the last axis, with the batch axes as one: every gradient is a single matrix product. */
export const linearOp = defineOp({
  name: "linear",
  inputs: ["x", "weight", "bias?"],
  types: { x: "numeric", weight: "numeric", bias: "numeric" },
  save: ["x", "weight"],
  infer({ x, weight, bias }) {
    const shapes = `x ${show(x.shape)}, weight ${show(weight.shape)}${bias ? `, bias ${show(bias.shape)}` : ""}`;
    if (weight.shape.length !== 2) throw new ShapeError(`linear: weight is (out, in): ${shapes}`);
    const [out, size] = weight.shape;
    if (x.shape.length === 0) throw new ShapeError(`linear: x needs an axis of features: ${shapes}`);
    if (x.shape[x.shape.length - 1] !== size)
      throw new ShapeError(`linear: the last axis of x is not ${size}: ${shapes}`);
    if (bias && (bias.shape.length !== 1 || bias.shape[0] !== out))
      throw new ShapeError(`linear: bias is not [${out}]: ${shapes}`);
    return { shape: [...x.shape.slice(0, -1), out], dtype: x.dtype };
  },
  args: ({ x, weight }) => [rowsOf(x.shape), weight.shape[0], weight.shape[1]],
  cpu(
    x: Numbers, // (M, K)
    weight: Numbers, // (N, K)
    bias: Numbers | null, // (N)
    y: Numbers, // (M, N)
    m: number,
    n: number,
    k: number,
  ) {
    // The product is added to what stands in y.
    if (bias) for (let i = 0; i < m * n; i += n) y.set(bias, i);
    gemm(m, n, k, x, 0, false, weight, 0, true, y, 0, bias !== null);
  },
  // y = x W^T + b  =>  dx = dy W,  dW = dy^T x,  db = dy, summed over the batch by the engine
  vjp: {
    x: (dy, { x, weight }) => asMatrix(dy).matmul(weight).reshape(x.shape),
    weight: (dy, { x }) => asMatrix(dy).matmul(asMatrix(x), { transA: true }),
    bias: (dy) => dy,
  },
});

/**
 * y = x W^T + b, the fully connected layer.
 *
 * @param x - (..., in)
 * @param weight - (out, in)
 * @param bias - (out)
 * @returns (..., out)
 * @throws ShapeError if the sizes do not fit
 */
export const linear = (x: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor =>
  apply(linearOp, [x, weight, bias], undefined);
