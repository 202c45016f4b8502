/**
 * Root-mean-square normalization: the record, its fused gradient and the function. The layer RMSNorm calls it. The
 * checks of shapes are in norm-shapes.ts.
 */
import { applyAll } from "../../core/apply.js";
import { differentiateTwice } from "../../core/autograd/second-derivative.js";
import { applyMain, auxiliaryDType } from "../../core/auxiliary.js";
import { dtypeInfo } from "../../core/dtype.js";
import type { Numbers } from "../../core/loops/numbers.js";
import { defineOp } from "../../core/op.js";
import { checkEps } from "../../core/option-checks.js";
import { type Shape, sizeOf } from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";
import { checkNormalized, rowShape } from "./norm-shapes.js";

/** The options of `rmsNorm`. */
export interface RmsNormOptions {
  /** gamma, the scale, of the normalized shape. Default: none. */
  readonly weight?: Tensor | null;
  /**
   * Added to the mean square. Default: the spacing of numbers at 1 in the dtype of the computation, 2^-52 for
   * float64 and 2^-23 otherwise, as in PyTorch.
   */
  readonly eps?: number;
}

interface RmsNormAttrs {
  readonly normalized: Shape;
  readonly eps: number;
}

/** y = x rstd weight,  rstd = 1 / sqrt(mean(x^2) + eps), over each row */
export const rmsNormOp = defineOp({
  name: "rmsNorm",
  inputs: ["x", "weight?"],
  outputs: ["y", "rstd"],
  auxiliary: ["rstd"],
  types: { x: "float", weight: "float" },
  save: ["x", "weight", "rstd"],
  infer({ x, weight }, { normalized }: RmsNormAttrs) {
    checkNormalized("rmsNorm", x, normalized, { weight });
    return {
      y: { shape: x.shape, dtype: x.dtype },
      rstd: { shape: rowShape(x, normalized), dtype: auxiliaryDType(x.dtype) },
    };
  },
  args: ({ x }, _, { normalized, eps }) => [sizeOf(rowShape(x, normalized)), sizeOf(normalized), eps],
  cpu(
    x: Numbers, // (R, N)
    weight: Numbers | null, // (N)
    y: Numbers, // (R, N)
    rstd: Numbers, // (R)
    rows: number,
    n: number,
    eps: number,
  ) {
    for (let r = 0, start = 0; r < rows; r++, start += n) {
      let squares = 0;
      for (let i = 0; i < n; i++) squares += x[start + i] ** 2;
      const s = 1 / Math.sqrt(squares / n + eps);
      for (let i = 0; i < n; i++) y[start + i] = x[start + i] * s * (weight ? weight[i] : 1);
      rstd[r] = s;
    }
  },
  vjp({ y: dy }, { x, weight, rstd }, attrs) {
    const [dx, dweight] = applyAll(rmsNormGradOp, [dy, x, weight ?? null, rstd], attrs);
    return { x: dx, weight: dweight };
  },
});

/** The op as a composition, for derivatives beyond the first. */
function composed(x: Tensor, weight: Tensor | undefined, { normalized, eps }: RmsNormAttrs): Tensor {
  const axes = normalized.map((_, i) => i - normalized.length);
  const xhat = x.mul(x.square().mean(axes, { keepDims: true }).add(eps).rsqrt());
  return weight ? xhat.mul(weight) : xhat;
}

/** With g = dy weight and xhat = x rstd:  dx = rstd (g - xhat mean(g xhat)),  dweight = sum over rows of dy xhat */
export const rmsNormGradOp = defineOp({
  name: "rmsNormGrad",
  inputs: ["dy", "x", "weight?", "rstd"],
  outputs: ["dx", "dweight"],
  types: { dy: "float", x: "float", weight: "float", rstd: "unchanged" },
  save: ["dy", "x", "weight"],
  infer({ dy, x }, { normalized }: RmsNormAttrs) {
    checkNormalized("rmsNormGrad", dy, normalized, {});
    return { dx: { shape: x.shape, dtype: x.dtype }, dweight: { shape: normalized, dtype: x.dtype } };
  },
  args: ({ x }, _, { normalized }) => [sizeOf(rowShape(x, normalized)), sizeOf(normalized)],
  cpu(
    dy: Numbers, // (R, N)
    x: Numbers, // (R, N)
    weight: Numbers | null, // (N)
    rstd: Numbers, // (R)
    dx: Numbers, // (R, N)
    dweight: Numbers, // (N)
    rows: number,
    n: number,
  ) {
    const sums = new Float64Array(n);
    for (let r = 0, start = 0; r < rows; r++, start += n) {
      const s = rstd[r];
      let dot = 0;
      for (let i = 0; i < n; i++) {
        const product = dy[start + i] * x[start + i] * s;
        dot += weight ? product * weight[i] : product;
        sums[i] += product;
      }
      for (let i = 0; i < n; i++) {
        const g = weight ? dy[start + i] * weight[i] : dy[start + i];
        dx[start + i] = s * (g - (x[start + i] * s * dot) / n);
      }
    }
    dweight.set(sums);
  },
  vjp({ dx, dweight }, { dy, x, weight }, attrs) {
    const forward = (x?: Tensor, weight?: Tensor) => composed(x as Tensor, weight, attrs);
    const found = differentiateTwice(forward, [x, weight], dy, [dx, dweight]);
    return { dy: found.dy, x: found.inputs[0], weight: found.inputs[1], rstd: null };
  },
});

/**
 * Divides each row by its root mean square, then scales it: Zhang and Sennrich, "Root mean square layer
 * normalization" (2019, arXiv:1910.07467). A row is the last axes of `x`, those of `normalizedShape`. Integers and bool
 * give float32.
 *
 * @param normalizedShape - the sizes of the last axes of `x`; a number for the last axis only
 * @returns the shape of `x`
 * @throws ShapeError if the shapes do not fit, ArgumentError if eps is negative
 */
export function rmsNorm(x: Tensor, normalizedShape: number | Shape, options: RmsNormOptions = {}): Tensor {
  const { weight, eps } = options;
  const normalized = typeof normalizedShape === "number" ? [normalizedShape] : normalizedShape;
  const machineEpsilon = 2 ** (1 - dtypeInfo[auxiliaryDType(x.dtype)].significand);
  return applyMain(rmsNormOp, [x, weight ?? null], { normalized, eps: checkEps("rmsNorm", eps ?? machineEpsilon) });
}
