/** Cases of comparisons, whose results are bool and have no gradient. */
import { type Case, given, special } from "../case.js";
import { binaryCases, coarse, unaryCases } from "./elementwise.js";

type Name = "eq" | "ne" | "lt" | "le" | "gt" | "ge";

function comparisonCases(name: Name, symbol: string): [Case, ...Case[]] {
  return [
    ...binaryCases({ name, torch: (a, b) => `${a} ${symbol} ${b}`, a: coarse, b: coarse, number: 0.5 }),
    {
      name: "NaN and infinities",
      inputs: {
        a: special(),
        b: given([7], [Number.NaN, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, -0, 0, Number.NaN, -2]),
      },
      run: ({ a, b }) => a[name](b),
      torch: `a ${symbol} b`,
    },
    {
      // The number is rounded as the tensor's elements were.
      name: "a number that no float holds",
      inputs: { a: coarse([3]) },
      run: ({ a }) => a.mul(0).add(0.1)[name](0.1),
      torch: `torch.full([3], 0.1) ${symbol} 0.1`,
    },
    {
      name: "number beyond int32",
      inputs: { a: given([2], [5, -5], "int32") },
      run: ({ a }) => [a[name](3e9), a[name](-3e9)],
      torch: `(a.double() ${symbol} 3e9, a.double() ${symbol} -3e9)`,
    },
  ];
}

export const comparison = {
  eq: comparisonCases("eq", "=="),
  ne: comparisonCases("ne", "!="),
  lt: comparisonCases("lt", "<"),
  le: comparisonCases("le", "<="),
  gt: comparisonCases("gt", ">"),
  ge: comparisonCases("ge", ">="),
  isNaN: unaryCases({ run: (x) => x.isNaN(), torch: "torch.isnan(x)" }),
  isFinite: unaryCases({ run: (x) => x.isFinite(), torch: "torch.isfinite(x)" }),
} satisfies Record<string, readonly [Case, ...Case[]]>;
