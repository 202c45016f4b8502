import { describe, expect, test } from "vitest";
import {
  ArgumentError,
  crossEntropy,
  DTypeError,
  Generator,
  grad,
  huber,
  memory,
  mse,
  nll,
  ones,
  type Reduction,
  randint,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  tidy,
  zeros,
} from "../../src/index.js";

const labels = (...values: number[]): Tensor => tensor(values, { dtype: "int32" });
const x = () => zeros([2, 3]);
const t = () => labels(0, 2);
const nothing = "median" as Reduction;

describe("crossEntropy", () => {
  test("of labels is that of their probabilities, and nll of the logarithms", () => {
    tidy(() => {
      const generator = new Generator(1);
      const x = randn([5, 4], { generator, dtype: "float64" });
      const t = randint(0, 4, [5], { generator });
      const losses = [
        (x: Tensor) => crossEntropy(x, t),
        (x: Tensor) => crossEntropy(x, t.oneHot(4, { dtype: "float64" })),
        (x: Tensor) => nll(x.logSoftmax(1), t),
      ];
      const [value, ...others] = losses.map((f) => f(x).item());
      for (const other of others) expect(other).toBeCloseTo(value, 14);
      const [gradient, ...gradients] = losses.map((f) => grad(f)(x));
      for (const other of gradients) expect(other.sub(gradient).abs().max().item()).toBeLessThan(1e-15);
    });
  });

  test("all ignored: the mean is NaN, the sum 0, and no gradient is NaN", () => {
    tidy(() => {
      const ignored = labels(-100, -100);
      expect(crossEntropy(x(), ignored).item()).toBeNaN();
      expect(crossEntropy(x(), ignored, { reduction: "sum" }).item()).toBe(0);
      const gradient = grad((x: Tensor) => crossEntropy(x, ignored, { reduction: "sum" }))(x());
      expect([...gradient.dataSync()]).toEqual([0, 0, 0, 0, 0, 0]);
    });
  });

  test("in float16 the sum of many losses does not overflow on the way to their mean", () => {
    tidy(() => {
      const n = 40_000;
      const far = tensor([[0, 16]], { dtype: "float16" }).expand([n, 2]);
      const loss = crossEntropy(far, zeros([n], { dtype: "int32" }));
      expect(loss.dtype).toBe("float16");
      expect(loss.item()).toBe(16);
    });
  });

  test("leaves its result and what the mean needs behind, nothing more", () => {
    tidy(() => {
      const [logits, target] = [x(), t()];
      const before = memory().tensors;
      crossEntropy(logits, target, { reduction: "none" });
      expect(memory().tensors - before).toBeLessThanOrEqual(2);
    });
  });
});

