/** Cases of sum, mean, max and the other reductions, and of sumTo. */
import { argmax, argmin } from "../../../src/index.js";
import { bools, type Case, distinct, given, integers, special, uniform } from "../case.js";
import { dims, reductionCases } from "./reduction.js";

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const ties = "an element that ties with the largest is one no longer when it moves";

const sum = reductionCases({
  floats: uniform,
  run: (x, axes, options) => x.sum(axes, options),
  torch: (axes, keepDims, x) => `torch.sum(${x}, ${dims(axes, keepDims)})`,
  ofOne: "x",
  ofNothing: "number",
});

const mean = reductionCases({
  floats: uniform,
  run: (x, axes, options) => x.mean(axes, options),
  torch: (axes, keepDims, x) => `torch.mean(${x}, ${dims(axes, keepDims)})`,
  ofOne: "x",
  ofNothing: "not finite",
});

/** torch.prod takes one axis at a time; from the last to the first, so that their numbers stay valid. */
const torchProd = (axes: readonly number[], keepDims: boolean, x: string): string =>
  [...axes]
    .map((axis) => (axis < 0 ? `x.dim() - ${-axis}` : `${axis}`))
    .sort()
    .reverse()
    .reduce((inner, axis) => `torch.prod(${inner}, ${axis}, keepdim=${keepDims ? "True" : "False"})`, x);

const prod: [Case, ...Case[]] = [
  ...reductionCases({
    floats: (shape) => uniform(shape, 0.5, 1.5),
    run: (x, axes, options) => x.prod(axes, options),
    torch: torchProd,
    ofOne: "x",
    ofNothing: "number",
  }),
  { name: "signs", inputs: { x: uniform([4, 3]) }, run: ({ x }) => x.prod(0), torch: "torch.prod(x, 0)" },
  {
    name: "one zero, two zeros",
    inputs: { x: given([3, 4], [1, 2, 3, 4, 1, 0, 3, 2, 0, 2, 0, 4]) },
    run: ({ x }) => x.prod(1),
    torch: "torch.prod(x, 1)",
  },
  {
    name: "zeros over several axes",
    inputs: { x: given([2, 2, 3], [0, 2, 3, 1, 1, -2, 1, 0, 0, 2, 3, 4]) },
    run: ({ x }) => x.prod([0, 2]),
    torch: "torch.prod(torch.prod(x, 2), 0)",
  },
  {
    name: "zeros over all axes",
    inputs: { x: given([2, 3], [1, 2, 0, 4, 3, 2]) },
    run: ({ x }) => x.prod(),
    torch: "torch.prod(x)",
  },
  {
    name: "int32 wraps around",
    inputs: { x: given([2, 4], [2 ** 31 - 1, 2 ** 31 - 1, 3, 5, 123456789, -987654321, 7654321, 1], "int32") },
    run: ({ x }) => [x.prod(0), x.prod(1), x.prod()],
    torch: "[y.to(torch.int32) for y in (torch.prod(x, 0), torch.prod(x, 1), torch.prod(x))]",
  },
];

const extremes = (name: "max" | "min"): [Case, ...Case[]] => [
  ...reductionCases({
    floats: distinct,
    run: (x, axes, options) => x[name](axes, options),
    torch: (axes, keepDims, x) => `torch.a${name}(${x}, ${dims(axes, keepDims)})`,
    ofOne: "x",
    ofNothing: "error",
  }),
  {
    name: "ties",
    inputs: { x: given([3, 4], [1, 3, 3, 2, 0, 0, 0, 0, 2, 1, 2, 1]) },
    run: ({ x }) => x[name](1),
    torch: `torch.a${name}(x, 1)`,
    skipGradcheck: ties,
  },
  {
    name: "ties over several axes",
    inputs: { x: given([2, 2, 2], [1, 3, 3, 3, 3, 1, 1, 1]) },
    run: ({ x }) => x[name]([0, 2]),
    torch: `torch.a${name}(x, (0, 2))`,
    skipGradcheck: ties,
  },
  {
    name: "negative int32",
    inputs: { x: given([3], [-5, -2, -9], "int32") },
    run: ({ x }) => x[name](),
    torch: `x.${name}()`,
  },
  {
    name: "infinities",
    inputs: { x: given([2], [-inf, -inf]) },
    run: ({ x }) => x[name](),
    torch: `x.${name}()`,
    wrt: [],
  },
];

const truths = (name: "any" | "all"): [Case, ...Case[]] => [
  ...reductionCases({
    floats: (shape) => ({ ...integers(shape, 3), dtype: "float" }),
    run: (x, axes, options) => x[name](axes, options),
    torch: (axes, keepDims, x) =>
      axes.length > 0 ? `torch.${name}(${x}, ${dims(axes, keepDims)})` : `torch.${name}(${x})`,
    ofOne: "x != 0",
    ofNothing: "number",
  }),
  { name: "all 0", inputs: { x: given([2, 2], [0, -0, 0, 0]) }, run: ({ x }) => x[name](), torch: `torch.${name}(x)` },
  {
    name: "none 0",
    inputs: { x: given([3, 1], [1, nan, inf]) },
    run: ({ x }) => x[name](0),
    torch: `torch.${name}(x, 0)`,
  },
];

