import { describe, expect, test } from "vitest";
import {
  ArgumentError,
  batchNorm,
  cosineSimilarity,
  DisposedError,
  defaultGenerator,
  dropout,
  elu,
  groupNorm,
  hinge,
  layerNorm,
  leakyRelu,
  memory,
  rmsNorm,
  scaledDotProductAttention,
  softplus,
  zeros,
} from "../../src/index.js";

describe("invalid numbers are refused as options, by name and value", () => {
  const x = zeros([2, 4]);
  const q = zeros([2, 3, 4]);
  const rows: [string, () => unknown, string][] = [
    ["layerNorm", () => layerNorm(x, 4, { eps: -1 }), "layerNorm: eps must be a finite non-negative number, got -1"],
    ["rmsNorm", () => rmsNorm(x, 4, { eps: Number.NaN }), "rmsNorm: eps must be a finite non-negative number, got NaN"],
    [
      "groupNorm",
      () => groupNorm(x, 2, { eps: Infinity }),
      "groupNorm: eps must be a finite non-negative number, got Infinity",
    ],
    [
      "batchNorm",
      () => batchNorm(x, { training: true, eps: -1 }),
      "batchNorm: eps must be a finite non-negative number, got -1",
    ],
    [
      "batchNorm momentum",
      () => batchNorm(x, { training: true, momentum: Number.NaN }),
      "batchNorm: momentum must be a finite number, got NaN",
    ],
    [
      "cosineSimilarity",
      () => cosineSimilarity(x, x, 1, { eps: Number.NaN }),
      "cosineSimilarity: eps must be a finite non-negative number, got NaN",
    ],
    ["hinge", () => hinge(x, x, { margin: Number.NaN }), "hinge: margin must be a finite number, got NaN"],
    [
      "leakyRelu",
      () => leakyRelu(x, { negativeSlope: Number.NaN }),
      "leakyRelu: negativeSlope must be a finite number, got NaN",
    ],
    ["elu", () => elu(x, { alpha: Infinity }), "elu: alpha must be a finite number, got Infinity"],
    ["softplus", () => softplus(x, { threshold: Number.NaN }), "softplus: threshold must not be NaN"],
    [
      "attention",
      () => scaledDotProductAttention(q, q, q, { scale: Number.NaN }),
      "scaledDotProductAttention: scale must be a finite number, got NaN",
    ],
  ];
  for (const [name, run, message] of rows)
    test(name, () => {
      expect(run).toThrow(ArgumentError);
      expect(run).toThrow(message);
    });

  test("dropout of a disposed tensor does not move the generator", () => {
    const gone = zeros([4]);
    gone.dispose();
    const [before, { tensors }] = [defaultGenerator.getState(), memory()];
    expect(() => dropout(gone, 0.5)).toThrow(DisposedError);
    expect(defaultGenerator.getState()).toEqual(before);
    expect(memory().tensors).toBe(tensors);
  });
});
