import { describe, expect, test } from "vitest";
import { ArgumentError, DisposedError, ShapeError, type Tensor, tensor, tidy } from "../../src/index.js";
import {
  Accuracy,
  AUC,
  ConfusionMatrix,
  F1Score,
  MeanAbsoluteError,
  MeanSquaredError,
  type Metric,
  Perplexity,
  Precision,
  R2Score,
  ROCCurve,
  TopKAccuracy,
} from "../../src/metrics/index.js";

const ints = (values: number[] | number[][]): Tensor => tensor(values, { dtype: "int32" });

describe("what predictions may be", () => {
  const accuracy = (predictions: () => Tensor, targets: () => Tensor, options = {}): number =>
    tidy(() => {
      const metric = new Accuracy(options);
      metric.update(predictions(), targets());
      return metric.compute();
    });

  test.each<[string, () => Tensor, () => Tensor, object, number]>([
    ["labels", () => ints([1, 2, 7]), () => ints([1, 2, 3]), {}, 2 / 3],
    ["labels in uint8", () => tensor(new Uint8Array([1, 2])), () => ints([1, 2]), {}, 1],
    ["booleans", () => tensor([true, false]), () => tensor([true, true]), {}, 0.5],
    ["probabilities", () => tensor([0.4, 0.6, 0.5]), () => ints([0, 1, 0]), {}, 1],
    ["probabilities of a column", () => tensor([[0.4], [0.6]]), () => tensor([[0], [0]]), {}, 0.5],
    ["logits of class 1", () => tensor([-1, 0.2]), () => tensor([0, 1]), { threshold: 0 }, 1],
    [
      "scores",
      () =>
        tensor([
          [1, 3],
          [2, 1],
        ]),
      () => ints([1, 1]),
      {},
      0.5,
    ],
    ["scores of one row", () => tensor([1, 3, 2]), () => tensor(1, { dtype: "int32" }), {}, 1],
    [
      "scores (N, C, T)",
      () =>
        tensor([
          [
            [1, 0],
            [0, 1],
          ],
        ]),
      () => ints([[0, 0]]),
      {},
      0.5,
    ],
    ["scores in bfloat16", () => tensor([[1, 3]], { dtype: "bfloat16" }), () => ints([1]), {}, 1],
    ["some ignored", () => ints([1, 2, 3]), () => ints([1, -100, 0]), {}, 0.5],
    ["ignored by another label", () => ints([1, 2, 3]), () => ints([1, 0, 0]), { ignoreIndex: 0 }, 1],
  ])("%s", (_, predictions, targets, options, wanted) => {
    expect(accuracy(predictions, targets, options)).toBeCloseTo(wanted, 12);
  });

  test("nothing is recorded", () => {
    tidy(() => {
      const scores = tensor([[1, 3]], { requiresGrad: true }).mul(2);
      const metrics: Metric[] = [new Accuracy(), new Perplexity(), new TopKAccuracy(1)];
      for (const metric of metrics) metric.update(scores, ints([1]));
      scores.sum().backward();
      expect(metrics[0].compute()).toBe(1);
    });
  });

  test("top k by position: the others' axes do not mix", () => {
    tidy(() => {
      const metric = new TopKAccuracy(1);
      metric.update(
        tensor([
          [
            [9, 1],
            [0, 2],
            [1, 0],
          ],
          [
            [0, 0],
            [5, 1],
            [6, 3],
          ],
        ]),
        ints([
          [0, 1],
          [2, 1],
        ]),
      ); // (2, 3, 2)
      expect(metric.compute()).toBe(3 / 4);
    });
  });

  test("NaN is the highest score, and of equal ones the later class", () => {
    tidy(() => {
      const hits = (row: number[], label: number): number => {
        const metric = new TopKAccuracy(1);
        metric.update(tensor([row]), ints([label]));
        return metric.compute();
      };
      expect([hits([Number.NaN, 5], 1), hits([Number.NaN, 5], 0), hits([2, 2], 0), hits([2, 2], 1)]).toEqual([
        0, 1, 0, 1,
      ]);
    });
  });
});

