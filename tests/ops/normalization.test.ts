import { describe, expect, test } from "vitest";
import {
  ArgumentError,
  batchNorm,
  DTypeError,
  Generator,
  GradientError,
  grad,
  groupNorm,
  layerNorm,
  memory,
  ones,
  randn,
  rmsNorm,
  ShapeError,
  Tape,
  type Tensor,
  tensor,
  tidy,
  zeros,
} from "../../src/index.js";

const random = (seed: number, shape: number[]): Tensor =>
  randn(shape, { generator: new Generator(seed), dtype: "float64" });
const farthest = (a: Tensor, b: Tensor): number => a.sub(b).abs().max().item();

/** layerNorm over the last axis without its kernels: derivatives of every order come from elementwise ops. */
function composedLayerNorm(x: Tensor, weight: Tensor): Tensor {
  const centered = x.sub(x.mean(-1, { keepDims: true }));
  return centered.div(centered.square().mean(-1, { keepDims: true }).add(1e-5).sqrt()).mul(weight);
}

type Scalar = (x: Tensor) => Tensor;
const derivative = (f: Scalar, order: number): Scalar =>
  order === 0 ? f : derivative((x) => grad(f)(x).mul(direction(x)).sum(), order - 1);
const direction = (x: Tensor): Tensor => random(9, [...x.shape]);

describe("derivatives beyond the first, of which the kernels have none", () => {
  const fused: Scalar = (x) =>
    layerNorm(x, 4, { weight: random(2, [4]) })
      .mul(direction(x))
      .sum();
  const composed: Scalar = (x) =>
    composedLayerNorm(x, random(2, [4]))
      .mul(direction(x))
      .sum();

  test.each([1, 2, 3])("order %i", (order) => {
    tidy(() => {
      const x = random(1, [3, 4]);
      const [actual, expected] = [fused, composed].map((f) => grad(derivative(f, order - 1))(x));
      expect(expected.abs().max().item()).toBeGreaterThan(0.1);
      expect(farthest(actual, expected)).toBeLessThan(1e-11);
    });
  });

  test("where the weight is itself computed from x, each path counts once", () => {
    tidy(() => {
      const x = random(1, [3, 4]);
      const weightOf = (t: Tensor): Tensor => t.mul(0.5).sin().sum(0);
      const f: Scalar = (t) =>
        layerNorm(t, 4, { weight: weightOf(t) })
          .mul(direction(t))
          .sum();
      const g: Scalar = (t) => composedLayerNorm(t, weightOf(t)).mul(direction(t)).sum();
      for (const order of [1, 2])
        expect(farthest(grad(derivative(f, order))(x), grad(derivative(g, order))(x))).toBeLessThan(1e-11);
    });
  });

  test("where x is itself the result of an op that is walked later", () => {
    tidy(() => {
      const x = random(1, [3, 4]);
      const f: Scalar = (t) => layerNorm(t.exp(), 4).exp().sum();
      const g: Scalar = (t) =>
        composedLayerNorm(t.exp(), ones([4], { dtype: "float64" }))
          .exp()
          .sum();
      expect(farthest(grad(derivative(f, 1))(x), grad(derivative(g, 1))(x))).toBeLessThan(1e-11);
    });
  });
});

describe("batchNorm", () => {
  const statistics = () => ({ runningMean: tensor([1, 2]), runningVar: tensor([3, 4]) });

  test("training moves the running statistics, by the unbiased variance", () => {
    tidy(() => {
      const { runningMean, runningVar } = statistics();
      // Means 2 and 6, unbiased variances 4 and 16.
      const x = tensor([
        [0, 2],
        [2, 6],
        [4, 10],
      ]);
      batchNorm(x, { runningMean, runningVar, training: true, momentum: 0.5 });
      expect(runningMean.arraySync()).toEqual([1.5, 4]);
      expect(runningVar.arraySync()).toEqual([3.5, 10]);
    });
  });

  test("the update is not on the tape, and outside training there is none", () => {
    tidy(() => {
      const { runningMean, runningVar } = statistics();
      const x = tensor([
        [0, 2],
        [2, 6],
      ]);
      using tape = new Tape();
      tape.watch(x);
      batchNorm(x, { runningMean, runningVar, training: true });
      expect(tape.entries.map(({ op }) => op.name)).toEqual(["batchNorm"]);
      expect(runningMean.requiresGrad).toBe(false);
      const before = [runningMean.arraySync(), runningVar.arraySync()];
      batchNorm(x, { runningMean, runningVar });
      expect([runningMean.arraySync(), runningVar.arraySync()]).toEqual(before);
    });
  });

  test("running statistics have no gradient: asking for one is an error that names op and input", () => {
    tidy(() => {
      const { runningMean, runningVar } = statistics();
      const f = (mean: Tensor): Tensor => batchNorm(ones([2, 2]), { runningMean: mean, runningVar }).sum();
      expect(() => grad(f)(runningMean)).toThrow(GradientError);
      expect(() => grad(f)(runningMean)).toThrow(
        "batchNormInference: the gradient with respect to mean [2] is not defined",
      );
    });
  });

  test("statistics in float32 leave 16-bit values and their gradients as they are", () => {
    tidy(() => {
      const { runningMean, runningVar } = statistics();
      const x = tensor(
        [
          [0, 2],
          [2, 6],
          [4, 10],
        ],
        { dtype: "bfloat16" },
      );
      const weight = ones([2], { dtype: "bfloat16" });
      for (const training of [true, false]) {
        const f = (x: Tensor, weight: Tensor): Tensor => batchNorm(x, { runningMean, runningVar, weight, training });
        expect(f(x, weight).dtype).toBe("bfloat16");
        const grads = grad((x: Tensor, weight: Tensor) => f(x, weight).square().sum(), [0, 1])(x, weight);
        expect(grads.map(({ dtype }) => dtype)).toEqual(["bfloat16", "bfloat16"]);
      }
      expect(runningMean.dtype).toBe("float32");
    });
  });

  test("leaves nothing but its result behind", () => {
    tidy(() => {
      const x = random(1, [4, 3]);
      const before = memory().tensors;
      for (const make of [
        () => batchNorm(x, { training: true }),
        () => layerNorm(x, 3),
        () => rmsNorm(x, 3),
        () => groupNorm(x, 3),
      ]) {
        const y = make();
        expect(memory().tensors).toBe(before + 1);
        y.dispose();
      }
    });
  });
});

