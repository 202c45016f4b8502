/** Cases of the activation functions with kernels: relu, gelu, softplus and others. */
import type { Tensor } from "../../../src/index.js";
import { type Case, distinct, given, uniform } from "../case.js";
import { unaryCases } from "./elementwise.js";

/** Arguments at which a careless formula overflows or cancels. */
const large = (run: (x: Tensor) => Tensor, torch: string): Case => ({
  name: "large arguments",
  inputs: { x: given([12], [-16384, -1024, -128, -32, -20.5, -8, 8, 20.5, 32, 128, 1024, 16384]) },
  run: ({ x }) => run(x),
  torch,
});

/** The paths of one choice of options. */
const option = (name: string, run: (x: Tensor) => Tensor, torch: string): Case[] => [
  { name, inputs: { x: distinct([4, 5]) }, run: ({ x }) => run(x), torch },
  { ...large(run, torch), name: `${name}, large arguments` },
];

const bent = (shape: readonly number[]) => distinct(shape);

export const activation = {
  sigmoid: [
    ...unaryCases({ run: (x) => x.sigmoid(), torch: "x.sigmoid()" }),
    // 1 - y cancels where y is near 1, as in PyTorch, which saves y too.
    { ...large((x) => x.sigmoid(), "x.sigmoid()"), slack: 64 },
  ],
  relu: [
    ...unaryCases({ run: (x) => x.relu(), torch: "F.relu(x)", x: bent, keepsIntegers: true }),
    large((x) => x.relu(), "F.relu(x)"),
  ],
  leakyRelu: [
    ...unaryCases({ run: (x) => x.leakyRelu(), torch: "F.leaky_relu(x)", x: bent }),
    ...option("negativeSlope", (x) => x.leakyRelu({ negativeSlope: 0.25 }), "F.leaky_relu(x, 0.25)"),
    ...option("negative negativeSlope", (x) => x.leakyRelu({ negativeSlope: -1 }), "F.leaky_relu(x, -1)"),
  ],
  elu: [
    ...unaryCases({ run: (x) => x.elu(), torch: "F.elu(x)", x: bent }),
    large((x) => x.elu(), "F.elu(x)"),
    ...option("alpha", (x) => x.elu({ alpha: 2.5 }), "F.elu(x, alpha=2.5)"),
  ],
  selu: [...unaryCases({ run: (x) => x.selu(), torch: "F.selu(x)", x: bent }), large((x) => x.selu(), "F.selu(x)")],
  gelu: [
    ...unaryCases({ run: (x) => x.gelu(), torch: "F.gelu(x)" }),
    large((x) => x.gelu(), "F.gelu(x)"),
    ...option("tanh", (x) => x.gelu({ approximate: "tanh" }), "F.gelu(x, approximate='tanh')"),
    {
      name: "special, tanh",
      inputs: { x: given([5], [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0]) },
      run: ({ x }) => x.gelu({ approximate: "tanh" }),
      torch: "F.gelu(x, approximate='tanh')",
      skipGradcheck: "NaN and infinities",
    },
  ],
  silu: [...unaryCases({ run: (x) => x.silu(), torch: "F.silu(x)" }), large((x) => x.silu(), "F.silu(x)")],
  softplus: [
    ...unaryCases({ run: (x) => x.softplus(), torch: "F.softplus(x)" }),
    large((x) => x.softplus(), "F.softplus(x)"),
    ...option("beta", (x) => x.softplus({ beta: 2 }), "F.softplus(x, beta=2)"),
    ...option("threshold", (x) => x.softplus({ threshold: 1 }), "F.softplus(x, threshold=1)"),
    {
      name: "beta and threshold",
      inputs: { x: uniform([9], -4, 4) },
      run: ({ x }) => x.softplus({ beta: 0.5, threshold: 0.7 }),
      torch: "F.softplus(x, beta=0.5, threshold=0.7)",
    },
    {
      name: "high threshold, no overflow",
      inputs: { x: given([4], [-1024, 1024, -8, 8]) },
      run: ({ x }) => x.softplus({ threshold: 1e6 }),
      torch: "torch.logaddexp(x, torch.zeros_like(x))",
    },
  ],
} satisfies Record<string, readonly [Case, ...Case[]]>;
