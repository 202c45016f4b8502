/**
 * Marks tensors as parameters or buffers and copies values into them. Layers call it for their state; Module asks it
 * for the role of a tensor.
 */
import { isFloat } from "../core/dtype.js";
import { ArgumentError, DTypeError, ShapeError } from "../core/errors.js";
import { checkTensor, keep } from "../core/memory/scope.js";
import { sameShape, show } from "../core/shape.js";
import { copyValues } from "../ops/optimizer/copy.js";
import type { Tensor } from "../tensor.js";

/** The role of a tensor in a field of a module. A passing buffer is not saved. */
export type Role = "parameter" | "buffer" | "passing buffer";

const roles = new WeakMap<Tensor, Role>();

/** The role of a tensor; null for a tensor that is not state, such as the last output. */
export const roleOf = (tensor: Tensor): Role | null =>
  roles.get(tensor) ?? (tensor.requiresGrad && !tensor.variable?.entry ? "parameter" : null);

/**
 * Makes `tensor` a parameter: gradients flow to it, and it lives outside all scopes, so that a layer may be made inside
 * one. It stays a parameter when `requiresGrad` is set to false, which freezes it. Returns the same tensor.
 *
 * @throws ArgumentError if it is the recorded result of an op
 */
export function parameter(tensor: Tensor): Tensor {
  checkLeaf("parameter", tensor);
  tensor.requiresGrad = true;
  roles.set(tensor, "parameter");
  return keep(tensor);
}

/** Options of `buffer`. */
export interface BufferOptions {
  /** Whether it belongs to the state dict. Default true. */
  readonly persistent?: boolean;
}

/**
 * Makes `tensor` a buffer: state of a module that is not trained, such as a running mean. It lives outside all scopes.
 * Returns the same tensor.
 *
 * @throws ArgumentError if it is the recorded result of an op
 */
export function buffer(tensor: Tensor, { persistent = true }: BufferOptions = {}): Tensor {
  checkLeaf("buffer", tensor);
  tensor.requiresGrad = false;
  roles.set(tensor, persistent ? "buffer" : "passing buffer");
  return keep(tensor);
}

function checkLeaf(op: string, tensor: Tensor): void {
  checkTensor(op, "the value", tensor);
  if (tensor.variable?.entry)
    throw new ArgumentError(`${op}: ${tensor.describe()} is the result of an op, not a leaf; call detach() first`);
}

/**
 * Copies values into a parameter or buffer, in place, in the dtype and on the device that it has:
 *
 *     assign(layer.weight, xavierUniform(layer.weight.shape));
 *
 * @throws ShapeError if the shapes differ; DTypeError if floats would be converted to integers. Nothing has changed then
 */
export function assign(target: Tensor, source: Tensor): void {
  checkTensor("assign", "the target", target);
  checkTensor("assign", "the source", source);
  if (!sameShape(target.shape, source.shape))
    throw new ShapeError(
      `assign: shapes differ: the target is ${show(target.shape)}, the source is ${show(source.shape)}`,
    );
  if (source.dtype !== target.dtype && !isFloat(target.dtype))
    throw new DTypeError(
      `assign: the target is ${target.dtype}, but the source is ${source.dtype}; cast the source first`,
    );
  copyValues("assign", [source], [target]);
}
