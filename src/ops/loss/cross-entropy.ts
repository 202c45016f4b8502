/**
 * The cross-entropy from logits: the fused op for labels and its gradient, and the function, which takes
 * probabilities too and passes those on to soft-cross-entropy.ts.
 */
import { apply, applyAll } from "../../core/apply.js";
import { differentiateTwice } from "../../core/autograd/second-derivative.js";
import { auxiliaryDType } from "../../core/auxiliary.js";
import { isFloat } from "../../core/dtype.js";
import { ArgumentError } from "../../core/errors.js";
import type { Numbers } from "../../core/loops/numbers.js";
import { logSumExpRow, rowDims } from "../../core/loops/rows.js";
import { defineOp, type Op } from "../../core/op.js";
import type { Tensor } from "../../tensor.js";
import { alongClasses, checkLabel, checkLabels, classAxis, type LabelOptions, reduceLabelLosses } from "./labels.js";
import { checkReduction, lossDType, reduceLosses } from "./loss-options.js";
import { type NllAttrs, nllOp } from "./nll.js";
import { softCrossEntropy } from "./soft-cross-entropy.js";

interface CrossEntropyAttrs extends NllAttrs {
  readonly labelSmoothing: number;
}

/**
 * With l_c = logsumexp(x) - x_c, the label t and the smoothing e:
 *   loss = (1 - e) w_t l_t + e / C sum_c w_c l_c
 */
export const crossEntropyOp = defineOp({
  name: "crossEntropy",
  inputs: ["x", "target", "weight?"],
  outputs: ["loss", "labelWeight", "logsumexp"],
  auxiliary: ["labelWeight", "logsumexp"],
  types: { x: "float", target: "index", weight: "unchanged" },
  save: ["x", "target", "weight", "logsumexp"],
  infer({ x, target, weight }, { axis }: CrossEntropyAttrs) {
    checkLabels("crossEntropy", x.shape, axis, target, weight);
    const row = { shape: target.shape, dtype: auxiliaryDType(x.dtype) };
    return { loss: row, labelWeight: row, logsumexp: row };
  },
  args: ({ x }, _, { axis, ignoreIndex, labelSmoothing }) => [...rowDims(x.shape, axis), ignoreIndex, labelSmoothing],
  cpu(
    x: Numbers, // (N, C, S)
    target: Numbers, // (N, S)
    weight: Numbers | null, // (C)
    loss: Numbers, // (N, S)
    labelWeight: Numbers, // (N, S)
    logsumexp: Numbers, // (N, S), 0 where the label is ignored
    outer: number,
    classes: number,
    inner: number,
    ignoreIndex: number,
    labelSmoothing: number,
  ) {
    for (let row = 0; row < outer * inner; row++) {
      const label = target[row];
      if (label === ignoreIndex) {
        loss[row] = 0;
        labelWeight[row] = 0;
        logsumexp[row] = 0;
        continue;
      }
      checkLabel("crossEntropy", label, classes, ignoreIndex);
      const start = Math.floor(row / inner) * classes * inner + (row % inner);
      const lse = logSumExpRow(x, start, classes, inner);
      const w = weight ? weight[label] : 1;
      let total = (1 - labelSmoothing) * w * (lse - x[start + label * inner]);
      if (labelSmoothing > 0)
        for (let c = 0, at = start; c < classes; c++, at += inner)
          total += (labelSmoothing / classes) * (weight ? weight[c] : 1) * (lse - x[at]);
      loss[row] = total;
      labelWeight[row] = w;
      logsumexp[row] = lse;
    }
  },
  vjp: ({ loss }, { x, target, weight, logsumexp }, attrs) => ({
    x: apply(crossEntropyGradOp, [loss, x, target, weight ?? null, logsumexp], attrs),
    target: null,
    weight: null,
  }),
});

/** The losses as a composition, for derivatives beyond the first. */
function composed(x: Tensor, target: Tensor, weight: Tensor | undefined, attrs: CrossEntropyAttrs): Tensor {
  const { axis, ignoreIndex, labelSmoothing } = attrs;
  const logP = x.logSoftmax(axis);
  const hard = applyAll(nllOp, [logP, target, weight ?? null], attrs)[0].mul(1 - labelSmoothing);
  if (labelSmoothing === 0) return hard;
  const all = (weight ? logP.mul(alongClasses(weight, x.rank, axis)) : logP).sum(axis);
  return hard.sub(
    target
      .ne(ignoreIndex)
      .where(all, 0)
      .mul(labelSmoothing / x.shape[axis]),
  );
}

/**
 * With p = e^(x - logsumexp) and W = sum_c w_c:
 *   dx_c = dloss (((1 - e) w_t + e / C W) p_c - (1 - e) w_t [c = t] - e / C w_c)
 */
