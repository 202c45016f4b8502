/** Cases of losses that compare two tensors: mse, l1, huber, klDivergence and others. */
import { type Case, distinct, given, type InputSpec, integers, special, uniform } from "../case.js";
import { binary } from "./binary.js";

const inf = Number.POSITIVE_INFINITY;

const meanOfNothing = { skipGradcheck: "the mean of nothing is NaN" };

type Elementwise = "mse" | "l1" | "huber" | "klDivergence" | "hinge";

/** The paths of a loss of two tensors of one shape. `torch` is the loss of each element. */
function elementCases(name: Elementwise, torch: string, input: Spec, target: Spec): Case[] {
  const of = (label: string, shape: readonly number[], reduction?: "mean" | "sum" | "none"): Case => ({
    name: label,
    inputs: { x: input(shape), t: target(shape) },
    run: ({ x, t }) => x[name](t, { reduction }),
    torch: reduction === "none" ? torch : `(${torch}).${reduction ?? "mean"}()`,
  });
  return [
    of("sum", [3, 4], "sum"),
    of("none", [3, 4], "none"),
    of("mean by name", [5], "mean"),
    of("vector", [7]),
    of("scalar", []),
    of("scalar, not reduced", [], "none"),
    of("size 1", [1, 1, 1]),
    of("odd sizes", [3, 5, 1]),
    { ...of("empty", [0, 3]), ...meanOfNothing },
    of("empty sum", [0, 3], "sum"),
  ];
}

type Spec = (shape: readonly number[]) => InputSpec;

/** The mean over all elements of a small matrix: the case that represents the loss. */
const plain = (name: Elementwise, torch: string, input: Spec, target: Spec): Case => ({
  name: "plain",
  inputs: { x: input([3, 4]), t: target([3, 4]) },
  run: ({ x, t }) => x[name](t),
  torch: `(${torch}).mean()`,
});

/** Each pair of special values meets. */
const pairs = (name: Elementwise, torch: string): Case => ({
  name: "special",
  inputs: { x: special(), t: given([7], [0, inf, inf, 1, Number.NaN, -inf, 1]) },
  run: ({ x, t }) => x[name](t, { reduction: "none" }),
  torch,
  wrt: [],
});

const anything: Spec = (shape) => uniform(shape);
const signs: Spec = (shape) => ({
  ...integers(shape, 2),
  dtype: "float",
  values: (seed) =>
    integers(shape, 2)
      .values(seed)
      .map((bit) => 2 * bit - 1),
});
const probabilities: Spec = (shape) => uniform(shape, 0.125, 0.875);
const logarithms: Spec = (shape) => uniform(shape, -4, 0);

/** Scores that are not on the corner of the loss. */
const scores: Spec = (shape) => distinct(shape);

const hinge = "torch.relu(1 - t * x)";
const kl = "F.kl_div(x, t, reduction='none')";

