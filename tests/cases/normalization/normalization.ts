/** Cases of layerNorm, rmsNorm, groupNorm and batchNorm. */
import type { Shape } from "../../../src/index.js";
import { type Case, given, special, uniform } from "../case.js";

/** weight and bias of one shape. */
const affine = (shape: Shape) => ({ weight: uniform(shape, 0.5, 2), bias: uniform(shape) });

/** Positive running variances. */
const running = (channels: number) => ({ mean: uniform([channels]), variance: uniform([channels], 0.5, 3) });

function layerNorm(): [Case, ...Case[]] {
  const over = (name: string, shape: Shape, normalized: Shape): Case => ({
    name,
    inputs: { x: uniform(shape), ...affine(normalized) },
    run: ({ x, weight, bias }) => x.layerNorm(normalized, { weight, bias }),
    torch: `F.layer_norm(x, ${JSON.stringify(normalized)}, weight, bias)`,
  });
  const alone = (name: string, x: Case["inputs"][string], more: Partial<Case> = {}): Case => ({
    name,
    inputs: { x },
    run: ({ x }) => x.layerNorm(x.shape[x.rank - 1]),
    torch: "F.layer_norm(x, x.shape[-1:])",
    ...more,
  });
  return [
    over("plain", [3, 8], [8]),
    over("two axes", [3, 2, 4], [2, 4]),
    over("whole tensor", [2, 3], [2, 3]),
    over("batches", [2, 2, 5], [5]),
    over("vector", [7], [7]),
    over("odd sizes", [3, 17], [17]),
    over("empty", [0, 3], [3]),
    // Every element is its own mean, so only the bias is left. The weight's gradient is 0, and in PyTorch rounding noise.
    { ...over("size 1", [3, 1], [1]), wrt: ["x", "bias"] },
    alone("without weight and bias", uniform([3, 6])),
    {
      name: "weight alone",
      inputs: { x: uniform([3, 4]), weight: uniform([4]) },
      run: ({ x, weight }) => x.layerNorm(4, { weight }),
      torch: "F.layer_norm(x, [4], weight)",
    },
    {
      name: "bias alone",
      inputs: { x: uniform([3, 4]), bias: uniform([4]) },
      run: ({ x, bias }) => x.layerNorm(4, { bias }),
      torch: "F.layer_norm(x, [4], None, bias)",
    },
    {
      name: "eps",
      inputs: { x: uniform([2, 5]), ...affine([5]) },
      run: ({ x, weight, bias }) => x.layerNorm(5, { weight, bias, eps: 0.5 }),
      torch: "F.layer_norm(x, [5], weight, bias, 0.5)",
    },
    // The deviations are exact, the mean is 128 times as large: a sum of squares less a squared mean would cancel.
    alone("far from 0", given([2, 4], [64, 64.5, 65, 63.5, 32, 32.25, 32, 31.75])),
    alone("special", special(), { wrt: [] }),
    alone("NaN in one row", given([2, 2], [Number.NaN, 1, 1, 2]), { wrt: [] }),
  ];
}

function rmsNorm(): [Case, ...Case[]] {
  const over = (name: string, shape: Shape, normalized: Shape): Case => ({
    name,
    inputs: { x: uniform(shape), weight: uniform(normalized, 0.5, 2) },
    run: ({ x, weight }) => x.rmsNorm(normalized, { weight }),
    torch: `F.rms_norm(x, ${JSON.stringify(normalized)}, weight)`,
  });
  const alone = (name: string, x: Case["inputs"][string], more: Partial<Case> = {}): Case => ({
    name,
    inputs: { x },
    run: ({ x }) => x.rmsNorm(x.shape[x.rank - 1]),
    torch: "F.rms_norm(x, x.shape[-1:])",
    ...more,
  });
  return [
    over("plain", [3, 8], [8]),
    over("two axes", [3, 2, 4], [2, 4]),
    over("whole tensor", [2, 3], [2, 3]),
    over("vector", [7], [7]),
    over("odd sizes", [3, 17], [17]),
    over("empty", [0, 3], [3]),
    {
      name: "size 1",
      inputs: { x: uniform([3, 1]), weight: uniform([1]) },
      run: ({ x, weight }) => x.rmsNorm(1, { weight, eps: 0.125 }),
      torch: "F.rms_norm(x, [1], weight, 0.125)",
    },
    alone("without weight", uniform([3, 6])),
    {
      name: "eps",
      inputs: { x: uniform([2, 5]), weight: uniform([5]) },
      run: ({ x, weight }) => x.rmsNorm(5, { weight, eps: 0.5 }),
      torch: "F.rms_norm(x, [5], weight, 0.5)",
    },
    alone("special", special(), { wrt: [] }),
    alone("NaN in one row", given([2, 2], [Number.NaN, 1, 1, 2]), { wrt: [] }),
  ];
}

