/** Cases of cumulative sums and products: axes, both directions, special values. */
import type { ScanOptions } from "../../../src/index.js";
import { bools, type Case, given, integers, special, uniform } from "../case.js";

function scanCases(name: "cumsum" | "cumprod"): [Case, ...Case[]] {
  const floats = (shape: number[]) => uniform(shape, -1.5, 1.5);
  const along =
    (axis: number, options?: ScanOptions): Case["run"] =>
    ({ x }) =>
      x[name](axis, options);
  const torch = (axis: number) => `torch.${name}(x, ${axis})`;
  const reversed = (axis: number) => `torch.flip(torch.${name}(torch.flip(x, (${axis},)), ${axis}), (${axis},))`;
  return [
    { name: "plain", inputs: { x: floats([3, 5]) }, run: along(1), torch: torch(1) },
    { name: "first axis", inputs: { x: floats([5, 3]) }, run: along(0), torch: torch(0) },
    { name: "middle axis", inputs: { x: floats([2, 5, 3]) }, run: along(1), torch: torch(1) },
    { name: "negative axis", inputs: { x: floats([2, 4, 3]) }, run: along(-2), torch: torch(1) },
    { name: "odd size", inputs: { x: floats([17]) }, run: along(0), torch: torch(0) },
    { name: "size 1", inputs: { x: floats([3, 1]) }, run: along(1), torch: torch(1) },
    { name: "empty axis", inputs: { x: floats([2, 0]) }, run: along(1), torch: torch(1) },
    { name: "empty", inputs: { x: floats([0, 2]) }, run: along(1), torch: torch(1) },
    { name: "reverse", inputs: { x: floats([3, 5]) }, run: along(1, { reverse: true }), torch: reversed(1) },
    {
      name: "reverse, first axis",
      inputs: { x: floats([4, 2]) },
      run: along(0, { reverse: true }),
      torch: reversed(0),
    },
    { name: "special", inputs: { x: special() }, run: along(0), torch: torch(0), wrt: [] },
    {
      name: "infinity",
      inputs: { x: given([2, 3], [1, Number.POSITIVE_INFINITY, 2, Number.NEGATIVE_INFINITY, 3, -1]) },
      run: along(1),
      torch: torch(1),
      wrt: [],
    },
    { name: "int32", inputs: { x: integers([3, 4], 9) }, run: along(1), torch: torch(1) },
    { name: "large uint8", inputs: { x: given([3], [250, 250, 250], "uint8") }, run: along(0), torch: torch(0) },
    { name: "bool", inputs: { x: bools([2, 5]) }, run: along(1), torch: torch(1) },
  ];
}

export const scan = {
  cumsum: scanCases("cumsum"),
  cumprod: [
    ...scanCases("cumprod"),
    {
      name: "int32 wraps around",
      inputs: { x: given([4], [2 ** 31 - 1, 2 ** 31 - 1, 123456789, -987654321], "int32") },
      run: ({ x }) => x.cumprod(0),
      torch: "torch.cumprod(x, 0).to(torch.int32)",
    },
    {
      name: "zeros",
      inputs: { x: given([4, 4], [1, 2, 3, 2, 0, 2, 3, 1, 2, 0, 1, 0.5, 2, 0, 0, 3]) },
      run: ({ x }) => x.cumprod(1),
      torch: "torch.cumprod(x, 1)",
    },
    {
      name: "zeros, reverse",
      inputs: { x: given([2, 4], [2, 0, 1, 0.5, 2, 0, 0, 3]) },
      run: ({ x }) => x.cumprod(1, { reverse: true }),
      torch: "torch.flip(torch.cumprod(torch.flip(x, (1,)), 1), (1,))",
    },
  ],
} satisfies Record<string, readonly [Case, ...Case[]]>;
