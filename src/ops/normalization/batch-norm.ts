/**
 * Batch normalization: the op in training and its gradient, the op outside training, the update of the running
 * statistics, and the function that chooses among them.
 */
import { apply, applyAll, applyUpdate } from "../../core/apply.js";
import { differentiateTwice } from "../../core/autograd/second-derivative.js";
import { auxiliaryDType } from "../../core/auxiliary.js";
import { isFloat } from "../../core/dtype.js";
import { ArgumentError, DTypeError, ShapeError } from "../../core/errors.js";
import type { Numbers } from "../../core/loops/numbers.js";
import { rowDims } from "../../core/loops/rows.js";
import { defineOp, defineUpdate } from "../../core/op.js";
import { checkEps, checkFinite } from "../../core/option-checks.js";
import { show, sizeOf } from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";
import { checkChannels, perChannel } from "./norm-shapes.js";

/** The options of `batchNorm`. */
export interface BatchNormOptions {
  /** (C), the mean used outside training; in training it is moved towards the mean of the batch, in place. */
  readonly runningMean?: Tensor | null;
  /**
   * (C), the variance used outside training; in training it is moved towards the unbiased variance of the batch, in
   * place.
   */
  readonly runningVar?: Tensor | null;
  /** (C), gamma, a scale for each channel. Default: none. */
  readonly weight?: Tensor | null;
  /** (C), beta, a shift for each channel. Default: none. */
  readonly bias?: Tensor | null;
  /** Normalize by the batch's own statistics, and update the running ones. Default false. */
  readonly training?: boolean;
  /** How far the running statistics move: running += momentum (batch - running). Default 0.1. */
  readonly momentum?: number;
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
}

interface BatchNormAttrs {
  readonly eps: number;
}

/** xhat = (x - mean) / sqrt(variance + eps),  y = xhat weight + bias, over each channel of the batch */
export const batchNormOp = defineOp({
  name: "batchNorm",
  inputs: ["x", "weight?", "bias?"],
  // The variance and not its reciprocal root: the running statistics need it as it is.
  outputs: ["y", "mean", "variance"],
  auxiliary: ["mean", "variance"],
  types: { x: "float", weight: "float", bias: "float" },
  save: ["x", "weight", "mean", "variance"],
  infer({ x, weight, bias }, _: BatchNormAttrs) {
    checkChannels("batchNorm", x, { weight, bias });
    const statistic = { shape: [x.shape[1]], dtype: auxiliaryDType(x.dtype) };
    return { y: { shape: x.shape, dtype: x.dtype }, mean: statistic, variance: statistic };
  },
  args: ({ x }, _, { eps }) => [...rowDims(x.shape, 1), eps],
  cpu(
    x: Numbers, // (N, C, S)
    weight: Numbers | null, // (C)
    bias: Numbers | null, // (C)
    y: Numbers, // (N, C, S)
    mean: Numbers, // (C)
    variance: Numbers, // (C)
    samples: number,
    channels: number,
    spatial: number,
    eps: number,
  ) {
    const count = samples * spatial;
    const stride = channels * spatial;
    for (let c = 0; c < channels; c++) {
      const first = c * spatial;
      let sum = 0;
      for (let n = 0, start = first; n < samples; n++, start += stride)
        for (let i = start; i < start + spatial; i++) sum += x[i];
      const m = sum / count;
      let squares = 0;
      for (let n = 0, start = first; n < samples; n++, start += stride)
        for (let i = start; i < start + spatial; i++) squares += (x[i] - m) ** 2;
      mean[c] = m;
      variance[c] = squares / count;
      const scale = (weight ? weight[c] : 1) / Math.sqrt(squares / count + eps);
      const shift = bias ? bias[c] : 0;
      for (let n = 0, start = first; n < samples; n++, start += stride)
        for (let i = start; i < start + spatial; i++) y[i] = (x[i] - m) * scale + shift;
    }
  },
  vjp({ y: dy }, { x, weight, mean, variance }, attrs) {
    const [dx, dweight, dbias] = applyAll(batchNormGradOp, [dy, x, weight ?? null, mean, variance], attrs);
    return { x: dx, weight: dweight, bias: dbias };
  },
});

/** All axes except that of the channels. */
const otherAxes = (x: Tensor): number[] => x.shape.map((_, axis) => axis).filter((axis) => axis !== 1);

