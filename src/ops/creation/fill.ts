/**
 * The ops that make tensors without inputs: one value everywhere, and a range. Called by create.ts, by `zeros` and
 * `ones` of a tensor, and by optimizers; users call `full` and `arange`. The folder has no index.ts: these functions are
 * not public ops, and their callers import this file.
 */
import { apply } from "../../core/apply.js";
import type { Backend } from "../../core/backend.js";
import type { DType } from "../../core/dtype.js";
import type { Numbers } from "../../core/loops/numbers.js";
import { defineOp } from "../../core/op.js";
import { type Shape, sizeOf } from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";

/** y[i] = value */
export const fillOp = defineOp({
  name: "fill",
  inputs: [],
  infer: (_, { shape, dtype }: { shape: Shape; dtype: DType; value: number }) => ({ shape, dtype }),
  args: (_, y, { value }) => [sizeOf(y.shape), value],
  cpu(y: Numbers, n: number, value: number) {
    y.fill(value, 0, n);
  },
  vjp: {},
});

/** A tensor of one value. */
export const fill = (shape: Shape, value: number, dtype: DType, on?: Backend): Tensor =>
  apply(fillOp, [], { shape, dtype, value }, on);

/** y[i] = start + i step */
export const arangeOp = defineOp({
  name: "arange",
  inputs: [],
  infer: (_, { length, dtype }: { length: number; dtype: DType; start: number; step: number }) => ({
    shape: [length],
    dtype,
  }),
  args: (_, y, { start, step }) => [sizeOf(y.shape), start, step],
  cpu(y: Numbers, n: number, start: number, step: number) {
    for (let i = 0; i < n; i++) y[i] = start + i * step;
  },
  vjp: {},
});

/** y[i] = start + i * step, for 0 <= i < length. */
export const ramp = (length: number, start: number, step: number, dtype: DType, on?: Backend): Tensor =>
  apply(arangeOp, [], { length, dtype, start, step }, on);
