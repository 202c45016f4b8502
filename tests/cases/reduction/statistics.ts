/** Cases of variance, standard deviation, logsumexp and vector norms. */
import type { NormOptions } from "../../../src/index.js";
import { type Case, given, uniform } from "../case.js";
import { dims, reductionCases } from "./reduction.js";

const inf = Number.POSITIVE_INFINITY;

const spread = (name: "variance" | "std"): [Case, ...Case[]] => {
  const torch = name === "variance" ? "var" : "std";
  return [
    ...reductionCases({
      floats: uniform,
      run: (x, axes, options) => x[name](axes, { ...options, correction: 0 }),
      torch: (axes, keepDims, x) => `torch.${torch}(${x}, ${dims(axes, keepDims)}, correction=0)`,
      ofOne: "x * 0",
      ofNothing: "not finite",
    }),
    { name: "sample", inputs: { x: uniform([3, 5]) }, run: ({ x }) => x[name](), torch: `torch.${torch}(x)` },
    { name: "sample, axis", inputs: { x: uniform([3, 5]) }, run: ({ x }) => x[name](0), torch: `torch.${torch}(x, 0)` },
    {
      name: "correction 2",
      inputs: { x: uniform([2, 5]) },
      run: ({ x }) => x[name](1, { correction: 2, keepDims: true }),
      torch: `torch.${torch}(x, 1, correction=2, keepdim=True)`,
    },
    {
      name: "one element",
      inputs: { x: uniform([1]) },
      run: ({ x }) => x[name](),
      torch: `torch.${torch}(x)`,
      wrt: [],
    },
    {
      name: "correction over n",
      inputs: { x: given([2], [1, 2]) },
      run: ({ x }) => x[name](0, { correction: 5 }),
      torch: `torch.${torch}(x, 0, correction=5)`,
      wrt: [],
    },
    {
      name: "far from 0",
      inputs: { x: given([4], [7.96875, 7.9375, 7.96875, 7.90625]) },
      run: ({ x }) => x[name](),
      torch: `torch.${torch}(x)`,
      skipDTypes: { dtypes: ["bfloat16", "float16"], reason: "the mean is rounded to 16 bits on the way back" },
    },
    {
      name: "constant",
      inputs: { x: given([2, 3], [1, 1, 1, 1, 2, 4]) },
      run: ({ x }) => x[name](1),
      torch: `torch.${torch}(x, 1)`,
      ...(name === "std" && { skipGradcheck: "std has a kink at 0" }),
    },
  ];
};

const logsumexp: [Case, ...Case[]] = [
  ...reductionCases({
    floats: uniform,
    run: (x, axes, options) => x.logsumexp(axes, options),
    torch: (axes, keepDims, x) => `torch.logsumexp(${x}, ${dims(axes, keepDims)})`,
    ofOne: "x",
    ofNothing: "not finite",
  }),
  {
    name: "large",
    inputs: { x: given([2, 3], [1000, 1002, 998, -1000, -1001, -1000]) },
    run: ({ x }) => x.logsumexp(1),
    torch: "torch.logsumexp(x, 1)",
    skipDTypes: {
      dtypes: ["bfloat16", "float16"],
      reason: "x - y, from which the gradient comes, is too coarse near 1000",
    },
    slack: 1000,
  },
  {
    // PyTorch's gradient of a row of -infinity is NaN; here it is 0, which tests/ops/reduce.test.ts checks.
    name: "rows of -infinity",
    inputs: { x: given([3, 2], [-inf, -inf, -inf, 1, 0, 1]) },
    run: ({ x }) => x.logsumexp(1),
    torch: "torch.logsumexp(x, 1)",
    wrt: [],
  },
  {
    name: "-infinity",
    inputs: { x: given([2, 2], [-inf, 1, 0, 1]) },
    run: ({ x }) => x.logsumexp(1),
    torch: "torch.logsumexp(x, 1)",
    skipGradcheck: "no finite difference about an infinity",
  },
];

/** Norms of some order. */
function normCases(p: number, orders: string): Case[] {
  const vectorNorm = (axes: string) => `torch.linalg.vector_norm(x, ${orders}, ${axes})`;
  const options: NormOptions = { p };
  // Distinct in absolute value as well.
  const floats = given([3, 4], [1, 0.5, 2, 3, 1.5, 0.75, 0.25, 1.25, 3.5, 2.5, 4, 0.625]);
  const samples: Case[] = [
    { name: `p ${p}`, inputs: { x: floats }, run: ({ x }) => x.norm(undefined, options), torch: vectorNorm("None") },
    { name: `p ${p}, axis`, inputs: { x: floats }, run: ({ x }) => x.norm(-1, options), torch: vectorNorm("1") },
    {
      name: `p ${p}, negative`,
      inputs: { x: given([2, 2], [-1, 2, -3, -0.5]) },
      run: ({ x }) => x.norm(0, { p, keepDims: true }),
      torch: vectorNorm("0, True"),
    },
    {
      name: `p ${p}, zeros`,
      inputs: { x: given([3, 3], [0, 0, 0, 0, 3, 1, -2, 0, 1]) },
      run: ({ x }) => x.norm(1, options),
      torch: vectorNorm("1"),
      skipGradcheck: "a norm has a kink at 0",
    },
  ];
  // It counts: its derivative is 0 where it has one, and nothing is recorded.
  return p === 0 ? samples.map((sample) => ({ ...sample, wrt: [] })) : samples;
}

const norm: [Case, ...Case[]] = [
  ...reductionCases({
    floats: (shape) => uniform(shape, 0.25, 2),
    run: (x, axes, options) => x.norm(axes, options),
    torch: (axes, keepDims, x) =>
      `torch.linalg.vector_norm(${x}, 2, dim=${axes.length > 0 ? `(${axes.join(", ")},)` : "None"}, keepdim=${keepDims ? "True" : "False"})`,
    ofOne: "x.abs()",
    ofNothing: "number",
  }),
  ...normCases(0, "0"),
  ...normCases(0.5, "0.5"),
  ...normCases(1, "1"),
  ...normCases(1.5, "1.5"),
  ...normCases(2, "2"),
  ...normCases(3, "3"),
  ...normCases(-1, "-1"),
  ...normCases(inf, "math.inf"),
  ...normCases(-inf, "-math.inf"),
  {
    name: "p Infinity, ties",
    inputs: { x: given([4], [2, -2, 1, 2]) },
    run: ({ x }) => x.norm(undefined, { p: inf }),
    torch: "torch.linalg.vector_norm(x, math.inf)",
    skipGradcheck: "the gradient jumps at a tie",
  },
  {
    name: "p 3, int32",
    inputs: { x: given([3], [1, -2, 3], "int32") },
    run: ({ x }) => x.norm(undefined, { p: 3 }),
    torch: "torch.linalg.vector_norm(x.double(), 3)",
  },
  {
    name: "p 1, int32",
    inputs: { x: given([3], [1, -2, 3], "int32") },
    run: ({ x }) => x.norm(undefined, { p: 1 }),
    torch: "torch.linalg.vector_norm(x.double(), 1)",
  },
];

export const statistics = {
  variance: spread("variance"),
  std: spread("std"),
  logsumexp,
  norm,
} satisfies Record<string, readonly [Case, ...Case[]]>;