/** The op as a composition, for derivatives beyond the first. */
function composed(x: Tensor, weight: Tensor | undefined, { eps }: BatchNormAttrs): Tensor {
  const axes = otherAxes(x);
  const centered = x.sub(x.mean(axes, { keepDims: true }));
  const xhat = centered.mul(centered.square().mean(axes, { keepDims: true }).add(eps).rsqrt());
  return weight ? xhat.mul(perChannel(weight, x.rank)) : xhat;
}

/**
 * With rstd = 1 / sqrt(variance + eps), and means over the channel:
 *   dx = weight rstd (dy - mean(dy) - xhat mean(dy xhat)),  dweight = sum of dy xhat,  dbias = sum of dy
 */
export const batchNormGradOp = defineOp({
  name: "batchNormGrad",
  inputs: ["dy", "x", "weight?", "mean", "variance"],
  outputs: ["dx", "dweight", "dbias"],
  types: { dy: "float", x: "float", weight: "float", mean: "unchanged", variance: "unchanged" },
  save: ["dy", "x", "weight"],
  infer({ x }, _: BatchNormAttrs) {
    const parameter = { shape: [x.shape[1]], dtype: x.dtype };
    return { dx: { shape: x.shape, dtype: x.dtype }, dweight: parameter, dbias: parameter };
  },
  args: ({ x }, _, { eps }) => [...rowDims(x.shape, 1), eps],
  cpu(
    dy: Numbers, // (N, C, S)
    x: Numbers, // (N, C, S)
    weight: Numbers | null, // (C)
    mean: Numbers, // (C)
    variance: Numbers, // (C)
    dx: Numbers, // (N, C, S)
    dweight: Numbers, // (C)
    dbias: Numbers, // (C)
    samples: number,
    channels: number,
    spatial: number,
    eps: number,
  ) {
    const count = samples * spatial;
    const stride = channels * spatial;
    for (let c = 0; c < channels; c++) {
      const first = c * spatial;
      const m = mean[c];
      const rstd = 1 / Math.sqrt(variance[c] + eps);
      let sum = 0;
      let dot = 0;
      for (let n = 0, start = first; n < samples; n++, start += stride)
        for (let i = start; i < start + spatial; i++) {
          sum += dy[i];
          dot += dy[i] * (x[i] - m) * rstd;
        }
      dweight[c] = dot;
      dbias[c] = sum;
      const scale = (weight ? weight[c] : 1) * rstd;
      for (let n = 0, start = first; n < samples; n++, start += stride)
        for (let i = start; i < start + spatial; i++)
          dx[i] = scale * (dy[i] - sum / count - ((x[i] - m) * rstd * dot) / count);
    }
  },
  vjp({ dx, dweight, dbias }, { dy, x, weight }, attrs) {
    const forward = (x?: Tensor, weight?: Tensor) => composed(x as Tensor, weight, attrs);
    const found = differentiateTwice(forward, [x, weight], dy, [dx, dweight]);
    // dbias is the sum of dy over each channel
    const ddy = found.dy.add(perChannel(dbias, x.rank));
    return { dy: ddy, x: found.inputs[0], weight: found.inputs[1], mean: null, variance: null };
  },
});

/** y = (x - mean) / sqrt(variance + eps) weight + bias, with mean and variance given */
export const batchNormInferenceOp = defineOp({
  name: "batchNormInference",
  inputs: ["x", "mean", "variance", "weight?", "bias?"],
  types: { x: "float", mean: "unchanged", variance: "unchanged", weight: "float", bias: "float" },
  save: ["x", "mean", "variance", "weight"],
  infer({ x, mean, variance, weight, bias }, _: BatchNormAttrs) {
    checkChannels("batchNorm", x, { runningMean: mean, runningVar: variance, weight, bias });
    return { shape: x.shape, dtype: x.dtype };
  },
  args: ({ x }, _, { eps }) => [...rowDims(x.shape, 1), eps],
  cpu(
    x: Numbers, // (N, C, S)
    mean: Numbers, // (C)
    variance: Numbers, // (C)
    weight: Numbers | null, // (C)
    bias: Numbers | null, // (C)
    y: Numbers, // (N, C, S)
    samples: number,
    channels: number,
    spatial: number,
    eps: number,
  ) {
    for (let n = 0, i = 0; n < samples; n++)
      for (let c = 0; c < channels; c++) {
        const m = mean[c];
        const scale = (weight ? weight[c] : 1) / Math.sqrt(variance[c] + eps);
        const shift = bias ? bias[c] : 0;
        for (const end = i + spatial; i < end; i++) y[i] = (x[i] - m) * scale + shift;
      }
  },
  // dx = dy weight rstd,  dweight = sum of dy xhat,  dbias = sum of dy, over each channel
  vjp: {
    x(dy, { variance, weight }, { eps }) {
      const rstd = variance.add(eps).rsqrt();
      return dy.mul(perChannel(weight ? weight.mul(rstd) : rstd, dy.rank));
    },
    mean: null,
    variance: null,
    weight(dy, { x, mean, variance }, { eps }) {
      const xhat = x.sub(perChannel(mean, x.rank)).mul(perChannel(variance.add(eps).rsqrt(), x.rank));
      return dy.mul(xhat).sum(otherAxes(x));
    },
    bias: (dy) => dy.sum(otherAxes(dy)),
  },
});

