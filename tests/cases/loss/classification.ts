/** Cases of crossEntropy and nll: ignored labels, weights, label smoothing, reductions. */
import type { CrossEntropyOptions, Shape } from "../../../src/index.js";
import { type Case, given, type InputSpec, integers, uniform } from "../case.js";

const inf = Number.POSITIVE_INFINITY;
const nan = Number.NaN;

const meanOfNothing = { skipGradcheck: "the mean of nothing is NaN" };

/** Half an epsilon of the logsumexp of 4096 is 4096 / 2 epsilons of a probability in the gradient. */
const largeSlack = 4096 / 16;

/** The shape of the labels: without the classes. */
const withoutClasses = (shape: Shape): Shape => (shape.length === 1 ? [] : shape.filter((_, axis) => axis !== 1));
const classesOf = (shape: Shape): number => shape[shape.length === 1 ? 0 : 1];

interface Path {
  readonly shape?: Shape;
  readonly x?: InputSpec;
  readonly t?: InputSpec;
  readonly weight?: InputSpec;
  readonly options?: CrossEntropyOptions;
  /** The same options as PyTorch's. */
  readonly python?: string;
  readonly more?: Partial<Case>;
}

const weightOf = (shape: Shape): InputSpec => uniform([classesOf(shape)], 0.5, 2);

/** A case of labels, for crossEntropy and nll. */
function labelCase(op: "crossEntropy" | "nll", name: string, path: Path): Case {
  const { shape = path.x?.shape ?? [4, 3], options = {}, python = "", weight, more } = path;
  const x = path.x ?? uniform(shape);
  const t = path.t ?? integers(withoutClasses(shape), classesOf(shape));
  const torch = op === "nll" ? "F.nll_loss" : "F.cross_entropy";
  return {
    name,
    inputs: weight ? { x, t, weight } : { x, t },
    run: ({ x, t, weight }) => x[op](t, { ...options, weight }),
    torch: `${torch}(x, t.long()${weight ? ", weight.detach()" : ""}${python})`,
    wrt: ["x"],
    ...more,
  };
}

/** Labels of which two are ignored. */
const someIgnored = (ignored: number): InputSpec => given([5], [0, ignored, 2, 1, ignored], "int32");

/** What the two losses of labels have in common. */
const labelCases = (op: "crossEntropy" | "nll"): Case[] => [
  labelCase(op, "sum", { options: { reduction: "sum" }, python: ", reduction='sum'" }),
  labelCase(op, "none", { options: { reduction: "none" }, python: ", reduction='none'" }),
  labelCase(op, "one row", { shape: [5] }),
  labelCase(op, "one row, not reduced", { shape: [5], options: { reduction: "none" }, python: ", reduction='none'" }),
  labelCase(op, "images", { shape: [2, 3, 2, 2] }),
  labelCase(op, "images, not reduced", {
    shape: [2, 3, 2, 2],
    options: { reduction: "none" },
    python: ", reduction='none'",
  }),
  labelCase(op, "sequences", { shape: [2, 5, 3] }),
  labelCase(op, "odd sizes", { shape: [3, 17] }),
  labelCase(op, "one class", { shape: [3, 1] }),
  labelCase(op, "no rows", { shape: [0, 3], more: meanOfNothing }),
  labelCase(op, "no rows, sum", { shape: [0, 3], options: { reduction: "sum" }, python: ", reduction='sum'" }),
  labelCase(op, "uint8", { t: integers([4], 3, "uint8") }),
  labelCase(op, "weight", { weight: weightOf([4, 3]) }),
  labelCase(op, "weight, sum", {
    weight: weightOf([4, 3]),
    options: { reduction: "sum" },
    python: ", reduction='sum'",
  }),
  labelCase(op, "weight, not reduced", {
    shape: [2, 3, 2],
    weight: weightOf([2, 3, 2]),
    options: { reduction: "none" },
    python: ", reduction='none'",
  }),
  labelCase(op, "ignored by default", { shape: [5, 3], t: someIgnored(-100) }),
  labelCase(op, "ignoreIndex", {
    shape: [5, 3],
    t: someIgnored(1),
    options: { ignoreIndex: 1 },
    python: ", ignore_index=1",
  }),
  labelCase(op, "ignoreIndex and weight", {
    shape: [5, 3],
    t: someIgnored(-1),
    weight: weightOf([5, 3]),
    options: { ignoreIndex: -1 },
    python: ", ignore_index=-1",
  }),
  labelCase(op, "ignoreIndex, not reduced", {
    shape: [5, 3],
    t: someIgnored(-1),
    options: { ignoreIndex: -1, reduction: "none" },
    python: ", ignore_index=-1, reduction='none'",
  }),
  labelCase(op, "all ignored", { shape: [2, 3], t: given([2], [-100, -100], "int32"), more: { wrt: [] } }),
  labelCase(op, "NaN in one row", {
    x: given([3, 2], [nan, 1, 1, 2, -1, -2]),
    t: given([3], [1, 0, 1], "int32"),
    options: { reduction: "none" },
    python: ", reduction='none'",
    more: { wrt: [] },
  }),
  labelCase(op, "NaN in an ignored row", {
    x: given([3, 2], [nan, nan, -1, -2, -1, -2]),
    t: given([3], [-100, 0, 1], "int32"),
    more: { skipGradcheck: "an input is NaN", ...(op === "nll" ? {} : ignoredNaN) },
  }),
  labelCase(op, "infinity", {
    x: given([3, 2], [-inf, -1, -inf, -1, -inf, -inf]),
    t: given([3], [0, 1, 0], "int32"),
    options: { reduction: "none" },
    python: ", reduction='none'",
    more: { wrt: [] },
  }),
];

