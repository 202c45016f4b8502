import { describe, expect, test } from "vitest";
import { ArgumentError, ShapeError, type Tensor, tensor, tidy, WengertError } from "../../src/index.js";
import {
  Accuracy,
  AUC,
  ConfusionMatrix,
  F1Score,
  MeanAbsoluteError,
  MeanSquaredError,
  type Metric,
  MetricError,
  Perplexity,
  Precision,
  R2Score,
  Recall,
  ROCCurve,
  TopKAccuracy,
} from "../../src/metrics/index.js";

const ints = (values: number[] | number[][]): Tensor => tensor(values, { dtype: "int32" });

describe("what the data do not define", () => {
  test.each<[string, () => Metric<unknown>]>([
    ["Accuracy", () => new Accuracy()],
    ["TopKAccuracy", () => new TopKAccuracy(1)],
    ["ConfusionMatrix", () => new ConfusionMatrix({ numClasses: 2 })],
    ["Precision", () => new Precision({ numClasses: 2 })],
    ["Recall", () => new Recall({ numClasses: 2 })],
    ["F1Score", () => new F1Score({ numClasses: 2 })],
    ["ROCCurve", () => new ROCCurve()],
    ["AUC", () => new AUC()],
    ["MeanSquaredError", () => new MeanSquaredError()],
    ["MeanAbsoluteError", () => new MeanAbsoluteError()],
    ["R2Score", () => new R2Score()],
    ["Perplexity", () => new Perplexity()],
  ])("%s of nothing", (name, make) => {
    expect(() => make().compute()).toThrow(MetricError);
    expect(() => make().compute()).toThrow(`${name}.compute: there are no targets`);
    expect(make().name).toBe(name);
  });

  const computed = (metric: Metric<unknown>, predictions: Tensor, targets: Tensor): unknown => {
    metric.update(predictions, targets);
    return metric.compute();
  };

  test.each<[string, () => unknown, string]>([
    [
      "ROCCurve of ones",
      () => computed(new ROCCurve(), tensor([0.1, 0.2]), ints([1, 1])),
      "ROCCurve.compute: every label is 1; both classes must occur among the 2 labels",
    ],
    [
      "AUC of zeros",
      () => computed(new AUC(), tensor([0.1, 0.2]), ints([0, 0])),
      "AUC.compute: no label is 1; both classes must occur among the 2 labels",
    ],
    [
      "AUC without class 2",
      () =>
        computed(
          new AUC({ numClasses: 3 }),
          tensor([
            [1, 0, 0],
            [0, 1, 0],
          ]),
          ints([0, 1]),
        ),
      "no label is 2; both classes must occur among the 2 labels",
    ],
    [
      "R2Score of one",
      () => computed(new R2Score(), tensor([1]), tensor([1])),
      "R2Score.compute: at least two targets are needed, got 1",
    ],
    [
      "Accuracy of ignored labels",
      () => computed(new Accuracy(), ints([1]), ints([-100])),
      "or all targets were ignored",
    ],
  ])("%s", (_, run, message) => {
    tidy(() => {
      expect(run).toThrow(MetricError);
      expect(run).toThrow(WengertError);
      expect(run).toThrow(message);
    });
  });

  test("AUC weighted by the number of labels: a class without any counts for nothing, as in scikit-learn", () => {
    const probabilities = tensor([
      [0.5, 0.25, 0.25],
      [0.25, 0.5, 0.25],
      [0.5, 0.125, 0.375],
      [0.125, 0.25, 0.625],
      [0.25, 0.375, 0.375],
    ]);
    const auc = new AUC({ numClasses: 3, average: "weighted" });
    expect(computed(auc, probabilities, ints([0, 1, 1, 0, 1]))).toBeCloseTo(0.5666666666666667, 12);
    auc.reset();
    expect(() => computed(auc, probabilities, ints([1, 1, 1, 1, 1]))).toThrow(
      "every label is 1; both classes must occur among the 5 labels",
    );
  });

  test("R2Score where targets do not vary", () => {
    tidy(() => {
      expect(computed(new R2Score(), tensor([0.1, 0.1]), tensor([0.1, 0.1]))).toBe(1);
      expect(computed(new R2Score(), tensor([0.1, 0.2]), tensor([0.1, 0.1]))).toBe(0);
      expect(computed(new R2Score({ multioutput: "varianceWeighted" }), tensor([3, 2]), tensor([3, 3]))).toBe(0);
    });
  });
});