interface RunningAttrs {
  readonly momentum: number;
  /** n / (n - 1) for n elements a channel: the batch's variance, made unbiased. */
  readonly correction: number;
}

/** running += momentum (batch - running) */
export const runningStatsUpdate = defineUpdate({
  name: "runningStats",
  inputs: ["mean", "variance"],
  targets: ["runningMean", "runningVar"],
  args: ({ momentum, correction }: RunningAttrs) => [momentum, correction],
  cpu(
    means: readonly Numbers[],
    variances: readonly Numbers[],
    runningMeans: readonly Numbers[],
    runningVars: readonly Numbers[],
    momentum: number,
    correction: number,
  ) {
    for (let t = 0; t < means.length; t++)
      for (let c = 0; c < means[t].length; c++) {
        runningMeans[t][c] = (1 - momentum) * runningMeans[t][c] + momentum * means[t][c];
        runningVars[t][c] = (1 - momentum) * runningVars[t][c] + momentum * correction * variances[t][c];
      }
  },
});

/**
 * Normalizes each channel over the batch, then scales and shifts it: Ioffe and Szegedy, "Batch normalization" (2015,
 * arXiv:1502.03167).
 *
 * In training the statistics are those of the batch, gradients flow through them, and the running statistics, if they
 * are given, move towards them in place, once for each call. Otherwise the running statistics are used, as constants.
 * Integers and bool give float32.
 *
 * @param x - (N, C, ...)
 * @returns the shape of `x`
 * @throws ShapeError if the shapes do not fit, or if in training a channel has only one value; ArgumentError if only
 *   one of the running statistics is given, if none is given outside training, if the momentum is not finite or eps is
 *   negative; DTypeError if in training they are not floats. Nothing has changed then.
 */
export function batchNorm(x: Tensor, options: BatchNormOptions = {}): Tensor {
  const { runningMean, runningVar, weight, bias, training = false, momentum = 0.1, eps = 1e-5 } = options;
  checkEps("batchNorm", eps);
  if (!runningMean !== !runningVar)
    throw new ArgumentError("batchNorm: runningMean and runningVar must be given together; one of them is missing");
  if (!training) {
    if (!runningMean || !runningVar)
      throw new ArgumentError("batchNorm: runningMean and runningVar are required if training is false");
    return apply(batchNormInferenceOp, [x, runningMean, runningVar, weight ?? null, bias ?? null], { eps });
  }
  checkChannels("batchNorm", x, { runningMean, runningVar, weight, bias });
  for (const statistic of [runningMean, runningVar])
    if (statistic && !isFloat(statistic.dtype))
      throw new DTypeError(`batchNorm: running statistics must be floats, got ${statistic.dtype}`);
  checkFinite("batchNorm", "momentum", momentum);
  const count = x.shape[1] === 0 ? 0 : sizeOf(x.shape) / x.shape[1];
  if (count === 1)
    throw new ShapeError(`batchNorm: training requires more than one value for each channel, got x ${show(x.shape)}`);
  const [y, mean, variance] = applyAll(batchNormOp, [x, weight ?? null, bias ?? null], { eps });
  // An empty batch has no statistics.
  if (runningMean && runningVar && count > 0)
    applyUpdate(
      runningStatsUpdate,
      { mean: [mean], variance: [variance], runningMean: [runningMean], runningVar: [runningVar] },
      { momentum, correction: count / (count - 1) },
    );
  mean.dispose();
  variance.dispose();
  return y;
}
