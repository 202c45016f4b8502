/**
 * The negative log-likelihood of labels, from logarithms of probabilities: the record, its gradient and the function.
 */
import { apply, applyAll } from "../../core/apply.js";
import { auxiliaryDType } from "../../core/auxiliary.js";
import type { DType } from "../../core/dtype.js";
import type { Numbers } from "../../core/loops/numbers.js";
import { rowDims } from "../../core/loops/rows.js";
import { defineOp, type Op } from "../../core/op.js";
import type { Shape } from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";
import { checkLabel, checkLabels, classAxis, type LabelOptions, reduceLabelLosses } from "./labels.js";
import { checkReduction, lossDType } from "./loss-options.js";

/** The attributes of the ops `nll` and `nllGrad`. */
export interface NllAttrs {
  /** The axis of the classes. */
  readonly axis: number;
  /** The label that is left out. */
  readonly ignoreIndex: number;
  /** The shape of the logarithms, for the gradient. */
  readonly from: Shape;
  /** The dtype of the logarithms, for the gradient. */
  readonly dtype: DType;
}

/** loss = -w[t] x[t] for the label t of each row, 0 where it is ignored  =>  dx[t] = -w[t] dloss, and 0 elsewhere */
export const nllOp: Op<NllAttrs> = defineOp<
  "x" | "target" | "weight?",
  "target" | "weight",
  NllAttrs,
  "loss" | "labelWeight"
>({
  name: "nll",
  inputs: ["x", "target", "weight?"],
  outputs: ["loss", "labelWeight"],
  auxiliary: ["labelWeight"],
  types: { x: "float", target: "index", weight: "unchanged" },
  save: ["target", "weight"],
  infer({ x, target, weight }, { axis }) {
    checkLabels("nll", x.shape, axis, target, weight);
    const row = { shape: target.shape, dtype: auxiliaryDType(x.dtype) };
    return { loss: row, labelWeight: row };
  },
  args: ({ x }, _, { axis, ignoreIndex }) => [...rowDims(x.shape, axis), ignoreIndex],
  cpu(
    x: Numbers, // (N, C, S)
    target: Numbers, // (N, S)
    weight: Numbers | null, // (C)
    loss: Numbers, // (N, S)
    labelWeight: Numbers, // (N, S)
    outer: number,
    classes: number,
    inner: number,
    ignoreIndex: number,
  ) {
    for (let row = 0; row < outer * inner; row++) {
      const label = target[row];
      if (label === ignoreIndex) {
        loss[row] = 0;
        labelWeight[row] = 0;
        continue;
      }
      checkLabel("nll", label, classes, ignoreIndex);
      const at = (Math.floor(row / inner) * classes + label) * inner + (row % inner);
      const w = weight ? weight[label] : 1;
      loss[row] = -w * x[at];
      labelWeight[row] = w;
    }
  },
  vjp: ({ loss }, { target, weight }, attrs) => ({
    x: apply(nllGradOp, [loss, target, weight ?? null], attrs),
    target: null,
    weight: null,
  }),
});

/** y[t] = -w[t] dloss for the label t of each row, and 0 elsewhere. */
export const nllGradOp: Op<NllAttrs> = defineOp<"dloss" | "target" | "weight?", "target" | "weight", NllAttrs>({
  name: "nllGrad",
  inputs: ["dloss", "target", "weight?"],
  types: { dloss: "float", target: "index", weight: "unchanged" },
  save: ["target", "weight"],
  infer: (_, { from, dtype }) => ({ shape: from, dtype }),
  args: (_, y, { axis, ignoreIndex }) => [...rowDims(y.shape, axis), ignoreIndex],
  cpu(
    dloss: Numbers, // (N, S)
    target: Numbers, // (N, S)
    weight: Numbers | null, // (C)
    y: Numbers, // (N, C, S)
    outer: number,
    classes: number,
    inner: number,
    ignoreIndex: number,
  ) {
    y.fill(0);
    for (let row = 0; row < outer * inner; row++) {
      const label = target[row];
      if (label === ignoreIndex) continue;
      const at = (Math.floor(row / inner) * classes + label) * inner + (row % inner);
      y[at] = -(weight ? weight[label] : 1) * dloss[row];
    }
  },
  // The two are linear, and each the transpose of the other.
  vjp: {
    dloss: (dx, { target, weight }, attrs) => applyAll(nllOp, [dx, target, weight ?? null], attrs)[0],
    target: null,
    weight: null,
  },
});

/**
 * The negative log-likelihood of the labels: -weight[t] x[t] for label t.
 *
 * @param x - logarithms of probabilities, (C) or (N, C, d1, ...)
 * @param target - integer labels from 0 to C - 1, of the shape of `x` without the classes
 * @returns a scalar, or the shape of `target` with reduction "none"; the mean is weighted by the weights of the labels,
 *   and NaN if all are ignored
 * @throws ShapeError if the shapes do not fit, DTypeError if `target` does not hold integers, ArgumentError for a label
 *   that is out of range
 */
export function nll(x: Tensor, target: Tensor, options: LabelOptions = {}): Tensor {
  const { weight, ignoreIndex = -100, reduction = "mean" } = options;
  checkReduction("nll", reduction);
  const dtype = lossDType(x);
  const attrs = { axis: classAxis("nll", x.shape), ignoreIndex, from: x.shape, dtype };
  const [losses, weights] = applyAll(nllOp, [x, target, weight ?? null], attrs);
  return reduceLabelLosses(losses, weights, reduction).cast(dtype);
}
