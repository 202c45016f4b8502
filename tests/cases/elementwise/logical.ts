/** Cases of logical ops, with a truth table, and of where. */
import { type Shape, where } from "../../../src/index.js";
import { bools, type Case, distinct, given, integers, special, uniform } from "../case.js";
import { binaryCases, coarse, unaryCases } from "./elementwise.js";

const logical2 = (name: "logicalAnd" | "logicalOr", torch: string): [Case, ...Case[]] => [
  ...binaryCases({
    name,
    torch: (a, b) => `torch.${torch}(torch.as_tensor(${a}), torch.as_tensor(${b}))`,
    a: coarse,
    b: coarse,
  }),
  {
    name: "truth table",
    inputs: { a: given([4], [0, 0, 1, 1], "bool"), b: given([4], [0, 1, 0, 1], "bool") },
    run: ({ a, b }) => a[name](b),
    torch: `torch.${torch}(a, b)`,
  },
];

const chosen: Case["run"] = ({ condition, a, b }) => condition.where(a, b);
const torch = "torch.where(condition, a, b)";

const wherePath = (name: string, condition: Shape, a: Shape, b: Shape): Case => ({
  name,
  inputs: { condition: bools(condition), a: uniform(a), b: uniform(b) },
  run: chosen,
  torch,
});

export const logical = {
  logicalAnd: logical2("logicalAnd", "logical_and"),
  logicalOr: logical2("logicalOr", "logical_or"),
  logicalNot: unaryCases({ run: (x) => x.logicalNot(), torch: "torch.logical_not(x)", x: coarse, below: 2 }),
  where: [
    wherePath("plain", [3, 5], [3, 5], [3, 5]),
    wherePath("broadcast condition", [3, 1], [2, 3, 4], [4]),
    wherePath("broadcast both", [2, 3, 4], [3, 1], [2, 1, 1]),
    wherePath("all three stretch", [2, 1, 1], [3, 1], [4]),
    wherePath("scalars", [], [], []),
    wherePath("scalar condition", [], [3], [2, 1]),
    wherePath("size 1", [1, 1], [1], [1]),
    wherePath("empty", [0, 3], [3], [1]),
    {
      name: "number left",
      inputs: { condition: bools([7]), b: uniform([7]) },
      run: ({ condition, b }) => where(condition, 1.5, b),
      torch: "torch.where(condition, 1.5, b)",
    },
    {
      name: "number right",
      inputs: { condition: bools([4]), a: uniform([2, 4]) },
      run: ({ condition, a }) => where(condition, a, Number.NEGATIVE_INFINITY),
      torch: "torch.where(condition, a, -math.inf)",
      wrt: [],
    },
    {
      name: "gradient beside a number",
      inputs: { condition: bools([4]), a: uniform([2, 4]) },
      run: ({ condition, a }) => where(condition, a, 0),
      torch: "torch.where(condition, a, 0)",
    },
    {
      name: "two numbers",
      inputs: { condition: bools([2, 5]) },
      run: ({ condition }) => where(condition, 1.5, -2),
      torch: "torch.where(condition, 1.5, -2.0)",
    },
    {
      name: "same operand",
      inputs: { x: distinct([6]) },
      run: ({ x }) => x.gt(0).where(x, x.mul(3)),
      torch: "torch.where(x > 0, x, 3 * x)",
    },
    {
      // Each operand hides what the other must not let through.
      name: "special",
      inputs: { condition: given([7], [1, 0, 1, 0, 1, 0, 1], "bool"), a: special(), b: special() },
      run: chosen,
      torch,
      skipGradcheck: "NaN and infinities",
    },
    {
      name: "int32 and float",
      inputs: { condition: bools([6]), a: integers([6], 9), b: uniform([6]) },
      run: chosen,
      torch,
    },
    {
      name: "int32",
      inputs: { condition: bools([2, 3]), a: integers([3], 9), b: given([1], [2 ** 31 - 1], "int32") },
      run: chosen,
      torch,
    },
    {
      name: "uint8",
      inputs: { condition: bools([6]), a: integers([6], 255, "uint8"), b: integers([6], 9, "uint8") },
      run: chosen,
      torch,
    },
    { name: "bool", inputs: { condition: bools([9]), a: bools([9]), b: bools([9]) }, run: chosen, torch },
    {
      name: "int32 and fraction",
      inputs: { condition: bools([6]), a: integers([6], 9) },
      run: ({ condition, a }) => condition.where(a, 0.5),
      torch: "torch.where(condition, a, 0.5)",
    },
  ],
} satisfies Record<string, readonly [Case, ...Case[]]>;