function groupNorm(): [Case, ...Case[]] {
  const over = (name: string, shape: Shape, groups: number): Case => ({
    name,
    inputs: { x: uniform(shape), ...affine([shape[1]]) },
    run: ({ x, weight, bias }) => x.groupNorm(groups, { weight, bias }),
    torch: `F.group_norm(x, ${groups}, weight, bias)`,
  });
  return [
    over("plain", [2, 4, 3], 2),
    over("images", [2, 4, 2, 3], 2),
    over("one group", [2, 3, 2, 2], 1),
    over("a group a channel", [2, 3, 5], 3),
    over("no axes but channels", [3, 6], 2),
    over("odd sizes", [1, 9, 5], 3),
    over("size 1", [1, 2, 1, 3], 1),
    {
      name: "empty",
      inputs: { x: uniform([0, 4, 3]), ...affine([4]) },
      run: ({ x, weight, bias }) => x.groupNorm(2, { weight, bias }),
      torch: "x * weight[:, None] + bias[:, None]",
    },
    {
      name: "without weight and bias",
      inputs: { x: uniform([2, 4, 3]) },
      run: ({ x }) => x.groupNorm(2),
      torch: "F.group_norm(x, 2)",
    },
    {
      name: "eps",
      inputs: { x: uniform([2, 4, 3]), ...affine([4]) },
      run: ({ x, weight, bias }) => x.groupNorm(2, { weight, bias, eps: 0.5 }),
      torch: "F.group_norm(x, 2, weight, bias, 0.5)",
    },
    {
      name: "NaN in one group",
      inputs: { x: given([1, 4, 2], [Number.NaN, 1, 2, 3, 0, 1, 2, 4]) },
      run: ({ x }) => x.groupNorm(2),
      torch: "F.group_norm(x, 2)",
      wrt: [],
    },
    {
      name: "infinity in one group",
      inputs: { x: given([1, 4, 2], [0, 1, 2, 3, 0, Number.NEGATIVE_INFINITY, 2, 4]) },
      run: ({ x }) => x.groupNorm(2),
      torch: "F.group_norm(x, 2)",
      wrt: [],
    },
  ];
}

function batchNorm(): [Case, ...Case[]] {
  const training = (name: string, shape: Shape): Case => ({
    name,
    inputs: { x: uniform(shape), ...affine([shape[1]]) },
    run: ({ x, weight, bias }) => x.batchNorm({ weight, bias, training: true }),
    torch: "F.batch_norm(x, None, None, weight, bias, True)",
  });
  const inference = (name: string, shape: Shape): Case => ({
    name,
    inputs: { x: uniform(shape), ...running(shape[1]), ...affine([shape[1]]) },
    run: ({ x, mean, variance, weight, bias }) =>
      x.batchNorm({ runningMean: mean, runningVar: variance, weight, bias }),
    torch: "F.batch_norm(x, mean.detach(), variance.detach(), weight, bias)",
    wrt: ["x", "weight", "bias"],
  });
  return [
    training("plain", [4, 3]),
    training("images", [2, 3, 2, 3]),
    training("sequences", [2, 3, 4]),
    training("odd sizes", [3, 5, 3]),
    training("one sample", [1, 2, 3]),
    training("one channel", [5, 1]),
    training("empty", [0, 3, 2]),
    {
      name: "without weight and bias",
      inputs: { x: uniform([4, 3]) },
      run: ({ x }) => x.batchNorm({ training: true }),
      torch: "F.batch_norm(x, None, None, training=True)",
    },
    {
      name: "eps",
      inputs: { x: uniform([4, 3]), ...affine([3]) },
      run: ({ x, weight, bias }) => x.batchNorm({ weight, bias, training: true, eps: 0.5 }),
      torch: "F.batch_norm(x, None, None, weight, bias, True, eps=0.5)",
    },
    {
      name: "running statistics",
      inputs: { x: uniform([3, 2, 2]), ...running(2), ...affine([2]) },
      run: ({ x, mean, variance, weight, bias }) => [
        x.batchNorm({ runningMean: mean, runningVar: variance, weight, bias, training: true, momentum: 0.25 }),
        mean,
        variance,
      ],
      torch:
        "[F.batch_norm(x, m := mean.detach().clone(), v := variance.detach().clone(), weight, bias, True, 0.25), m, v]",
      wrt: ["x", "weight", "bias"],
    },
    {
      name: "running statistics of nothing",
      inputs: { x: uniform([0, 2]), ...running(2) },
      run: ({ x, mean, variance }) => [
        x.batchNorm({ runningMean: mean, runningVar: variance, training: true }),
        mean,
        variance,
      ],
      torch: "[x * 1, mean, variance]",
      wrt: [],
    },
    {
      name: "NaN in one channel",
      inputs: { x: given([3, 2], [Number.NaN, 1, 2, 3, 0, 1]) },
      run: ({ x }) => x.batchNorm({ training: true }),
      torch: "F.batch_norm(x, None, None, training=True)",
      wrt: [],
    },
    inference("inference", [4, 3]),
    inference("inference on images", [2, 3, 2, 3]),
    inference("inference on one value", [1, 3]),
    inference("inference on nothing", [0, 3, 2]),
    {
      name: "inference without weight and bias",
      inputs: { x: uniform([2, 3, 2]), ...running(3) },
      run: ({ x, mean, variance }) => x.batchNorm({ runningMean: mean, runningVar: variance, eps: 0.125 }),
      torch: "F.batch_norm(x, mean.detach(), variance.detach(), eps=0.125)",
      wrt: ["x"],
    },
    {
      name: "inference of special values",
      inputs: { x: special(), mean: given([1], [0.5]), variance: given([1], [2]) },
      run: ({ x, mean, variance }) => x.reshape([7, 1]).batchNorm({ runningMean: mean, runningVar: variance }),
      torch: "F.batch_norm(x[:, None], mean.detach(), variance.detach())",
      wrt: [],
    },
  ];
}

export const normalization = {
  layerNorm: layerNorm(),
  rmsNorm: rmsNorm(),
  groupNorm: groupNorm(),
  batchNorm: batchNorm(),
} satisfies Record<string, readonly [Case, ...Case[]]>;
