/**
 * Conversion of elements to another dtype. Promotion calls it through `x.cast`, so its gradient is recorded like any
 * other.
 */
import { apply } from "../../core/apply.js";
import { checkDType, type DType } from "../../core/dtype.js";
import type { Numbers } from "../../core/loops/numbers.js";
import { defineOp } from "../../core/op.js";
import { sizeOf } from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";

/**
 * y = x in another dtype  =>  dx = dy in the dtype of x.
 *
 * `toBool` is 1 for a cast to bool, which turns every number except 0 into 1.
 */
export const castOp = defineOp({
  name: "cast",
  inputs: ["x"],
  types: { x: "unchanged" },
  infer: ({ x }, { to }: { from: DType; to: DType }) => ({ shape: x.shape, dtype: to }),
  args: (_, y) => [sizeOf(y.shape), y.dtype === "bool" ? 1 : 0],
  cpu(x: Numbers, y: Numbers, n: number, toBool: number) {
    if (toBool) for (let i = 0; i < n; i++) y[i] = x[i] !== 0 ? 1 : 0;
    else for (let i = 0; i < n; i++) y[i] = x[i];
  },
  // The cotangent goes back in the dtype that x had.
  vjp: { x: (dy, _, { from }) => dy.cast(from) },
});

/**
 * Converts the elements to another dtype. To a float: rounds to nearest, ties to even. To an integer: truncates towards
 * zero and wraps around; NaN and infinities give 0. To bool: everything except 0 gives 1. Returns the tensor itself if
 * it has the dtype already. Gradients flow back in the dtype that `x` has.
 *
 * @throws DTypeError for an unknown dtype
 */
export function cast(x: Tensor, dtype: DType): Tensor {
  checkDType("cast", dtype);
  return x.dtype === dtype ? x : apply(castOp, [x], { from: x.dtype, to: dtype });
}
