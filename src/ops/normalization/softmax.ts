/**
 * softmax and logSoftmax along an axis: the records, their fused gradients and the functions. The layers Softmax and
 * LogSoftmax call them. The losses have kernels that contain their own softmax.
 */
import { apply } from "../../core/apply.js";
import { ShapeError } from "../../core/errors.js";
import type { Numbers } from "../../core/loops/numbers.js";
import { rowDims } from "../../core/loops/rows.js";
import { defineOp, type Meta, type Op } from "../../core/op.js";
import { normalizeAxis, sameShape, show } from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";

interface AxisAttrs {
  readonly axis: number;
}

type RowKernel = (x: Numbers, y: Numbers, start: number, size: number, step: number) => void;
type GradKernel = (dy: Numbers, s: Numbers, dx: Numbers, start: number, size: number, step: number) => void;

/** An op on each row along an axis by itself; its gradient is another kernel, which reads y. */
const rowOp = (name: string, row: RowKernel, grad: () => Op<AxisAttrs>): Op<AxisAttrs> =>
  defineOp<"x", "y", AxisAttrs>({
    name,
    inputs: ["x"],
    types: { x: "float" },
    save: ["y"],
    infer: ({ x }) => ({ shape: x.shape, dtype: x.dtype }),
    args: ({ x }, _, { axis }) => rowDims(x.shape, axis),
    cpu(x: Numbers, y: Numbers, outer: number, size: number, inner: number) {
      for (let o = 0; o < outer; o++) for (let i = 0; i < inner; i++) row(x, y, o * size * inner + i, size, inner);
    },
    vjp: { x: (dy, { y }, attrs) => apply(grad(), [dy, y], attrs) },
  });

type GradRule = (ddx: Tensor, saved: { readonly dy: Tensor; readonly s: Tensor }, axis: number) => Tensor;

/** The gradient kernel of such an op: s is its output, since y names the output of any op. */
const rowGradOp = (name: string, row: GradKernel, vjp: { dy: GradRule; s: GradRule }): Op<AxisAttrs> =>
  defineOp<"dy" | "s", "dy" | "s", AxisAttrs>({
    name,
    inputs: ["dy", "s"],
    types: { dy: "float", s: "float" },
    save: ["dy", "s"],
    infer: ({ dy, s }): Meta => {
      if (!sameShape(dy.shape, s.shape))
        throw new ShapeError(`${name}: dy and s must have the same shape, got ${show(dy.shape)} and ${show(s.shape)}`);
      return { shape: s.shape, dtype: s.dtype };
    },
    args: ({ s }, _, { axis }) => rowDims(s.shape, axis),
    cpu(dy: Numbers, s: Numbers, dx: Numbers, outer: number, size: number, inner: number) {
      for (let o = 0; o < outer; o++) for (let i = 0; i < inner; i++) row(dy, s, dx, o * size * inner + i, size, inner);
    },
    vjp: {
      dy: (ddx, saved, { axis }) => vjp.dy(ddx, saved, axis),
      s: (ddx, saved, { axis }) => vjp.s(ddx, saved, axis),
    },
  });

/** The largest element of a row. NaN is left to the sum, which it spoils. */
function rowMax(x: Numbers, start: number, size: number, step: number): number {
  let max = Number.NEGATIVE_INFINITY;
  for (let k = 0, at = start; k < size; k++, at += step) if (x[at] > max) max = x[at];
  return max;
}

/** sum_j a_j b_j along the axis, with size 1 there. */
const dotAlong = (a: Tensor, b: Tensor, axis: number): Tensor => a.mul(b).sum(axis, { keepDims: true });

