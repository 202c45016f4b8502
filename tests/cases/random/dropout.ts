/** Cases of dropout with probabilities and seeds whose results Python can check. */
import { Generator } from "../../../src/index.js";
import { type Case, given, integers, uniform } from "../case.js";

/** What the stream of seed 7 keeps of 13 elements, by an implementation of Philox in Python. */
const keptOfHalf = "torch.tensor([1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 1, 1, 0])";
const keptOfThreeQuarters = "torch.tensor([1, 1, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1])";
const seven = () => ({ generator: new Generator(7) });

export const dropout = {
  dropout: [
    {
      name: "plain",
      inputs: { x: uniform([13]) },
      run: ({ x }) => x.dropout(0.5, seven()),
      torch: `x * 2 * ${keptOfHalf}`,
    },
    {
      name: "p",
      inputs: { x: uniform([13]) },
      run: ({ x }) => x.dropout(0.25, seven()),
      torch: `x / 0.75 * ${keptOfThreeQuarters}`,
    },
    {
      name: "axes",
      inputs: { x: uniform([2, 1, 3]) },
      run: ({ x }) => x.dropout(0.5, seven()),
      torch: `x * 2 * ${keptOfHalf}[:6].reshape(2, 1, 3)`,
    },
    {
      name: "scalar",
      inputs: { x: uniform([]) },
      run: ({ x }) => x.dropout(0.5, seven()),
      torch: "x * 2",
    },
    {
      name: "stream goes on",
      inputs: { x: uniform([3]) },
      run: ({ x }) => {
        const generator = new Generator(7);
        return [x.dropout(0.5, { generator }), x.dropout(0.5, { generator })];
      },
      torch: `[x * 2 * ${keptOfHalf}[:3], x * 2 * ${keptOfHalf}[4:7]]`,
    },
    { name: "p 0", inputs: { x: uniform([5]) }, run: ({ x }) => x.dropout(0), torch: "x * 1" },
    { name: "p 1", inputs: { x: uniform([5]) }, run: ({ x }) => x.dropout(1), torch: "x * 0" },
    {
      name: "outside training",
      inputs: { x: uniform([5]) },
      run: ({ x }) => x.dropout(0.5, { training: false }),
      torch: "x * 1",
    },
    { name: "empty", inputs: { x: uniform([0, 3]) }, run: ({ x }) => x.dropout(0.5), torch: "x * 2" },
    {
      // Kept, kept, dropped, dropped, dropped, kept: a dropped element is 0, whether it was finite or not.
      name: "special",
      inputs: { x: given([6], [Number.NaN, Number.POSITIVE_INFINITY, Number.NaN, Number.POSITIVE_INFINITY, 1, 1]) },
      run: ({ x }) => x.dropout(0.5, seven()),
      torch: "torch.tensor([math.nan, math.inf, 0, 0, 0, 2])",
      wrt: [],
    },
    {
      name: "int32",
      inputs: { x: integers([13], 9) },
      run: ({ x }) => x.dropout(0.5, seven()),
      torch: `x.double() * 2 * ${keptOfHalf}`,
    },
  ],
} satisfies Record<string, readonly [Case, ...Case[]]>;