describe("the mean is over all targets, not over batches", () => {
  test("accuracy and squared error of batches of 3 and 1", () => {
    tidy(() => {
      const [accuracy, error] = [new Accuracy(), new MeanSquaredError()];
      accuracy.update(ints([1, 1, 1]), ints([1, 1, 1]));
      accuracy.update(ints([1]), ints([0]));
      error.update(tensor([0, 0, 0]), tensor([2, 2, 2]));
      error.update(tensor([0]), tensor([0]));
      expect([accuracy.compute(), error.compute()]).toEqual([0.75, 3]);
    });
  });
});

describe("what does not fit is refused, and nothing changes", () => {
  type Case = [
    name: string,
    make: () => Metric<unknown>,
    wrong: () => [Tensor, Tensor],
    error: unknown,
    message: string,
  ];
  const scores = (n: number, c: number): Tensor => tensor(Array.from({ length: n }, (_, i) => new Array(c).fill(i)));
  test.each<Case>([
    [
      "Accuracy",
      () => new Accuracy(),
      () => [scores(2, 3), ints([1, 3])],
      ArgumentError,
      "Accuracy.update: label 3 at index 1 is out of range for 3 classes",
    ],
    [
      "Accuracy, negative",
      () => new Accuracy(),
      () => [ints([0, 1]), ints([0, -1])],
      ArgumentError,
      "label -1 at index 1 is not a non-negative integer",
    ],
    [
      "Accuracy, fraction",
      () => new Accuracy(),
      () => [scores(1, 3), tensor([1.5])],
      ArgumentError,
      "label 1.5 at index 0",
    ],
    [
      "Accuracy, binary",
      () => new Accuracy(),
      () => [tensor([0.2]), ints([2])],
      ArgumentError,
      "label 2 at index 0 is out of range for 2 classes",
    ],
    [
      "Accuracy, shapes",
      () => new Accuracy(),
      () => [scores(2, 3), ints([1, 2, 0])],
      ShapeError,
      "Accuracy.update: predictions [2, 3] do not match targets [3]",
    ],
    [
      "Accuracy, no tensor",
      () => new Accuracy(),
      () => [3 as never, ints([1])],
      ArgumentError,
      "Accuracy.update: predictions must be a tensor, got 3",
    ],
    ["Accuracy, disposed", () => new Accuracy(), () => [disposed(), ints([1])], DisposedError, "Accuracy.update"],
    [
      "TopKAccuracy",
      () => new TopKAccuracy(2),
      () => [scores(1, 3), ints([3])],
      ArgumentError,
      "TopKAccuracy.update: label 3 at index 0",
    ],
    [
      "TopKAccuracy, k",
      () => new TopKAccuracy(4),
      () => [scores(1, 3), ints([2])],
      ArgumentError,
      "TopKAccuracy.update: k must not exceed the number of classes, 3, got 4",
    ],
    [
      "ConfusionMatrix",
      () => new ConfusionMatrix({ numClasses: 3 }),
      () => [ints([0, 1]), ints([2, 3])],
      ArgumentError,
      "ConfusionMatrix.update: label 3 at index 1 is out of range for 3 classes",
    ],
    [
      "ConfusionMatrix, predicted",
      () => new ConfusionMatrix({ numClasses: 3 }),
      () => [ints([0, 4]), ints([2, 2])],
      ArgumentError,
      "label 4 at index 1",
    ],
    [
      "Precision, scores",
      () => new Precision({ numClasses: 3 }),
      () => [scores(1, 4), ints([2])],
      ShapeError,
      "Precision.update: predictions [1, 4] must have scores for 3 classes, got 4",
    ],
    [
      "F1Score, floats",
      () => new F1Score({ numClasses: 3 }),
      () => [tensor([1, 2]), ints([1, 2])],
      ArgumentError,
      "F1Score.update: floats in the shape of the targets are binary scores, but there are 3 classes",
    ],
    [
      "ROCCurve",
      () => new ROCCurve(),
      () => [tensor([0.1, 0.2]), ints([1, 2])],
      ArgumentError,
      "ROCCurve.update: label 2 at index 1 is out of range for 2 classes",
    ],
    [
      "ROCCurve, NaN",
      () => new ROCCurve(),
      () => [tensor([0.1, Number.NaN]), ints([1, 0])],
      ArgumentError,
      "ROCCurve.update: the prediction at index 1 must be finite, got NaN",
    ],
    [
      "AUC, shapes",
      () => new AUC(),
      () => [scores(2, 2), ints([1, 0])],
      ShapeError,
      "AUC.update: predictions and targets must have the same shape, got [2, 2] and [2]",
    ],
    [
      "AUC, classes",
      () => new AUC({ numClasses: 4 }),
      () => [scores(2, 3), ints([1, 0])],
      ArgumentError,
      "AUC.update: predictions must have scores for 4 classes, got 3",
    ],
    [
      "AUC, NaN",
      () => new AUC({ numClasses: 2 }),
      () => [tensor([[1, Number.NaN]]), ints([1])],
      ArgumentError,
      "AUC.update: row 0 of the predictions must be probabilities that sum to 1, got the sum NaN",
    ],
    [
      "AUC, logits",
      () => new AUC({ numClasses: 2 }),
      () => [
        tensor([
          [0.5, 0.5],
          [1.5, -0.5],
        ]),
        ints([1, 0]),
      ],
      ArgumentError,
      "AUC.update: row 1 of the predictions must be probabilities that sum to 1, got the sum 1 and the minimum -0.5; apply softmax to logits",
    ],
    [
      "MeanSquaredError",
      () => new MeanSquaredError(),
      () => [tensor([[1], [2]]), tensor([1, 2])],
      ShapeError,
      "MeanSquaredError.update: predictions and targets must have the same shape, got [2, 1] and [2]",
    ],
    [
      "MeanAbsoluteError",
      () => new MeanAbsoluteError(),
      () => [tensor([1]), tensor([Number.POSITIVE_INFINITY])],
      ArgumentError,
      "MeanAbsoluteError.update: the target at index 0 must be finite, got Infinity",
    ],
    [
      "R2Score",
      () => new R2Score(),
      () => [tensor([[[1]]]), tensor([[[1]]])],
      ShapeError,
      "R2Score.update: targets must be (N) or (N, outputs)",
    ],
    [
      "Perplexity",
      () => new Perplexity(),
      () => [scores(1, 3), ints([3])],
      ArgumentError,
      "label 3 is out of range for 3 classes",
    ],
    [
      "Perplexity, NaN",
      () => new Perplexity(),
      () => [tensor([[Number.NaN, 1]]), ints([0])],
      ArgumentError,
      "Perplexity.update: the loss of the batch must be finite, got NaN",
    ],
  ])("%s", (_, make, wrong, error, message) => {
    tidy(() => {
      const metric = make();
      const [predictions, targets] = wrong();
      expect(() => metric.update(predictions, targets)).toThrow(error as typeof Error);
      expect(() => metric.update(predictions, targets)).toThrow(message);
      expect(metric.getState()).toEqual(make().getState());
    });
  });

  test("R2Score: another number of outputs", () => {
    tidy(() => {
      const metric = new R2Score();
      metric.update(tensor([[1, 2]]), tensor([[1, 2]]));
      const state = metric.getState();
      expect(() => metric.update(tensor([1]), tensor([1]))).toThrow(
        "R2Score.update: the batch has 1 outputs, but earlier batches have 2",
      );
      expect(metric.getState()).toEqual(state);
    });
  });

  const disposed = (): Tensor => {
    const t = tensor([1]);
    t.dispose();
    return t;
  };
});
