/**
 * Group normalization: the record, its fused gradient and the function. The layer GroupNorm calls it. The checks of
 * shapes are in norm-shapes.ts.
 */
import { applyAll } from "../../core/apply.js";
import { differentiateTwice } from "../../core/autograd/second-derivative.js";
import { applyMain, auxiliaryDType } from "../../core/auxiliary.js";
import { ShapeError } from "../../core/errors.js";
import type { Numbers } from "../../core/loops/numbers.js";
import { defineOp, type Meta } from "../../core/op.js";
import { checkEps } from "../../core/option-checks.js";
import { sizeOf } from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";
import { checkChannels, perChannel } from "./norm-shapes.js";

/** The options of `groupNorm`. */
export interface GroupNormOptions {
  /** (C), gamma, a scale for each channel. Default: none. */
  readonly weight?: Tensor | null;
  /** (C), beta, a shift for each channel. Default: none. */
  readonly bias?: Tensor | null;
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
}

interface GroupNormAttrs {
  readonly groups: number;
  readonly eps: number;
}

/** Samples times groups; channels of a group; elements of a channel. */
const groupDims = ({ shape }: Meta, groups: number): [number, number, number, number] => [
  shape[0],
  groups,
  shape[1] / groups,
  sizeOf(shape.slice(2)),
];

/** xhat = (x - mean) rstd,  y = xhat weight + bias,  rstd = 1 / sqrt(variance + eps), over each group of each sample */
export const groupNormOp = defineOp({
  name: "groupNorm",
  inputs: ["x", "weight?", "bias?"],
  outputs: ["y", "mean", "rstd"],
  auxiliary: ["mean", "rstd"],
  types: { x: "float", weight: "float", bias: "float" },
  save: ["x", "weight", "mean", "rstd"],
  infer({ x, weight, bias }, { groups }: GroupNormAttrs) {
    checkChannels("groupNorm", x, { weight, bias });
    if (!Number.isInteger(groups) || groups < 1 || x.shape[1] % groups !== 0)
      throw new ShapeError(
        `groupNorm: groups must be a positive integer that divides the ${x.shape[1]} channels of x, got ${groups}`,
      );
    const statistic = { shape: [x.shape[0], groups], dtype: auxiliaryDType(x.dtype) };
    return { y: { shape: x.shape, dtype: x.dtype }, mean: statistic, rstd: statistic };
  },
  args: ({ x }, _, { groups, eps }) => [...groupDims(x, groups), eps],
  cpu(
    x: Numbers, // (N, G, C/G, S)
    weight: Numbers | null, // (G, C/G)
    bias: Numbers | null, // (G, C/G)
    y: Numbers, // (N, G, C/G, S)
    mean: Numbers, // (N, G)
    rstd: Numbers, // (N, G)
    samples: number,
    groups: number,
    channels: number,
    spatial: number,
    eps: number,
  ) {
    const n = channels * spatial;
    for (let row = 0, start = 0; row < samples * groups; row++, start += n) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += x[start + i];
      const m = sum / n;
      let squares = 0;
      for (let i = 0; i < n; i++) squares += (x[start + i] - m) ** 2;
      const s = 1 / Math.sqrt(squares / n + eps);
      const firstChannel = (row % groups) * channels;
      for (let c = 0, at = start; c < channels; c++) {
        const w = weight ? weight[firstChannel + c] : 1;
        const b = bias ? bias[firstChannel + c] : 0;
        for (let i = 0; i < spatial; i++, at++) y[at] = (x[at] - m) * s * w + b;
      }
      mean[row] = m;
      rstd[row] = s;
    }
  },
  vjp({ y: dy }, { x, weight, mean, rstd }, attrs) {
    const [dx, dweight, dbias] = applyAll(groupNormGradOp, [dy, x, weight ?? null, mean, rstd], attrs);
    return { x: dx, weight: dweight, bias: dbias };
  },
});

/** The op as a composition, for derivatives beyond the first. */
function composed(x: Tensor, weight: Tensor | undefined, { groups, eps }: GroupNormAttrs): Tensor {
  const [samples, , channels, spatial] = groupDims(x, groups);
  const grouped = x.reshape([samples, groups, channels * spatial]);
  const centered = grouped.sub(grouped.mean(-1, { keepDims: true }));
  const xhat = centered.mul(centered.square().mean(-1, { keepDims: true }).add(eps).rsqrt()).reshape(x.shape);
  return weight ? xhat.mul(perChannel(weight, x.rank)) : xhat;
}

