import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { memory, type Tensor, tensor, tidy } from "../../src/index.js";
import {
  Accuracy,
  AUC,
  type AverageOptions,
  ConfusionMatrix,
  F1Score,
  MeanAbsoluteError,
  MeanSquaredError,
  type Metric,
  Perplexity,
  Precision,
  R2Score,
  Recall,
  ROCCurve,
  TopKAccuracy,
} from "../../src/metrics/index.js";

type Numbers = number | Numbers[];

/** Predictions and targets as nested lists, with scikit-learn's figures by name. */
interface Golden {
  readonly kind: "classes" | "binary" | "regression";
  readonly classes?: number;
  readonly scores?: Numbers[];
  readonly probabilities?: Numbers[];
  readonly labels?: number[];
  readonly predictions?: Numbers[];
  readonly targets?: Numbers[];
  readonly metrics: Readonly<Record<string, Numbers>>;
}

const goldens = JSON.parse(readFileSync(new URL("../goldens/metrics.json", import.meta.url), "utf8")) as Readonly<
  Record<string, Golden>
>;

/** The metric of a name in the golden file, and how its figure is read. */
function metricOf(name: string, { kind, classes = 2 }: Golden): { metric: Metric<unknown>; read: () => Numbers } {
  const [key, option, zero] = name.split(" ");
  const of = <V>(metric: Metric<V>, read: (value: V) => Numbers = (value) => value as Numbers) => ({
    metric: metric as Metric<unknown>,
    read: () => read(metric.compute()),
  });
  const averaged = (make: new (options: AverageOptions) => Precision) => {
    const zeroDivision = Number(zero ?? 0) as 0 | 1;
    if (option !== "each")
      return of(new make({ numClasses: classes, average: option as AverageOptions["average"], zeroDivision }));
    const metric = new make({ numClasses: classes });
    return { metric: metric as unknown as Metric<unknown>, read: () => metric.perClass() };
  };
  switch (key) {
    case "accuracy":
      return of(new Accuracy());
    case "confusion":
      return of(new ConfusionMatrix({ numClasses: classes, normalize: (option ?? null) as "all" | null }));
    case "perplexity":
      return of(new Perplexity());
    case "top":
      return of(new TopKAccuracy(Number(option)));
    case "precision":
      return averaged(Precision);
    case "recall":
      return averaged(Recall);
    case "f1":
      return averaged(F1Score);
    case "auc":
      return of(kind === "binary" ? new AUC() : new AUC({ numClasses: classes, average: option as "macro" }));
    case "roc":
      return of(new ROCCurve({ dropIntermediate: option === "dropped" }), ({ fpr, tpr, thresholds }) => {
        expect(thresholds[0]).toBe(Number.POSITIVE_INFINITY);
        return [fpr, tpr, thresholds.slice(1)];
      });
    case "mse":
      return of(new MeanSquaredError());
    case "mae":
      return of(new MeanAbsoluteError());
    case "r2":
      return of(new R2Score({ multioutput: option as "uniformAverage" }));
    default:
      throw new Error(`no metric for ${name}`);
  }
}

const update = (metric: Metric<unknown>, golden: Golden, from: number, to?: number): void =>
  tidy(() => {
    const cut = (values: Numbers[] = [], dtype: "float64" | "int32"): Tensor =>
      tensor(values.slice(from, to), { dtype });
    if (golden.kind === "regression") metric.update(cut(golden.predictions, "float64"), cut(golden.targets, "float64"));
    else {
      const scores = metric instanceof AUC ? (golden.probabilities ?? golden.scores) : golden.scores;
      metric.update(cut(scores, "float64"), cut(golden.labels, "int32"));
    }
  });

function expectClose(found: Numbers, wanted: Numbers): void {
  if (typeof wanted === "number") {
    expect(typeof found).toBe("number");
    expect(Math.abs((found as number) - wanted)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(wanted)));
    return;
  }
  expect(found).toHaveLength(wanted.length);
  wanted.forEach((value, i) => {
    expectClose((found as Numbers[])[i], value);
  });
}

const cases = Object.entries(goldens).flatMap(([data, golden]) =>
  Object.entries(golden.metrics).map(([name, wanted]) => [`${data}: ${name}`, name, golden, wanted] as const),
);

test("every metric is compared", () => {
  const kinds = new Set(cases.map(([, name]) => name.split(" ")[0]));
  expect([...kinds].sort()).toEqual(
    [
      "accuracy",
      "auc",
      "confusion",
      "f1",
      "mae",
      "mse",
      "perplexity",
      "precision",
      "r2",
      "recall",
      "roc",
      "top",
    ].sort(),
  );
});

describe.each(cases)("%s", (_, name, golden, wanted) => {
  const count = (golden.labels ?? golden.targets ?? []).length;

  test("in one batch, and in batches of 1 and 4, is scikit-learn's", () => {
    for (const size of [count, 4, 1]) {
      const { metric, read } = metricOf(name, golden);
      for (let from = 0; from < count; from += size) update(metric, golden, from, from + size);
      expectClose(read(), wanted);
    }
  });

  test("starts over after reset, continues from a saved state, and leaves no tensor behind", () => {
    const before = memory();
    const first = metricOf(name, golden);
    update(first.metric, golden, 3, 5);
    first.metric.reset();
    update(first.metric, golden, 0, 5);
    const state = JSON.stringify(first.metric.getState());
    update(first.metric, golden, 2, 3);
    const { metric, read } = metricOf(name, golden);
    metric.setState(JSON.parse(state));
    update(metric, golden, 5);
    expectClose(read(), wanted);
    expect(memory()).toMatchObject({ bytes: before.bytes, tensors: before.tensors });
  });
});
