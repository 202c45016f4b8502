/** Products of vectors, as compositions of other ops. They have no kernels. The product of matrices is in matmul.ts. */
import { ShapeError } from "../../core/errors.js";
import { show } from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";

function checkVectors(name: string, a: Tensor, b: Tensor): void {
  if (a.rank !== 1 || b.rank !== 1)
    throw new ShapeError(`${name}: operands must be vectors, with one axis, got ${show(a.shape)} and ${show(b.shape)}`);
}

/**
 * The inner product of two vectors, a scalar: the sum of a_i b_i.
 *
 * @throws ShapeError if an operand does not have one axis or the lengths differ
 */
export function dot(a: Tensor, b: Tensor): Tensor {
  checkVectors("dot", a, b);
  if (a.size !== b.size)
    throw new ShapeError(`dot: vectors must have the same length, got ${show(a.shape)} and ${show(b.shape)}`);
  return a.matmul(b);
}

/**
 * The outer product of two vectors: y_ij = a_i b_j, of shape (M, N).
 *
 * @throws ShapeError if an operand does not have one axis
 */
export function outer(a: Tensor, b: Tensor): Tensor {
  checkVectors("outer", a, b);
  return a.reshape([a.size, 1]).mul(b);
}
