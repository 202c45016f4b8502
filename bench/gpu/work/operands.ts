/** Shared by the makers of work: random operands, samples of an axis, and gradients without their forward pass. */
import { concat, type DType, randn, type Tensor, vjp } from "../../../src/index.js";
import { type Row, size } from "../rows.js";
import type { Operands } from "../work.js";

export const bytesOf: Readonly<Record<string, number>> = { float32: 4, bfloat16: 2, float16: 2, int32: 4 };

/** The dtype of a row, and the bytes of an element. */
export function elementOf(row: Row): { dtype: DType; bytes: number } {
  const dtype = row.dtype ?? "float32";
  return { dtype, bytes: bytesOf[dtype] };
}

/** The sizes of a row that works on a matrix, its dtype, and the bytes of an element. */
export const matrixOf = (row: Row): { rows: number; columns: number; dtype: DType; bytes: number } => ({
  rows: size(row, "rows"),
  columns: size(row, "columns"),
  ...elementOf(row),
});

/** Normal numbers: never zeros, which run faster than any data. */
export const random = (dtype: DType, ...shape: number[]): Tensor => randn(shape, { dtype });

/**
 * The first and the last `count` of an axis, and as many from within: a sample with the edges of the tiles that kernels
 * work on, and with the middle of one. All of an axis that is not longer. The places depend on the length alone, so
 * operands and results of one length have the same.
 */
export function sampleOf(x: Tensor, axis: number, count: number): Tensor {
  const length = x.shape[axis];
  if (length <= 3 * count) return x;
  const part = (from: number): Tensor => x.slice([...Array.from({ length: axis }, () => null), [from, from + count]]);
  const within = count + Math.floor(0.618 * (length - 3 * count));
  return concat([part(0), part(within), part(length - count)], axis);
}

/** The last of an axis, which keeps the axis. */
export const last = (x: Tensor, axis: number): Tensor =>
  x.slice([...Array.from({ length: axis }, () => null), [x.shape[axis] - 1, x.shape[axis]]]);

/**
 * The gradients of `f` at `inputs` for a random cotangent, with the forward pass outside of what is timed. The tensors
 * are the inputs, `others`, and the cotangent.
 */
export function gradients(
  f: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  others: readonly Tensor[] = [],
): Operands {
  const { value, pullback } = vjp(f)(...inputs);
  const cotangent = random(value.dtype, ...value.shape);
  return { tensors: [...inputs, ...others, cotangent], run: () => pullback(cotangent) };
}
