/**
 * The cross-entropy from logits against probabilities: the fused op and its gradient. Called by `crossEntropy`; users
 * do not call it.
 */
import { apply } from "../../core/apply.js";
import { differentiateTwice } from "../../core/autograd/second-derivative.js";
import { applyMain, auxiliaryDType } from "../../core/auxiliary.js";
import { ShapeError } from "../../core/errors.js";
import type { Numbers } from "../../core/loops/numbers.js";
import { logSumExpRow, rowDims } from "../../core/loops/rows.js";
import { defineOp, type Op } from "../../core/op.js";
import { sameShape, show } from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";
import { alongClasses, checkClassWeight, labelShape } from "./labels.js";

interface SoftAttrs {
  readonly axis: number;
  readonly labelSmoothing: number;
}

/** With the smoothed target s_c = (1 - e) t_c + e / C:  loss = sum_c w_c s_c (logsumexp(x) - x_c) */
export const softCrossEntropyOp = defineOp({
  name: "softCrossEntropy",
  inputs: ["x", "target", "weight?"],
  outputs: ["loss", "logsumexp"],
  auxiliary: ["logsumexp"],
  types: { x: "float", target: "float", weight: "unchanged" },
  save: ["x", "target", "weight", "logsumexp"],
  infer({ x, target, weight }, { axis }: SoftAttrs) {
    if (!sameShape(x.shape, target.shape))
      throw new ShapeError(
        `crossEntropy: logits and probabilities must have the same shape, got ${show(x.shape)} and ${show(target.shape)}`,
      );
    checkClassWeight("crossEntropy", x.shape, axis, weight);
    const row = { shape: labelShape(x.shape, axis), dtype: auxiliaryDType(x.dtype) };
    return { loss: row, logsumexp: row };
  },
  args: ({ x }, _, { axis, labelSmoothing }) => [...rowDims(x.shape, axis), labelSmoothing],
  cpu(
    x: Numbers, // (N, C, S)
    target: Numbers, // (N, C, S)
    weight: Numbers | null, // (C)
    loss: Numbers, // (N, S)
    logsumexp: Numbers, // (N, S)
    outer: number,
    classes: number,
    inner: number,
    labelSmoothing: number,
  ) {
    for (let row = 0; row < outer * inner; row++) {
      const start = Math.floor(row / inner) * classes * inner + (row % inner);
      const lse = logSumExpRow(x, start, classes, inner);
      let total = 0;
      for (let c = 0, at = start; c < classes; c++, at += inner) {
        const s = (1 - labelSmoothing) * target[at] + labelSmoothing / classes;
        total += (weight ? weight[c] : 1) * s * (lse - x[at]);
      }
      loss[row] = total;
      logsumexp[row] = lse;
    }
  },
  vjp({ loss: dloss }, { x, target, weight, logsumexp }, attrs, needs) {
    const dx = apply(softCrossEntropyGradOp, [dloss, x, target, weight ?? null, logsumexp], attrs);
    return { x: dx, target: needs.target ? targetGradient(dloss, x, weight, attrs) : null, weight: null };
  },
});

// dt_c = -(1 - e) w_c ln softmax(x)_c dloss
function targetGradient(
  dloss: Tensor,
  x: Tensor,
  weight: Tensor | undefined,
  { axis, labelSmoothing }: SoftAttrs,
): Tensor {
  const logP = x.logSoftmax(axis);
  const weighted = weight ? logP.mul(alongClasses(weight, x.rank, axis)) : logP;
  return weighted.mul(dloss.unsqueeze(axis)).mul(labelSmoothing - 1);
}

/** The losses as a composition, for derivatives beyond the first. */
function composed(x: Tensor, target: Tensor, weight: Tensor | undefined, { axis, labelSmoothing }: SoftAttrs): Tensor {
  const logP = x.logSoftmax(axis);
  const smoothed = target.mul(1 - labelSmoothing).add(labelSmoothing / x.shape[axis]);
  const terms = smoothed.mul(weight ? logP.mul(alongClasses(weight, x.rank, axis)) : logP);
  return terms.sum(axis).neg();
}

/** With p = e^(x - logsumexp):  dx_c = dloss (p_c sum_k w_k s_k - w_c s_c) */
export const softCrossEntropyGradOp: Op<SoftAttrs> = defineOp<
  "dloss" | "x" | "target" | "weight?" | "logsumexp",
  "dloss" | "x" | "target" | "weight",
  SoftAttrs
>({
  name: "softCrossEntropyGrad",
  inputs: ["dloss", "x", "target", "weight?", "logsumexp"],
  types: { dloss: "unchanged", x: "float", target: "float", weight: "unchanged", logsumexp: "unchanged" },
  save: ["dloss", "x", "target", "weight"],
  infer: ({ x }) => ({ shape: x.shape, dtype: x.dtype }),
  args: ({ x }, _, { axis, labelSmoothing }) => [...rowDims(x.shape, axis), labelSmoothing],
  cpu(
    dloss: Numbers, // (N, S)
    x: Numbers, // (N, C, S)
    target: Numbers, // (N, C, S)
    weight: Numbers | null, // (C)
    logsumexp: Numbers, // (N, S)
    dx: Numbers, // (N, C, S)
    outer: number,
    classes: number,
    inner: number,
    labelSmoothing: number,
  ) {
    const weighted = new Float64Array(classes);
    for (let row = 0; row < outer * inner; row++) {
      const start = Math.floor(row / inner) * classes * inner + (row % inner);
      let sum = 0;
      for (let c = 0, at = start; c < classes; c++, at += inner) {
        weighted[c] = (weight ? weight[c] : 1) * ((1 - labelSmoothing) * target[at] + labelSmoothing / classes);
        sum += weighted[c];
      }
      for (let c = 0, at = start; c < classes; c++, at += inner)
        dx[at] = dloss[row] * (Math.exp(x[at] - logsumexp[row]) * sum - weighted[c]);
    }
  },
  vjp(ddx, { dloss, x, target, weight }, attrs) {
    const forward = (x?: Tensor, target?: Tensor) => composed(x as Tensor, target as Tensor, weight, attrs);
    const found = differentiateTwice(forward, [x, target], dloss, [ddx, undefined]);
    return { dloss: found.dy, x: found.inputs[0], target: found.inputs[1], weight: null, logsumexp: null };
  },
});

/** The loss of each row against probabilities; `crossEntropy` is the function for users. */
export const softCrossEntropy = (x: Tensor, target: Tensor, weight: Tensor | null, attrs: SoftAttrs): Tensor =>
  applyMain(softCrossEntropyOp, [x, target, weight], attrs);