describe("misuse", () => {
  const x = () => zeros([2, 4, 3]);
  const c = (n: number) => zeros([n]);
  // biome-ignore format: a table
  test.each([
    ["layerNorm, another last axis", () => layerNorm(x(), 4), ShapeError, "layerNorm: the shape of x must end with the normalized shape [4], got [2, 4, 3]"],
    ["layerNorm, too many axes", () => layerNorm(x(), [1, 2, 4, 3]), ShapeError, "layerNorm: the shape of x must end with the normalized shape [1, 2, 4, 3], got [2, 4, 3]"],
    ["layerNorm, no axes", () => layerNorm(x(), []), ShapeError, "layerNorm: the shape of x must end with the normalized shape [], got [2, 4, 3]"],
    ["layerNorm, weight", () => layerNorm(x(), [4, 3], { weight: c(3) }), ShapeError, "layerNorm: weight must have the normalized shape [4, 3], got [3]"],
    ["layerNorm, bias", () => layerNorm(x(), 3, { weight: c(3), bias: c(1) }), ShapeError, "layerNorm: bias must have the normalized shape [3], got [1]"],
    ["rmsNorm, another last axis", () => rmsNorm(x(), 4), ShapeError, "rmsNorm: the shape of x must end with the normalized shape [4], got [2, 4, 3]"],
    ["rmsNorm, weight", () => rmsNorm(x(), 3, { weight: c(4) }), ShapeError, "rmsNorm: weight must have the normalized shape [3], got [4]"],
    ["groupNorm, groups", () => groupNorm(x(), 3), ShapeError, "groupNorm: groups must be a positive integer that divides the 4 channels of x, got 3"],
    ["groupNorm, no groups", () => groupNorm(x(), 0), ShapeError, "groupNorm: groups must be a positive integer that divides the 4 channels of x, got 0"],
    ["groupNorm, a vector", () => groupNorm(c(4), 2), ShapeError, "groupNorm: x must have shape (N, C, ...), got [4]"],
    ["groupNorm, weight", () => groupNorm(x(), 2, { weight: c(2) }), ShapeError, "groupNorm: weight must have shape [4], one value for each channel of x [2, 4, 3], got [2]"],
    ["batchNorm, bias", () => batchNorm(x(), { bias: c(3), training: true }), ShapeError, "batchNorm: bias must have shape [4], one value for each channel of x [2, 4, 3], got [3]"],
    ["batchNorm, one value a channel", () => batchNorm(zeros([1, 4]), { training: true }), ShapeError, "batchNorm: training requires more than one value for each channel, got x [1, 4]"],
    ["batchNorm, no statistics", () => batchNorm(x()), ArgumentError, "batchNorm: runningMean and runningVar are required if training is false"],
    ["batchNorm, statistics of integers", () => batchNorm(x(), { runningMean: zeros([4], { dtype: "int32" }), runningVar: c(4), training: true }), DTypeError, "batchNorm: running statistics must be floats, got int32"],
    ["batchNorm, momentum", () => batchNorm(x(), { runningMean: c(4), runningVar: c(4), training: true, momentum: Number.NaN }), ArgumentError, "batchNorm: momentum must be a finite number, got NaN"],
    ["batchNorm, one of the statistics and null", () => batchNorm(x(), { runningMean: c(4), runningVar: null, training: true }), ArgumentError, "batchNorm: runningMean and runningVar must be given together; one of them is missing"],
    ["batchNorm, one of the statistics", () => batchNorm(x(), { runningMean: c(4), training: true }), ArgumentError, "batchNorm: runningMean and runningVar must be given together; one of them is missing"],
  ] as const)("%s is refused", (_, run, error, message) => {
    tidy(() => {
      expect(run).toThrow(error);
      expect(run).toThrow(message);
    });
  });

  test("running statistics of another size are refused before anything changes", () => {
    tidy(() => {
      const [runningMean, runningVar] = [ones([3]), ones([4])];
      const run = () => batchNorm(x(), { runningMean, runningVar, training: true });
      expect(run).toThrow(
        "batchNorm: runningMean must have shape [4], one value for each channel of x [2, 4, 3], got [3]",
      );
      expect([...runningMean.dataSync(), ...runningVar.dataSync()]).toEqual(new Array(7).fill(1));
    });
  });
});
