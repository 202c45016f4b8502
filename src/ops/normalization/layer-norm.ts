/**
 * Layer normalization: the record, its fused gradient and the function. The layer LayerNorm calls it. The checks of
 * shapes are in norm-shapes.ts.
 */
import { applyAll } from "../../core/apply.js";
import { differentiateTwice } from "../../core/autograd/second-derivative.js";
import { applyMain, auxiliaryDType } from "../../core/auxiliary.js";
import type { Numbers } from "../../core/loops/numbers.js";
import { defineOp } from "../../core/op.js";
import { checkEps } from "../../core/option-checks.js";
import { type Shape, sizeOf } from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";
import { checkNormalized, rowShape } from "./norm-shapes.js";

/** The options of `layerNorm`. */
export interface LayerNormOptions {
  /** gamma, the scale, of the normalized shape. Default: none. */
  readonly weight?: Tensor | null;
  /** beta, the shift, of the normalized shape. Default: none. */
  readonly bias?: Tensor | null;
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
}

interface LayerNormAttrs {
  /** The last axes of x, over which it is normalized. */
  readonly normalized: Shape;
  readonly eps: number;
}

/** xhat = (x - mean) rstd,  y = xhat weight + bias,  rstd = 1 / sqrt(variance + eps), over each row */
export const layerNormOp = defineOp({
  name: "layerNorm",
  inputs: ["x", "weight?", "bias?"],
  outputs: ["y", "mean", "rstd"],
  auxiliary: ["mean", "rstd"],
  types: { x: "float", weight: "float", bias: "float" },
  save: ["x", "weight", "mean", "rstd"],
  infer({ x, weight, bias }, { normalized }: LayerNormAttrs) {
    checkNormalized("layerNorm", x, normalized, { weight, bias });
    const statistic = { shape: rowShape(x, normalized), dtype: auxiliaryDType(x.dtype) };
    return { y: { shape: x.shape, dtype: x.dtype }, mean: statistic, rstd: statistic };
  },
  args: ({ x }, _, { normalized, eps }) => [sizeOf(rowShape(x, normalized)), sizeOf(normalized), eps],
  cpu(
    x: Numbers, // (R, N)
    weight: Numbers | null, // (N)
    bias: Numbers | null, // (N)
    y: Numbers, // (R, N)
    mean: Numbers, // (R)
    rstd: Numbers, // (R)
    rows: number,
    n: number,
    eps: number,
  ) {
    for (let r = 0, start = 0; r < rows; r++, start += n) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += x[start + i];
      const m = sum / n;
      let squares = 0;
      for (let i = 0; i < n; i++) squares += (x[start + i] - m) ** 2;
      const s = 1 / Math.sqrt(squares / n + eps);
      for (let i = 0; i < n; i++)
        y[start + i] = (x[start + i] - m) * s * (weight ? weight[i] : 1) + (bias ? bias[i] : 0);
      mean[r] = m;
      rstd[r] = s;
    }
  },
  vjp({ y: dy }, { x, weight, mean, rstd }, attrs) {
    const [dx, dweight, dbias] = applyAll(layerNormGradOp, [dy, x, weight ?? null, mean, rstd], attrs);
    return { x: dx, weight: dweight, bias: dbias };
  },
});

/** The op as a composition, for derivatives beyond the first. */
function composed(x: Tensor, weight: Tensor | undefined, { normalized, eps }: LayerNormAttrs): Tensor {
  const axes = normalized.map((_, i) => i - normalized.length);
  const centered = x.sub(x.mean(axes, { keepDims: true }));
  const xhat = centered.mul(centered.square().mean(axes, { keepDims: true }).add(eps).rsqrt());
  return weight ? xhat.mul(weight) : xhat;
}

/**
 * With g = dy weight, and means over the row:
 *   dx = rstd (g - mean(g) - xhat mean(g xhat)),  dweight = sum over rows of dy xhat,  dbias = sum over rows of dy
 */
export const layerNormGradOp = defineOp({
  name: "layerNormGrad",
  inputs: ["dy", "x", "weight?", "mean", "rstd"],
  outputs: ["dx", "dweight", "dbias"],
  types: { dy: "float", x: "float", weight: "float", mean: "unchanged", rstd: "unchanged" },
  save: ["dy", "x", "weight"],
  infer({ dy, x }, { normalized }: LayerNormAttrs) {
    checkNormalized("layerNormGrad", dy, normalized, {});
    const parameter = { shape: normalized, dtype: x.dtype };
    return { dx: { shape: x.shape, dtype: x.dtype }, dweight: parameter, dbias: parameter };
  },
  args: ({ x }, _, { normalized }) => [sizeOf(rowShape(x, normalized)), sizeOf(normalized)],
  cpu(
    dy: Numbers, // (R, N)
    x: Numbers, // (R, N)
    weight: Numbers | null, // (N)
    mean: Numbers, // (R)
    rstd: Numbers, // (R)
    dx: Numbers, // (R, N)
    dweight: Numbers, // (N)
    dbias: Numbers, // (N)
    rows: number,
    n: number,
  ) {
    const weightSums = new Float64Array(n);
    const biasSums = new Float64Array(n);
    for (let r = 0, start = 0; r < rows; r++, start += n) {
      const [m, s] = [mean[r], rstd[r]];
      let sum = 0;
      let dot = 0;
      for (let i = 0; i < n; i++) {
        const d = dy[start + i];
        const xhat = (x[start + i] - m) * s;
        const g = weight ? d * weight[i] : d;
        sum += g;
        dot += g * xhat;
        weightSums[i] += d * xhat;
        biasSums[i] += d;
      }
      for (let i = 0; i < n; i++) {
        const xhat = (x[start + i] - m) * s;
        const g = weight ? dy[start + i] * weight[i] : dy[start + i];
        dx[start + i] = s * (g - sum / n - (xhat * dot) / n);
      }
    }
    dweight.set(weightSums);
    dbias.set(biasSums);
  },
  vjp({ dx, dweight, dbias }, { dy, x, weight }, attrs) {
    const forward = (x?: Tensor, weight?: Tensor) => composed(x as Tensor, weight, attrs);
    const found = differentiateTwice(forward, [x, weight], dy, [dx, dweight]);
    // dbias is the sum of dy over the rows
    return { dy: found.dy.add(dbias), x: found.inputs[0], weight: found.inputs[1], mean: null, rstd: null };
  },
});

/**
 * Normalizes each row to mean 0 and variance 1, then scales and shifts it: Ba, Kiros and Hinton, "Layer normalization"
 * (2016, arXiv:1607.06450). A row is the last axes of `x`, those of `normalizedShape`. Integers and bool give float32.
 *
 * @param normalizedShape - the sizes of the last axes of `x`; a number for the last axis only
 * @returns the shape of `x`
 * @throws ShapeError if the shapes do not fit, ArgumentError if eps is negative
 */
export function layerNorm(x: Tensor, normalizedShape: number | Shape, options: LayerNormOptions = {}): Tensor {
  const { weight, bias, eps = 1e-5 } = options;
  const normalized = typeof normalizedShape === "number" ? [normalizedShape] : normalizedShape;
  return applyMain(layerNormOp, [x, weight ?? null, bias ?? null], { normalized, eps: checkEps("layerNorm", eps) });
}
