/** Cases of softmax and logSoftmax: shapes, axes, large and special values. */
import type { Shape } from "../../../src/index.js";
import { type Case, given, integers, special, uniform } from "../case.js";

const inf = Number.POSITIVE_INFINITY;

/** What softmax and its logarithm have in common: the paths of an op on rows along an axis. */
function rowCases(name: "softmax" | "logSoftmax", torchName: string): [Case, ...Case[]] {
  const along = (label: string, shape: Shape, axis: number): Case => ({
    name: label,
    inputs: { x: uniform(shape) },
    run: ({ x }) => x[name](axis),
    torch: `F.${torchName}(x, ${axis})`,
  });
  const run: Case["run"] = ({ x }) => x[name]();
  const torch = `F.${torchName}(x, -1)`;
  return [
    { name: "plain", inputs: { x: uniform([3, 5]) }, run, torch },
    along("vector", [7], 0),
    along("first axis", [5, 3], 0),
    along("middle axis", [2, 3, 4], 1),
    along("negative axis", [2, 3, 2, 2], -3),
    along("size 1", [3, 1], 1),
    along("size 1 on all axes", [1, 1], 0),
    along("odd sizes", [3, 17], 1),
    along("empty", [0, 3], 1),
    along("empty axis", [3, 0], 1),
    // 2^13 is exact in every float dtype; e^(2^13) overflows in all of them.
    { name: "large", inputs: { x: given([2, 3], [8192, 8191 - 63, 0, -8192, -8192, -8192 - 64]) }, run, torch },
    { name: "large and small", inputs: { x: given([2, 3], [8192, -8192, 0, 0, 8192, 8192]) }, run, torch },
    { name: "masked", inputs: { x: given([2, 3], [0.5, -inf, 1, -inf, 2, -inf]) }, run, torch, ...noDifferences },
    { name: "all masked", inputs: { x: given([2, 2], [-inf, -inf, 1, 2]) }, run, torch, wrt: [] },
    { name: "special", inputs: { x: special() }, run, torch, wrt: [] },
    { name: "NaN in one row", inputs: { x: given([2, 2], [Number.NaN, 1, 1, 2]) }, run, torch, wrt: [] },
    { name: "infinity in one row", inputs: { x: given([2, 2], [inf, 1, 1, 2]) }, run, torch, wrt: [] },
    { name: "int32", inputs: { x: integers([2, 3], 4) }, run, torch: `F.${torchName}(x.double(), -1)` },
  ];
}

const noDifferences = { skipGradcheck: "an input is infinite" };

export const softmax = {
  softmax: rowCases("softmax", "softmax"),
  logSoftmax: rowCases("logSoftmax", "log_softmax"),
} satisfies Record<string, readonly [Case, ...Case[]]>;
