/** Cases of ops that order elements, on distinct values where ties would be ambiguous. */
import type { SortOptions, Tensor, TopkOptions, ValuesAndIndices } from "../../../src/index.js";
import { bools, type Case, distinct, given, type InputSpec, integers, special } from "../case.js";

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const both = ({ values, indices }: ValuesAndIndices): Tensor[] => [values, indices];
const ties = "elements that tie change places when one moves";

/** Inputs with equal elements, NaN, and both infinities; their order is fixed because sorting is stable. */
const unusual: readonly { name: string; x: InputSpec; wrt?: readonly string[]; skipGradcheck?: string }[] = [
  { name: "ties", x: given([2, 6], [2, 1, 2, 1, 3, 1, 0, 0, -1, 0, 5, 5]), skipGradcheck: ties },
  { name: "special", x: special(), wrt: [] },
  { name: "several NaNs", x: given([2, 5], [nan, 1, nan, -inf, inf, 3, nan, inf, nan, inf]), wrt: [] },
  { name: "int32", x: given([2, 4], [3, -7, 3, 0, 9, 1, -1, 9], "int32") },
  { name: "uint8", x: integers([3, 4], 6, "uint8") },
  { name: "bool", x: bools([2, 7]) },
];

const pythonBool = (value: boolean): string => (value ? "True" : "False");

function sortCases(
  run: (x: Tensor, axis?: number, options?: SortOptions) => Tensor[],
  result: string,
): [Case, ...Case[]] {
  const torch = (axis: number, descending = false) =>
    `torch.sort(x, dim=${axis}, descending=${pythonBool(descending)}, stable=True)${result}`;
  const down = { descending: true };
  return [
    { name: "plain", inputs: { x: distinct([3, 7]) }, run: ({ x }) => run(x), torch: torch(1) },
    { name: "descending", inputs: { x: distinct([3, 7]) }, run: ({ x }) => run(x, -1, down), torch: torch(1, true) },
    { name: "first axis", inputs: { x: distinct([9, 3]) }, run: ({ x }) => run(x, 0), torch: torch(0) },
    {
      name: "middle axis",
      inputs: { x: distinct([2, 5, 3]) },
      run: ({ x }) => run(x, -2, down),
      torch: torch(1, true),
    },
    { name: "long", inputs: { x: distinct([59]) }, run: ({ x }) => run(x, 0), torch: torch(0) },
    { name: "size 1", inputs: { x: distinct([3, 1]) }, run: ({ x }) => run(x, 1), torch: torch(1) },
    { name: "empty axis", inputs: { x: distinct([2, 0]) }, run: ({ x }) => run(x, 1), torch: torch(1) },
    { name: "empty", inputs: { x: distinct([0, 2]) }, run: ({ x }) => run(x, 1), torch: torch(1) },
    ...unusual.flatMap(({ name, x, ...rest }): Case[] => [
      { name, inputs: { x }, run: (t) => run(t.x), torch: torch(-1), ...rest },
      { name: `${name}, descending`, inputs: { x }, run: (t) => run(t.x, -1, down), torch: torch(-1, true), ...rest },
    ]),
  ];
}

function topkCases(): [Case, ...Case[]] {
  const sample = (name: string, x: InputSpec, k: number, axis?: number, options?: TopkOptions): Case => ({
    name,
    inputs: { x },
    run: (t) => both(t.x.topk(k, axis, options)),
    torch: `torch.topk(x, ${k}, dim=${axis ?? -1}, largest=${pythonBool(options?.largest ?? true)})`,
  });
  // Of equal elements PyTorch may take any: here the first ones, as a stable sort does.
  const stable = (name: string, x: InputSpec, k: number, largest = true): Case => ({
    name,
    inputs: { x },
    run: (t) => both(t.x.topk(k, -1, { largest })),
    torch: `[y[..., :${k}] for y in torch.sort(x, dim=-1, descending=${pythonBool(largest)}, stable=True)]`,
  });
  return [
    sample("plain", distinct([3, 7]), 3),
    sample("smallest", distinct([3, 7]), 2, -1, { largest: false }),
    sample("first axis", distinct([9, 3]), 4, 0),
    sample("middle axis", distinct([2, 5, 3]), 2, 1),
    sample("one", distinct([4, 5]), 1),
    sample("all", distinct([2, 6]), 6),
    sample("none", distinct([2, 6]), 0),
    sample("long", distinct([59]), 5, 0),
    sample("long, smallest", distinct([59]), 7, 0, { largest: false }),
    sample("size 1", distinct([3, 1]), 1),
    sample("empty", distinct([0, 3]), 2),
    {
      // Its order is open: only the sum is compared.
      ...sample("not sorted", distinct([3, 12]), 4),
      run: ({ x }) => x.topk(4, -1, { sorted: false }).values.sum(-1),
      torch: "torch.topk(x, 4, sorted=False).values.sum(-1)",
    },
    ...unusual.flatMap(({ name, x, ...rest }): Case[] => [
      { ...stable(name, x, 3), ...rest },
      { ...stable(`${name}, smallest`, x, 2, false), ...rest },
    ]),
  ];
}

export const sort = {
  sort: sortCases((x, axis, options) => both(x.sort(axis, options)), ""),
  argsort: sortCases((x, axis, options) => [x.argsort(axis, options)], ".indices"),
  topk: topkCases(),
} satisfies Record<string, readonly [Case, ...Case[]]>;