/**
 * With g = dy weight, and means over the group:
 *   dx = rstd (g - mean(g) - xhat mean(g xhat)),  dweight = sum of dy xhat,  dbias = sum of dy, over each channel
 */
export const groupNormGradOp = defineOp({
  name: "groupNormGrad",
  inputs: ["dy", "x", "weight?", "mean", "rstd"],
  outputs: ["dx", "dweight", "dbias"],
  types: { dy: "float", x: "float", weight: "float", mean: "unchanged", rstd: "unchanged" },
  save: ["dy", "x", "weight"],
  infer({ x }) {
    const parameter = { shape: [x.shape[1]], dtype: x.dtype };
    return { dx: { shape: x.shape, dtype: x.dtype }, dweight: parameter, dbias: parameter };
  },
  args: ({ x }, _, { groups }: GroupNormAttrs) => groupDims(x, groups),
  cpu(
    dy: Numbers, // (N, G, C/G, S)
    x: Numbers, // (N, G, C/G, S)
    weight: Numbers | null, // (G, C/G)
    mean: Numbers, // (N, G)
    rstd: Numbers, // (N, G)
    dx: Numbers, // (N, G, C/G, S)
    dweight: Numbers, // (G, C/G)
    dbias: Numbers, // (G, C/G)
    samples: number,
    groups: number,
    channels: number,
    spatial: number,
  ) {
    const n = channels * spatial;
    const weightSums = new Float64Array(groups * channels);
    const biasSums = new Float64Array(groups * channels);
    for (let row = 0, start = 0; row < samples * groups; row++, start += n) {
      const [m, s] = [mean[row], rstd[row]];
      const firstChannel = (row % groups) * channels;
      let sum = 0;
      let dot = 0;
      for (let c = firstChannel, at = start; c < firstChannel + channels; c++) {
        let channelSum = 0;
        let channelDot = 0;
        for (let i = 0; i < spatial; i++, at++) {
          channelSum += dy[at];
          channelDot += dy[at] * (x[at] - m) * s;
        }
        weightSums[c] += channelDot;
        biasSums[c] += channelSum;
        sum += weight ? channelSum * weight[c] : channelSum;
        dot += weight ? channelDot * weight[c] : channelDot;
      }
      for (let c = firstChannel, at = start; c < firstChannel + channels; c++)
        for (let i = 0; i < spatial; i++, at++) {
          const g = weight ? dy[at] * weight[c] : dy[at];
          dx[at] = s * (g - sum / n - ((x[at] - m) * s * dot) / n);
        }
    }
    dweight.set(weightSums);
    dbias.set(biasSums);
  },
  vjp({ dx, dweight, dbias }, { dy, x, weight }, attrs) {
    const forward = (x?: Tensor, weight?: Tensor) => composed(x as Tensor, weight, attrs);
    const found = differentiateTwice(forward, [x, weight], dy, [dx, dweight]);
    // dbias is the sum of dy over each channel
    const ddy = found.dy.add(perChannel(dbias, x.rank));
    return { dy: ddy, x: found.inputs[0], weight: found.inputs[1], mean: null, rstd: null };
  },
});

/**
 * Normalizes each sample over groups of channels, then scales and shifts each channel: Wu and He, "Group
 * normalization" (2018, arXiv:1803.08494). With one group it is layer normalization over the whole sample, with one
 * group for each channel it is instance normalization. Integers and bool give float32.
 *
 * @param x - (N, C, ...)
 * @param groups - the number of groups, which divides C
 * @returns the shape of `x`
 * @throws ShapeError if the shapes do not fit, ArgumentError if eps is negative
 */
export const groupNorm = (x: Tensor, groups: number, options: GroupNormOptions = {}): Tensor => {
  const { weight, bias, eps = 1e-5 } = options;
  return applyMain(groupNormOp, [x, weight ?? null, bias ?? null], { groups, eps: checkEps("groupNorm", eps) });
};
