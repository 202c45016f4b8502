/** The matrix product: its record and the function. The blocked CPU loop is in core/loops/gemm.ts. */
import { apply } from "../../core/apply.js";
import { ShapeError } from "../../core/errors.js";
import { gemm } from "../../core/loops/gemm.js";
import type { Numbers } from "../../core/loops/numbers.js";
import { defineOp, type Meta } from "../../core/op.js";
import { broadcastShapes, padRank, type Shape, show, sizeOf, stridesOf } from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";

/** The options of `matmul`. */
export interface MatmulOptions {
  /** Multiply by the transpose of a, in its last two axes, without a copy. Default false. */
  readonly transA?: boolean;
  /** Multiply by the transpose of b, in its last two axes, without a copy. Default false. */
  readonly transB?: boolean;
}

interface Flags {
  readonly transA: boolean;
  readonly transB: boolean;
}

/** The offset, in matrices, of the operand for each batch of the output. */
function batchOffsets(batch: Shape, operand: Shape): Int32Array {
  const padded = padRank(operand, batch.length);
  const strides = stridesOf(padded).map((stride, axis) => (padded[axis] === 1 ? 0 : stride));
  const offsets = new Int32Array(sizeOf(batch));
  const outer = stridesOf(batch);
  for (let i = 0; i < offsets.length; i++)
    for (let axis = 0; axis < batch.length; axis++)
      offsets[i] += (Math.floor(i / outer[axis]) % batch[axis]) * strides[axis];
  return offsets;
}

const noBatch: Shape = [];

const batchOf = (shape: Shape): Shape => (shape.length === 2 ? noBatch : shape.slice(0, -2));

const misfit = (rule: string, a: Meta, b: Meta, { transA, transB }: Flags): ShapeError =>
  new ShapeError(`matmul: ${rule}: ${show(a.shape)}${transA ? "^T" : ""} x ${show(b.shape)}${transB ? "^T" : ""}`);

/**
 * y = op(a) op(b) for matrices in the last two axes; the axes before them are batches and broadcast.
 *
 * Without flags, y = a b  =>  da = dy b^T,  db = a^T dy; with flags, the same for the transposes.
 */
export const matmulOp = defineOp({
  name: "matmul",
  inputs: ["a", "b"],
  types: { a: "numeric", b: "numeric" },
  save: ["a", "b"],
  infer({ a, b }, flags: Flags) {
    const [p, q] = [a.shape.length, b.shape.length];
    if (p < 2 || q < 2) throw misfit("operands must have at least two axes", a, b, flags);
    const { transA, transB } = flags;
    if (a.shape[p - (transA ? 2 : 1)] !== b.shape[q - (transB ? 1 : 2)])
      throw misfit("inner dimensions differ", a, b, flags);
    const [m, n] = [a.shape[p - (transA ? 1 : 2)], b.shape[q - (transB ? 2 : 1)]];
    if (p === 2 && q === 2) return { shape: [m, n], dtype: a.dtype };
    return { shape: [...broadcastShapes("matmul", batchOf(a.shape), batchOf(b.shape)), m, n], dtype: a.dtype };
  },
  args({ a, b }, { shape }, { transA, transB }) {
    const [m, n] = [shape[shape.length - 2], shape[shape.length - 1]];
    const k = a.shape[a.shape.length - (transA ? 2 : 1)];
    return [m, n, k, +transA, +transB, batchOf(shape), batchOf(a.shape), batchOf(b.shape)];
  },
  cpu(
    a: Numbers, // (...A, M, K), or (...A, K, M) where transposed
    b: Numbers, // (...B, K, N), or (...B, N, K)
    y: Numbers, // (...Y, M, N)
    m: number,
    n: number,
    k: number,
    transA: number,
    transB: number,
    batch: readonly number[],
    aBatch: readonly number[],
    bBatch: readonly number[],
  ) {
    const aOffsets = batchOffsets(batch, aBatch);
    const bOffsets = batchOffsets(batch, bBatch);
    for (let i = 0; i < aOffsets.length; i++) {
      const [aStart, bStart] = [aOffsets[i] * m * k, bOffsets[i] * k * n];
      gemm(m, n, k, a, aStart, transA === 1, b, bStart, transB === 1, y, i * m * n, false);
    }
  },
  vjp: {
    a: (dy, { b }, { transA, transB }) =>
      transA ? b.matmul(dy, { transA: transB, transB: true }) : dy.matmul(b, { transB: !transB }),
    b: (dy, { a }, { transA, transB }) =>
      transB ? dy.matmul(a, { transA: true, transB: transA }) : a.matmul(dy, { transA: !transA }),
  },
});

/**
 * The matrix product over the last two axes; the axes before them are batches and broadcast. A vector counts as a row
 * on the left and as a column on the right, and the result does not have that axis. The dtypes are promoted; bool
 * counts as int32.
 *
 * @param a - (..., M, K), or (K)
 * @param b - (..., K, N), or (K)
 * @returns (..., M, N)
 * @throws ShapeError if the inner dimensions differ, the batches do not broadcast, or an operand is a scalar
 */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  const { transA = false, transB = false } = options;
  if (a.rank === 0 || b.rank === 0)
    throw new ShapeError(`matmul: a scalar is not a matrix: ${show(a.shape)} x ${show(b.shape)}; use mul`);
  if (a.rank > 2 && b.rank === 2 && !transA && a.shape[a.rank - 1] === b.shape[transB ? 1 : 0])
    return asOneMatrix(a, b, transB);
  if (a.rank > 1 && b.rank > 1) return apply(matmulOp, [a, b], { transA, transB });
  if ((a.rank === 1 && transA) || (b.rank === 1 && transB))
    throw new ShapeError(`matmul: a vector cannot be transposed: ${show(a.shape)} x ${show(b.shape)}`);
  const left = a.rank === 1 ? a.reshape([1, a.size]) : a;
  const right = b.rank === 1 ? b.reshape([b.size, 1]) : b;
  const y = apply(matmulOp, [left, right], { transA, transB });
  const shape = y.shape.filter(
    (_, axis) => !(a.rank === 1 && axis === y.rank - 2) && !(b.rank === 1 && axis === y.rank - 1),
  );
  return y.reshape(shape);
}

/**
 * A batch times one matrix: a single large product, and a single one for the gradient of b, instead of many small ones.
 */
function asOneMatrix(a: Tensor, b: Tensor, transB: boolean): Tensor {
  const batch = a.shape.slice(0, -1);
  const y = apply(matmulOp, [a.reshape([sizeOf(batch), a.shape[a.rank - 1]]), b], { transA: false, transB });
  return y.reshape([...batch, y.shape[1]]);
}