// biome-ignore format: a table
const refused = [
  ["a label past the last class", () => crossEntropy(x(), labels(0, 3)), ArgumentError, "crossEntropy: label 3 is out of range for 3 classes; labels count from 0, and ignoreIndex is -100"],
  ["a negative label", () => crossEntropy(x(), labels(0, -1)), ArgumentError, "crossEntropy: label -1 is out of range for 3 classes; labels count from 0, and ignoreIndex is -100"],
  ["a label past the last class of nll", () => nll(x(), labels(3, 0), { ignoreIndex: 7 }), ArgumentError, "nll: label 3 is out of range for 3 classes; labels count from 0, and ignoreIndex is 7"],
  ["too many labels", () => crossEntropy(x(), labels(0, 1, 2)), ShapeError, "crossEntropy: labels must have shape [2] for scores [2, 3], got [3]"],
  ["labels with an axis of classes", () => crossEntropy(x(), zeros([2, 1], { dtype: "int32" })), ShapeError, "crossEntropy: labels must have shape [2] for scores [2, 3], got [2, 1]"],
  ["labels of images", () => nll(zeros([2, 3, 4]), labels(0, 1)), ShapeError, "nll: labels must have shape [2, 4] for scores [2, 3, 4], got [2]"],
  ["a scalar", () => crossEntropy(tensor(1), labels(0)), ShapeError, "crossEntropy: scores must have shape (C) or (N, C, ...), got a scalar"],
  ["probabilities of another shape", () => crossEntropy(x(), ones([2, 4])), ShapeError, "crossEntropy: logits and probabilities must have the same shape, got [2, 3] and [2, 4]"],
  ["ignoreIndex with probabilities", () => crossEntropy(x(), x(), { ignoreIndex: 0 }), ArgumentError, "crossEntropy: ignoreIndex applies only to integer labels, but the target contains probabilities; remove it"],
  ["bool labels", () => crossEntropy(x(), tensor([true, false])), DTypeError, 'crossEntropy: target holds indices and must be int32 or uint8, got bool; use cast("int32")'],
  ["float labels of nll", () => nll(x(), tensor([0, 1])), DTypeError, 'nll: target holds indices and must be int32 or uint8, got float32; use cast("int32")'],
  ["weights of other classes", () => crossEntropy(x(), t(), { weight: ones([2]) }), ShapeError, "crossEntropy: weight must have shape [3], one value for each class, got [2]"],
  ["weights of other classes, probabilities", () => crossEntropy(x(), x(), { weight: ones([3, 1]) }), ShapeError, "crossEntropy: weight must have shape [3], one value for each class, got [3, 1]"],
  ["a smoothing above 1", () => crossEntropy(x(), t(), { labelSmoothing: 1.5 }), ArgumentError, "crossEntropy: labelSmoothing must be between 0 and 1, got 1.5"],
  ["another reduction", () => crossEntropy(x(), t(), { reduction: nothing }), ArgumentError, "crossEntropy: reduction must be one of mean, sum, none, got median"],
  ["another reduction of mse", () => mse(x(), x(), { reduction: nothing }), ArgumentError, "mse: reduction must be one of mean, sum, none, got median"],
  ["shapes that would broadcast", () => mse(zeros([3, 1]), zeros([3])), ShapeError, "mse: input and target must have the same shape, got [3, 1] and [3]"],
  ["l1", () => x().l1(zeros([3])), ShapeError, "l1: input and target must have the same shape, got [2, 3] and [3]"],
  ["huber", () => x().huber(zeros([3])), ShapeError, "huber: input and target must have the same shape, got [2, 3] and [3]"],
  ["hinge", () => x().hinge(zeros([3])), ShapeError, "hinge: input and target must have the same shape, got [2, 3] and [3]"],
  ["klDivergence", () => x().klDivergence(zeros([3])), ShapeError, "klDivergence: input and target must have the same shape, got [2, 3] and [3]"],
  ["binaryCrossEntropy", () => x().binaryCrossEntropy(zeros([3])), ShapeError, "binaryCrossEntropy: input and target must have the same shape, got [2, 3] and [3]"],
  ["binaryCrossEntropy, weight", () => x().binaryCrossEntropy(x(), { weight: zeros([5, 2, 3]) }), ShapeError, "binaryCrossEntropy: weight [5, 2, 3] does not broadcast to the input [2, 3]"],
  ["binaryCrossEntropyWithLogits, posWeight", () => x().binaryCrossEntropyWithLogits(x(), { posWeight: zeros([4]) }), ShapeError, "binaryCrossEntropyWithLogits: shapes [4] and [2, 3] do not broadcast: sizes 4 and 3 differ"],
  ["binaryCrossEntropyWithLogits, larger posWeight", () => x().binaryCrossEntropyWithLogits(x(), { posWeight: zeros([2, 2, 3]) }), ShapeError, "binaryCrossEntropyWithLogits: posWeight [2, 2, 3] does not broadcast to the input [2, 3]"],
  ["binaryCrossEntropyWithLogits", () => x().binaryCrossEntropyWithLogits(zeros([3])), ShapeError, "binaryCrossEntropyWithLogits: input and target must have the same shape, got [2, 3] and [3]"],
  ["delta 0", () => huber(x(), x(), { delta: 0 }), ArgumentError, "huber: delta must be positive, got 0"],
  ["cosineSimilarity, shapes", () => x().cosineSimilarity(zeros([2, 2])), ShapeError, "cosineSimilarity: shapes [2, 3] and [2, 2] do not broadcast: sizes 3 and 2 differ"],
  ["cosineSimilarity, axis", () => x().cosineSimilarity(x(), 2), ShapeError, "cosineSimilarity: axis 2 is out of range for a tensor of rank 2"],
] as const;

test.each(refused)("%s is refused", (_, run, error, message) => {
  const before = memory();
  tidy(() => {
    expect(run).toThrow(error);
    expect(run).toThrow(message);
  });
  expect(memory()).toMatchObject({ bytes: before.bytes, tensors: before.tensors });
});

test("binaryCrossEntropy: where the logarithm counts as -100, the target's gradient does too", () => {
  tidy(() => {
    const p = tensor([0, 1], { dtype: "float64" });
    const f = (t: Tensor): Tensor => p.binaryCrossEntropy(t, { reduction: "sum" });
    expect([...grad(f)(tensor([0, 1], { dtype: "float64" })).dataSync()]).toEqual([100, -100]);
  });
});