test.each<[() => unknown, string]>([
  [() => new TopKAccuracy(0), "TopKAccuracy: k must be a positive integer, got 0"],
  [() => new ConfusionMatrix({ numClasses: 1 }), "ConfusionMatrix: numClasses must be an integer of at least 2, got 1"],
  [
    () => new ConfusionMatrix({ numClasses: 2, normalize: "row" as "true" }),
    'ConfusionMatrix: normalize must be "true"',
  ],
  [() => new Precision({ numClasses: 3, average: "binary" }), 'Precision: average "binary" requires 2 classes, got 3'],
  [() => new Recall({ numClasses: 3, average: "mean" as "macro" }), 'Recall: average must be "binary"'],
  [() => new F1Score({ numClasses: 3, zeroDivision: 2 as 1 }), "F1Score: zeroDivision must be 0 or 1, got 2"],
  [() => new AUC({ numClasses: 1 }), "AUC: numClasses must be an integer of at least 2, got 1"],
  [() => new AUC({ average: "micro" as "macro" }), 'AUC: average must be "macro" or "weighted", got "micro"'],
  [() => new R2Score({ multioutput: "raw" as "uniformAverage" }), "R2Score: multioutput must be"],
])("%#: an option out of range is refused", (make, message) => {
  expect(make).toThrow(ArgumentError);
  expect(make).toThrow(message);
});

test.each<[string, Metric<unknown>]>([
  ["Accuracy", new Accuracy()],
  ["TopKAccuracy", new TopKAccuracy(1)],
  ["F1Score", new F1Score({ numClasses: 2 })],
])("%s: a column of binary scores (N, 1) is not taken for scores of one class, for any labels", (_, metric) => {
  tidy(() => {
    const update = () => metric.update(tensor([[0.9], [0.2]]), ints([0, 0]));
    expect(update).toThrow(ShapeError);
    expect(update).toThrow(
      "predictions [2, 1] must have scores for at least 2 classes, got 1; reshape binary scores to the shape of the targets, [2]",
    );
  });
});

describe("setState refuses what getState does not give", () => {
  const confusion = (): Metric<unknown> => new ConfusionMatrix({ numClasses: 2 });
  test.each<[string, () => Metric<unknown>, unknown, string]>([
    ["nothing", () => new Accuracy(), null, "Accuracy.setState: the state must be an object, got null"],
    [
      "another metric's",
      () => new Accuracy(),
      { sum: 1, count: 2 },
      "the state must have the fields hits, count, got sum, count",
    ],
    [
      "more hits than labels",
      () => new Accuracy(),
      { hits: 3, count: 2 },
      "hits must be between 0 and count, got 3 of 2",
    ],
    ["NaN", () => new MeanSquaredError(), { sum: Number.NaN, count: 2 }, "sum contains NaN"],
    ["a list", () => new MeanSquaredError(), { sum: [1], count: 2 }, "sum must be a number, got 1"],
    ["another number of classes", confusion, { counts: [1, 2, 3] }, "counts must have 4 numbers, got 3"],
    ["fractions", confusion, { counts: [1, 2, 3, 0.5] }, "counts must be non-negative integers, got 0.5"],
    ["text", confusion, { counts: [1, 2, 3, "4"] }, 'counts contains "4"'],
    ["scores without labels", () => new AUC(), { scores: [1, 2], labels: [1] }, "2 scores for 1 labels"],
    [
      "labels out of range",
      () => new ROCCurve(),
      { scores: [1], labels: [2] },
      "label 2 is out of range for 2 classes",
    ],
    [
      "lists of many lengths",
      () => new R2Score(),
      { count: 1, mean: [1], total: [], residual: [1] },
      "the same length, got 1, 0 and 1",
    ],
  ])("%s", (_, make, state, message) => {
    const metric = make();
    const before = metric.getState();
    expect(() => metric.setState(state as never)).toThrow(ArgumentError);
    expect(() => metric.setState(state as never)).toThrow(message);
    expect(metric.getState()).toEqual(before);
  });

  test("a state is a copy, both ways", () => {
    tidy(() => {
      const metric = new ConfusionMatrix({ numClasses: 2 });
      metric.update(ints([1]), ints([0]));
      const state = metric.getState();
      metric.update(ints([1]), ints([0]));
      metric.setState(state);
      metric.update(ints([0]), ints([0]));
      expect(state.counts).toEqual([0, 1, 0, 0]);
      expect(metric.compute()).toEqual([
        [1, 1],
        [0, 0],
      ]);
    });
  });
});