/** PyTorch multiplies the NaN by 0 on the way back. */
const ignoredNaN = { wrt: [] };

/** Rows of probabilities with sum 1. */
const distributions = given([3, 4], [0.25, 0.25, 0.5, 0, 1, 0, 0, 0, 0.125, 0.375, 0.25, 0.25]);

function softCase(name: string, { x, shape, t, weight, options = {}, python = "", more }: Path): Case {
  const inputs = { x: x ?? uniform(shape ?? [3, 4]), t: t ?? (shape ? uniform(shape, 0, 1) : distributions) };
  return {
    name,
    inputs: weight ? { ...inputs, weight } : inputs,
    run: ({ x, t, weight }) => x.crossEntropy(t, { ...options, weight }),
    torch: `F.cross_entropy(x, t${weight ? ", weight.detach()" : ""}${python})`,
    wrt: ["x", "t"],
    ...more,
  };
}

export const classification = {
  crossEntropy: [
    labelCase("crossEntropy", "plain", {}),
    ...labelCases("crossEntropy"),
    labelCase("crossEntropy", "labelSmoothing", {
      options: { labelSmoothing: 0.125 },
      python: ", label_smoothing=0.125",
    }),
    labelCase("crossEntropy", "labelSmoothing 1", { options: { labelSmoothing: 1 }, python: ", label_smoothing=1.0" }),
    labelCase("crossEntropy", "labelSmoothing, sum", {
      options: { labelSmoothing: 0.25, reduction: "sum" },
      python: ", label_smoothing=0.25, reduction='sum'",
    }),
    labelCase("crossEntropy", "labelSmoothing, images, not reduced", {
      shape: [2, 3, 2, 2],
      options: { labelSmoothing: 0.25, reduction: "none" },
      python: ", label_smoothing=0.25, reduction='none'",
    }),
    labelCase("crossEntropy", "labelSmoothing, weight and ignoreIndex", {
      shape: [5, 3],
      t: someIgnored(-1),
      weight: weightOf([5, 3]),
      options: { labelSmoothing: 0.25, ignoreIndex: -1 },
      python: ", label_smoothing=0.25, ignore_index=-1",
    }),
    labelCase("crossEntropy", "labelSmoothing and ignoreIndex, not reduced", {
      shape: [5, 3],
      t: someIgnored(1),
      options: { labelSmoothing: 0.25, ignoreIndex: 1, reduction: "none" },
      python: ", label_smoothing=0.25, ignore_index=1, reduction='none'",
    }),
    labelCase("crossEntropy", "large", {
      x: given([3, 2], [8192, -8192, -8192, 8192, 4096, 4096]),
      t: given([3], [0, 0, 1], "int32"),
      options: { reduction: "none" },
      python: ", reduction='none'",
      more: { slack: largeSlack },
    }),
    labelCase("crossEntropy", "int32 scores", {
      x: integers([3, 4], 5),
      t: given([3], [0, 3, 1], "int32"),
      more: { torch: "F.cross_entropy(x.double(), t.long())", wrt: [] },
    }),
    softCase("probabilities", {}),
    softCase("probabilities, sum", { options: { reduction: "sum" }, python: ", reduction='sum'" }),
    softCase("probabilities, not reduced", { options: { reduction: "none" }, python: ", reduction='none'" }),
    softCase("probabilities of one row", { shape: [5] }),
    softCase("probabilities of images", { shape: [2, 3, 2, 2] }),
    softCase("probabilities of images, not reduced", {
      shape: [2, 3, 2, 2],
      options: { reduction: "none" },
      python: ", reduction='none'",
    }),
    softCase("probabilities of one class", { shape: [3, 1] }),
    softCase("probabilities of no rows", { shape: [0, 3], more: meanOfNothing }),
    softCase("probabilities, weight", { weight: weightOf([3, 4]) }),
    softCase("probabilities, labelSmoothing", {
      options: { labelSmoothing: 0.125 },
      python: ", label_smoothing=0.125",
    }),
    softCase("probabilities, weight, labelSmoothing, images", {
      shape: [2, 3, 2, 2],
      weight: weightOf([2, 3, 2, 2]),
      options: { labelSmoothing: 0.25, reduction: "none" },
      python: ", label_smoothing=0.25, reduction='none'",
    }),
    softCase("probabilities, NaN and infinity", {
      x: given([4, 2], [nan, 1, -inf, 1, -inf, 1, -inf, -inf]),
      t: given([4, 2], [0.5, 0.5, 0, 1, 0.5, 0.5, 0.5, 0.5]),
      options: { reduction: "none" },
      python: ", reduction='none'",
      more: { wrt: [] },
    }),
  ],
  nll: [labelCase("nll", "plain", {}), ...labelCases("nll")],
} satisfies Record<string, readonly [Case, ...Case[]]>;
