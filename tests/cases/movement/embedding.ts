/** Cases of embedding: repeated indices and padding. */
import { type Case, given, integers, uniform } from "../case.js";

const run: Case["run"] = ({ index, weight }) => index.embedding(weight);
const torch = "F.embedding(index.long(), weight)";

const paddingIsFixed = { skipGradcheck: "the row of padding has no gradient, although the result depends on it" };

export const embedding = {
  embedding: [
    { name: "plain", inputs: { index: integers([2, 5], 4), weight: uniform([4, 3]) }, run, torch },
    {
      name: "one index many times",
      inputs: { index: given([7], [2, 2, 2, 0, 2, 2, 2], "int32"), weight: uniform([3, 5]) },
      run,
      torch,
    },
    { name: "first and last row", inputs: { index: given([2], [0, 4], "int32"), weight: uniform([5, 2]) }, run, torch },
    { name: "scalar index", inputs: { index: given([], [1], "int32"), weight: uniform([3, 4]) }, run, torch },
    { name: "uint8", inputs: { index: integers([3], 4, "uint8"), weight: uniform([4, 3]) }, run, torch },
    { name: "empty", inputs: { index: integers([0, 2], 4), weight: uniform([4, 3]) }, run, torch },
    { name: "size 1", inputs: { index: given([1, 1], [0], "int32"), weight: uniform([1, 1]) }, run, torch },
    {
      name: "padding",
      inputs: { index: given([2, 3], [0, 1, 2, 1, 3, 1], "int32"), weight: uniform([4, 3]) },
      run: ({ index, weight }) => index.embedding(weight, { paddingIdx: 1 }),
      torch: "F.embedding(index.long(), weight, 1)",
      ...paddingIsFixed,
    },
    {
      name: "padding from the end",
      inputs: { index: given([4], [0, 3, 2, 3], "int32"), weight: uniform([4, 3]) },
      run: ({ index, weight }) => index.embedding(weight, { paddingIdx: -1 }),
      torch: "F.embedding(index.long(), weight, -1)",
      ...paddingIsFixed,
    },
    {
      name: "special",
      inputs: {
        index: given([3], [1, 0, 1], "int32"),
        weight: given([2, 2], [Number.NaN, 1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]),
      },
      run,
      torch,
      wrt: [],
    },
    {
      name: "integers",
      inputs: { index: integers([5], 3), weight: integers([3, 2], 99) },
      run,
      torch: "weight[index.long()]",
    },
  ],
} satisfies Record<string, readonly [Case, ...Case[]]>;
