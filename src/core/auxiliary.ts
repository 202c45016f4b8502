/**
 * Support for ops with auxiliary outputs, such as the mean and rstd of a norm: their dtype, and a call that keeps
 * only the main output. Used by the families attention, loss and normalization.
 */
import type { Tensor } from "../tensor.js";
import { applyAll } from "./apply.js";
import type { DType } from "./dtype.js";
import type { Op, OpInputs } from "./op.js";

/** The dtype of statistics and sums that are kept with a tensor of floats: 16 bits are not precise enough for them. */
export const auxiliaryDType = (dtype: DType): DType => (dtype === "float64" ? "float64" : "float32");

/**
 * Runs an op whose outputs after the first are auxiliary, for its gradient, and returns the first. The others are
 * disposed; if the gradient needs them, the tape keeps their values.
 */
export function applyMain<A>(op: Op<A>, inputs: OpInputs, attrs: A): Tensor {
  const outputs = applyAll(op, inputs, attrs);
  for (let i = 1; i < outputs.length; i++) outputs[i].dispose();
  return outputs[0];
}