export const loss = {
  mse: [
    plain("mse", "(x - t) ** 2", anything, anything),
    ...elementCases("mse", "(x - t) ** 2", anything, anything),
    pairs("mse", "(x - t) ** 2"),
    {
      name: "int32",
      inputs: { x: integers([4], 9), t: integers([4], 9) },
      run: ({ x, t }) => x.mse(t),
      torch: "F.mse_loss(x.double(), t.double())",
    },
  ],
  l1: [
    plain("l1", "(x - t).abs()", anything, anything),
    ...elementCases("l1", "(x - t).abs()", anything, anything),
    pairs("l1", "(x - t).abs()"),
    {
      name: "no error",
      inputs: { x: given([3], [1, 2, 0]), t: given([3], [1, 1, 0]) },
      run: ({ x, t }) => x.l1(t),
      torch: "F.l1_loss(x, t)",
      skipGradcheck: "the loss has a corner there",
    },
  ],
  huber: [
    plain("huber", "F.huber_loss(x, t, reduction='none')", anything, anything),
    ...elementCases("huber", "F.huber_loss(x, t, reduction='none')", anything, anything),
    pairs("huber", "F.huber_loss(x, t, reduction='none')"),
    {
      name: "delta",
      inputs: { x: uniform([9], -4, 4), t: uniform([9]) },
      run: ({ x, t }) => x.huber(t, { delta: 0.25 }),
      torch: "F.huber_loss(x, t, delta=0.25)",
    },
    {
      name: "at the ends of the pieces",
      inputs: { x: given([5], [0, 1, -1, 3, -3]), t: given([5], [0, 0, 0, 0, 0]) },
      run: ({ x, t }) => x.huber(t, { reduction: "none" }),
      torch: "F.huber_loss(x, t, reduction='none')",
      skipSecond: "the second derivative jumps there",
    },
  ],
  klDivergence: [
    plain("klDivergence", kl, logarithms, probabilities),
    ...elementCases("klDivergence", kl, logarithms, probabilities),
    {
      name: "batchMean",
      inputs: { x: logarithms([3, 4]), t: probabilities([3, 4]) },
      run: ({ x, t }) => x.klDivergence(t, { reduction: "batchMean" }),
      torch: "F.kl_div(x, t, reduction='batchmean')",
    },
    {
      name: "logTarget",
      inputs: { x: logarithms([3, 4]), t: logarithms([3, 4]) },
      run: ({ x, t }) => x.klDivergence(t, { logTarget: true }),
      torch: "F.kl_div(x, t, reduction='none', log_target=True).mean()",
    },
    {
      name: "target 0",
      inputs: { x: logarithms([4]), t: given([4], [0, 1, 0.5, 0]) },
      run: ({ x, t }) => x.klDivergence(t, { reduction: "none" }),
      torch: kl,
      wrt: ["x"],
    },
    {
      name: "special",
      inputs: {
        x: given([6], [-inf, -inf, Number.NaN, -1, -1, inf]),
        t: given([6], [0.5, 0, 0.5, Number.NaN, -1, 0.5]),
      },
      run: ({ x, t }) => x.klDivergence(t, { reduction: "none" }),
      torch: kl,
      wrt: [],
    },
  ],
  hinge: [
    plain("hinge", hinge, scores, signs),
    ...elementCases("hinge", hinge, scores, signs),
    pairs("hinge", hinge),
    {
      name: "margin",
      inputs: { x: scores([9]), t: signs([9]) },
      run: ({ x, t }) => x.hinge(t, { margin: 0.25 }),
      torch: "torch.relu(0.25 - t * x).mean()",
    },
    {
      name: "integers as targets",
      inputs: { x: scores([4]), t: given([4], [1, -1, -1, 1], "int32") },
      run: ({ x, t }) => x.hinge(t),
      torch: `${hinge}.mean()`,
    },
  ],
  cosineSimilarity: [
    {
      name: "plain",
      inputs: { a: uniform([3, 5]), b: uniform([3, 5]) },
      run: ({ a, b }) => a.cosineSimilarity(b),
      torch: "F.cosine_similarity(a, b)",
    },
    {
      name: "first axis",
      inputs: { a: uniform([5, 2]), b: uniform([5, 2]) },
      run: ({ a, b }) => a.cosineSimilarity(b, 0),
      torch: "F.cosine_similarity(a, b, 0)",
    },
    {
      name: "last axis",
      inputs: { a: uniform([2, 2, 3]), b: uniform([2, 2, 3]) },
      run: ({ a, b }) => a.cosineSimilarity(b, -1),
      torch: "F.cosine_similarity(a, b, -1)",
    },
    {
      name: "vectors",
      inputs: { a: uniform([7]), b: uniform([7]) },
      run: ({ a, b }) => a.cosineSimilarity(b, 0),
      torch: "F.cosine_similarity(a, b, 0)",
    },
    {
      name: "broadcast",
      inputs: { a: uniform([3, 1, 4]), b: uniform([2, 4]) },
      run: ({ a, b }) => a.cosineSimilarity(b, -1),
      torch: "F.cosine_similarity(a, b, -1)",
    },
    {
      name: "broadcast along the axis",
      inputs: { a: uniform([3, 1], 0.5, 2), b: uniform([3, 4]) },
      run: ({ a, b }) => a.cosineSimilarity(b, 1),
      torch: "F.cosine_similarity(a, b, 1)",
      // The gradient of a, whose direction never changes, is 0 and on both sides rounding noise.
      wrt: ["b"],
    },
    {
      // Shorter than eps: the length counts as eps.
      name: "eps",
      inputs: { a: given([2, 2], [0.5, -0.25, 0, 0]), b: uniform([2, 2], 0.5, 2) },
      run: ({ a, b }) => a.cosineSimilarity(b, 1, { eps: 2 }),
      // PyTorch's own function leaves the limit out of its gradient.
      torch: "(a * b).sum(1) / (a.norm(dim=1).clamp_min(2) * b.norm(dim=1).clamp_min(2))",
    },
    {
      name: "zero",
      inputs: { a: given([2, 2], [0, 0, 1, 2]), b: uniform([2, 2], 0.5, 2) },
      run: ({ a, b }) => a.cosineSimilarity(b),
      torch: "F.cosine_similarity(a, b)",
      skipDTypes: { dtypes: ["float16"], reason: "the default eps is 0 in float16" },
      skipGradcheck: "the steps are larger than eps",
    },
    {
      name: "empty",
      inputs: { a: uniform([0, 3]), b: uniform([0, 3]) },
      run: ({ a, b }) => a.cosineSimilarity(b),
      torch: "F.cosine_similarity(a, b)",
    },
    {
      name: "special",
      inputs: { a: given([3, 2], [Number.NaN, 1, inf, 1, 3, 4]), b: given([3, 2], [1, 1, 1, 1, 4, 3]) },
      run: ({ a, b }) => a.cosineSimilarity(b),
      torch: "F.cosine_similarity(a, b)",
      wrt: [],
    },
  ],
  ...binary,
} satisfies Record<string, readonly [Case, ...Case[]]>;