export const crossEntropyGradOp: Op<CrossEntropyAttrs> = defineOp<
  "dloss" | "x" | "target" | "weight?" | "logsumexp",
  "dloss" | "x" | "target" | "weight",
  CrossEntropyAttrs
>({
  name: "crossEntropyGrad",
  inputs: ["dloss", "x", "target", "weight?", "logsumexp"],
  types: { dloss: "unchanged", x: "float", target: "index", weight: "unchanged", logsumexp: "unchanged" },
  save: ["dloss", "x", "target", "weight"],
  infer: ({ x }) => ({ shape: x.shape, dtype: x.dtype }),
  args: ({ x }, _, { axis, ignoreIndex, labelSmoothing }) => [...rowDims(x.shape, axis), ignoreIndex, labelSmoothing],
  cpu(
    dloss: Numbers, // (N, S)
    x: Numbers, // (N, C, S)
    target: Numbers, // (N, S)
    weight: Numbers | null, // (C)
    logsumexp: Numbers, // (N, S)
    dx: Numbers, // (N, C, S)
    outer: number,
    classes: number,
    inner: number,
    ignoreIndex: number,
    labelSmoothing: number,
  ) {
    const smooth = labelSmoothing / classes;
    let weights = classes;
    if (weight) {
      weights = 0;
      for (let c = 0; c < classes; c++) weights += weight[c];
    }
    for (let row = 0; row < outer * inner; row++) {
      const label = target[row];
      const start = Math.floor(row / inner) * classes * inner + (row % inner);
      const hard = (1 - labelSmoothing) * (weight && label !== ignoreIndex ? weight[label] : 1);
      const slope = label === ignoreIndex ? 0 : dloss[row];
      for (let c = 0, at = start; c < classes; c++, at += inner) {
        const soft = smooth * (weight ? weight[c] : 1) + (c === label ? hard : 0);
        // Not 0 times p: an ignored row may hold NaN.
        dx[at] =
          label === ignoreIndex ? 0 : slope * ((hard + smooth * weights) * Math.exp(x[at] - logsumexp[row]) - soft);
      }
    }
  },
  vjp(ddx, { dloss, x, target, weight }, attrs) {
    const forward = (x?: Tensor) => composed(x as Tensor, target, weight, attrs);
    const found = differentiateTwice(forward, [x], dloss, [ddx]);
    return { dloss: found.dy, x: found.inputs[0], target: null, weight: null, logsumexp: null };
  },
});

/** The options of `crossEntropy`. */
export interface CrossEntropyOptions extends LabelOptions {
  /**
   * The part of the target, from 0 to 1, that is spread evenly over all classes (Szegedy et al., 2015,
   * arXiv:1512.00567). Default 0.
   */
  readonly labelSmoothing?: number;
}

/**
 * The cross-entropy of softmax(x) against labels or probabilities, from logits, without overflow:
 * -sum_c weight_c target_c ln softmax(x)_c. A label t is the target with 1 for class t and 0 for the others.
 *
 * @param x - logits, (C) or (N, C, d1, ...)
 * @param target - integers: labels from 0 to C - 1, of the shape of `x` without the classes; floats: probabilities, of
 *   the shape of `x`
 * @returns a scalar, or with reduction "none" a loss for each row. With labels the mean is weighted by their weights,
 *   and NaN if all are ignored; with probabilities it is over the rows.
 * @throws ShapeError if the shapes do not fit, ArgumentError for a label that is out of range, for a smoothing outside
 *   [0, 1], and for an `ignoreIndex` with probabilities
 */
export function crossEntropy(x: Tensor, target: Tensor, options: CrossEntropyOptions = {}): Tensor {
  const { weight, ignoreIndex = -100, labelSmoothing = 0, reduction = "mean" } = options;
  checkReduction("crossEntropy", reduction);
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1))
    throw new ArgumentError(`crossEntropy: labelSmoothing must be between 0 and 1, got ${labelSmoothing}`);
  const axis = classAxis("crossEntropy", x.shape);
  const dtype = lossDType(x);
  if (isFloat(target.dtype)) {
    if (options.ignoreIndex !== undefined)
      throw new ArgumentError(
        "crossEntropy: ignoreIndex applies only to integer labels, but the target contains probabilities; remove it",
      );
    return reduceLosses(softCrossEntropy(x, target, weight ?? null, { axis, labelSmoothing }), reduction).cast(dtype);
  }
  const attrs = { axis, ignoreIndex, labelSmoothing, from: x.shape, dtype };
  const [losses, weights, logsumexp] = applyAll(crossEntropyOp, [x, target, weight ?? null], attrs);
  logsumexp.dispose();
  return reduceLabelLosses(losses, weights, reduction).cast(dtype);
}