/** y_i = e^(x_i - max x) / sum_j e^(x_j - max x)  =>  dx_i = y_i (dy_i - sum_j dy_j y_j) */
export const softmaxOp: Op<AxisAttrs> = rowOp(
  "softmax",
  (x, y, start, size, step) => {
    const max = rowMax(x, start, size, step);
    const end = start + size * step;
    let sum = 0;
    for (let at = start; at < end; at += step) {
      const e = Math.exp(x[at] - max);
      y[at] = e;
      sum += e;
    }
    for (let at = start; at < end; at += step) y[at] /= sum;
  },
  () => softmaxGradOp,
);

/**
 * dx_i = s_i (dy_i - p), p = sum_j dy_j s_j
 *   =>  d(dy)_i = s_i (ddx_i - q), the same kernel;  d(s)_i = ddx_i (dy_i - p) - q dy_i, q = sum_j ddx_j s_j
 */
export const softmaxGradOp: Op<AxisAttrs> = rowGradOp(
  "softmaxGrad",
  (dy, s, dx, start, size, step) => {
    const end = start + size * step;
    let sum = 0;
    for (let at = start; at < end; at += step) sum += dy[at] * s[at];
    for (let at = start; at < end; at += step) dx[at] = s[at] * (dy[at] - sum);
  },
  {
    dy: (ddx, { s }, axis) => apply(softmaxGradOp, [ddx, s], { axis }),
    s: (ddx, { dy, s }, axis) => ddx.mul(dy.sub(dotAlong(dy, s, axis))).sub(dy.mul(dotAlong(ddx, s, axis))),
  },
);

/** y_i = x_i - max x - ln sum_j e^(x_j - max x)  =>  dx_i = dy_i - e^y_i sum_j dy_j */
export const logSoftmaxOp: Op<AxisAttrs> = rowOp(
  "logSoftmax",
  (x, y, start, size, step) => {
    const max = rowMax(x, start, size, step);
    const end = start + size * step;
    let sum = 0;
    for (let at = start; at < end; at += step) sum += Math.exp(x[at] - max);
    const logSum = Math.log(sum);
    for (let at = start; at < end; at += step) y[at] = x[at] - max - logSum;
  },
  () => logSoftmaxGradOp,
);

/** dx_i = dy_i - e^s_i sum_j dy_j  =>  d(dy)_i = ddx_i - sum_j ddx_j e^s_j,  d(s)_i = -ddx_i e^s_i sum_j dy_j */
export const logSoftmaxGradOp: Op<AxisAttrs> = rowGradOp(
  "logSoftmaxGrad",
  (dy, s, dx, start, size, step) => {
    const end = start + size * step;
    let sum = 0;
    for (let at = start; at < end; at += step) sum += dy[at];
    for (let at = start; at < end; at += step) dx[at] = dy[at] - Math.exp(s[at]) * sum;
  },
  {
    dy: (ddx, { s }, axis) => ddx.sub(dotAlong(ddx, s.exp(), axis)),
    s: (ddx, { dy, s }, axis) =>
      ddx
        .mul(s.exp())
        .mul(dy.sum(axis, { keepDims: true }))
        .neg(),
  },
);

/**
 * Probabilities from logits along an axis, e^x_i / sum_j e^x_j, without overflow. A row that is all -Infinity, and a
 * row with NaN or +Infinity, gives NaN throughout, as in PyTorch. Integers and bool give float32.
 *
 * @param axis - default: the last
 * @throws ShapeError for an axis that `x` does not have
 */
export const softmax = (x: Tensor, axis = -1): Tensor =>
  apply(softmaxOp, [x], { axis: normalizeAxis("softmax", axis, x.rank) });

/**
 * The logarithm of `softmax`, x_i - ln sum_j e^x_j, accurate even if the probability is too small for the dtype.
 * Integers and bool give float32.
 *
 * @param axis - default: the last
 * @throws ShapeError for an axis that `x` does not have
 */
export const logSoftmax = (x: Tensor, axis = -1): Tensor =>
  apply(logSoftmaxOp, [x], { axis: normalizeAxis("logSoftmax", axis, x.rank) });
