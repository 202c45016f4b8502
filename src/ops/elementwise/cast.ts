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

/** `toBool` is 1 for a cast to bool, where every number other than 0 becomes 1. */
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
 * Converts the elements to another dtype. Floats round to nearest even; to integers they are cut towards zero and
 * wrap around, and NaN and infinities give 0; to bool everything but 0 is 1. The tensor itself is returned where it
 * has the dtype already.
 */
export function cast(x: Tensor, dtype: DType): Tensor {
  checkDType("cast", dtype);
  return x.dtype === dtype ? x : apply(castOp, [x], { from: x.dtype, to: dtype });
}