const argExtremes = (name: "argmax" | "argmin"): [Case, ...Case[]] => {
  const f = name === "argmax" ? argmax : argmin;
  return [
    { name: "plain", inputs: { x: distinct([3, 5]) }, run: ({ x }) => f(x), torch: `torch.${name}(x)` },
    { name: "last axis", inputs: { x: distinct([3, 5]) }, run: ({ x }) => x[name](1), torch: `torch.${name}(x, 1)` },
    { name: "first axis", inputs: { x: distinct([5, 3]) }, run: ({ x }) => x[name](0), torch: `torch.${name}(x, 0)` },
    {
      name: "middle axis",
      inputs: { x: distinct([2, 7, 3]) },
      run: ({ x }) => x[name](-2),
      torch: `torch.${name}(x, 1)`,
    },
    {
      name: "keepDims",
      inputs: { x: distinct([2, 3, 4]) },
      run: ({ x }) => x[name](1, { keepDims: true }),
      torch: `torch.${name}(x, 1, keepdim=True)`,
    },
    {
      name: "keepDims, no axis",
      inputs: { x: distinct([2, 3]) },
      run: ({ x }) => x[name](undefined, { keepDims: true }),
      torch: `torch.${name}(x, None, keepdim=True)`,
    },
    { name: "scalar", inputs: { x: uniform([]) }, run: ({ x }) => x[name](), torch: `torch.${name}(x)` },
    { name: "size 1", inputs: { x: uniform([3, 1]) }, run: ({ x }) => x[name](1), torch: `torch.${name}(x, 1)` },
    { name: "empty result", inputs: { x: uniform([0, 3]) }, run: ({ x }) => x[name](1), torch: `torch.${name}(x, 1)` },
    // PyTorch does not say which of equal elements it takes; NumPy, which takes the first, has the answer.
    {
      name: "ties",
      inputs: { x: given([3, 4], [1, 3, 3, 1, 0, 0, 0, 0, -2, -1, -2, -1]) },
      run: ({ x }) => x[name](1),
      torch: `torch.tensor(np.${name}(x.detach().numpy(), 1))`,
    },
    { name: "special", inputs: { x: special() }, run: ({ x }) => x[name](), torch: `torch.${name}(x)` },
    {
      name: "second NaN",
      inputs: { x: given([2, 3], [inf, nan, nan, -inf, inf, 0]) },
      run: ({ x }) => x[name](1),
      torch: `torch.tensor(np.${name}(x.detach().numpy(), 1))`,
    },
    {
      name: "infinities alone",
      inputs: { x: given([2, 2], [inf, inf, -inf, -inf]) },
      run: ({ x }) => x[name](1),
      torch: `torch.tensor(np.${name}(x.detach().numpy(), 1))`,
    },
    {
      name: "int32",
      inputs: { x: given([2, 3], [4, -3, 7, -1, -6, -2], "int32") },
      run: ({ x }) => x[name](1),
      torch: `torch.${name}(x, 1)`,
    },
    {
      name: "uint8",
      inputs: { x: given([4], [9, 200, 3, 40], "uint8") },
      run: ({ x }) => x[name](0),
      torch: `torch.${name}(x, 0)`,
    },
    {
      name: "bool",
      inputs: { x: bools([2, 6]) },
      run: ({ x }) => x[name](1),
      torch: `torch.tensor(np.${name}(x.numpy(), 1))`,
    },
  ];
};

const sumTo: [Case, ...Case[]] = [
  { name: "plain", inputs: { x: uniform([3, 5]) }, run: ({ x }) => x.sumTo([5]), torch: "x.sum_to_size(5)" },
  { name: "inner axis", inputs: { x: uniform([3, 5]) }, run: ({ x }) => x.sumTo([3, 1]), torch: "x.sum_to_size(3, 1)" },
  {
    name: "bias of images",
    inputs: { x: uniform([2, 3, 2, 2]) },
    run: ({ x }) => x.sumTo([3, 1, 1]),
    torch: "x.sum_to_size(3, 1, 1)",
  },
  { name: "to a scalar", inputs: { x: uniform([2, 3]) }, run: ({ x }) => x.sumTo([]), torch: "x.sum()" },
  { name: "same shape", inputs: { x: uniform([2, 3]) }, run: ({ x }) => x.sumTo([2, 3]), torch: "x.sum_to_size(2, 3)" },
  { name: "size 1", inputs: { x: uniform([1, 1, 2]) }, run: ({ x }) => x.sumTo([1, 2]), torch: "x.sum_to_size(1, 2)" },
  { name: "leading size 1", inputs: { x: uniform([1, 4]) }, run: ({ x }) => x.sumTo([4]), torch: "x.sum_to_size(4)" },
  { name: "scalar", inputs: { x: uniform([]) }, run: ({ x }) => x.sumTo([]), torch: "x * 1" },
  { name: "empty", inputs: { x: uniform([0, 3]) }, run: ({ x }) => x.sumTo([1, 3]), torch: "x.sum_to_size(1, 3)" },
  { name: "special", inputs: { x: special() }, run: ({ x }) => x.sumTo([1]), torch: "x.sum_to_size(1)", wrt: [] },
  { name: "int32", inputs: { x: integers([3, 4], 9) }, run: ({ x }) => x.sumTo([4]), torch: "x.sum_to_size(4)" },
];

export const reduce = {
  sum: [
    ...sum,
    {
      // 20 times 250 is more than uint8 holds.
      name: "large uint8",
      inputs: { x: given([20], new Array<number>(20).fill(250), "uint8") },
      run: ({ x }) => x.sum(),
      torch: "x.sum()",
    },
  ],
  sumTo,
  mean,
  prod,
  max: extremes("max"),
  min: extremes("min"),
  any: truths("any"),
  all: truths("all"),
  argmax: argExtremes("argmax"),
  argmin: argExtremes("argmin"),
} satisfies Record<string, readonly [Case, ...Case[]]>;
