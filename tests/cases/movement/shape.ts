/** Cases of ops that change the shape: reshape, expand, permute and others. */
import type { Shape } from "../../../src/index.js";
import { bools, type Case, type InputSpec, integers, special, uniform } from "../case.js";

type Path = readonly [name: string, shape: Shape, run: Case["run"], torch: string];

/** Cases of one input x, by a table, and the first path again for every kind of dtype that is not a float. */
function pathsOf(paths: readonly Path[]): [Case, ...Case[]] {
  const [first, ...others] = paths;
  const of = ([name, shape, run, torch]: Path, x: InputSpec = uniform(shape)): Case => ({
    name,
    inputs: { x },
    run,
    torch,
  });
  const typed = (name: string, make: (shape: Shape) => InputSpec): Case =>
    of([name, first[1], first[2], first[3]], make(first[1]));
  return [
    of(first),
    ...others.map((path) => of(path)),
    typed("int32", (shape) => integers(shape, 99)),
    typed("uint8", (shape) => integers(shape, 99, "uint8")),
    typed("bool", bools),
  ];
}

/** NaN and the infinities pass through unharmed; finite differences do not exist there. */
const specialValues = (run: Case["run"], torch: string): Case => ({
  name: "special",
  inputs: { x: special() },
  run,
  torch,
  wrt: [],
});

export const shape = {
  reshape: [
    ...pathsOf([
      ["plain", [2, 6], ({ x }) => x.reshape([3, 4]), "x.reshape(3, 4)"],
      ["one size left open", [2, 3, 4], ({ x }) => x.reshape([4, -1]), "x.reshape(4, -1)"],
      ["open size on size 1", [1], ({ x }) => x.reshape([1, -1, 1]), "x.reshape(1, -1, 1)"],
      ["to scalar", [1, 1], ({ x }) => x.reshape([]), "x.reshape(())"],
      ["from scalar", [], ({ x }) => x.reshape([1, 1]), "x.reshape(1, 1)"],
      ["empty", [0, 3], ({ x }) => x.reshape([2, 0, 5]), "x.reshape(2, 0, 5)"],
      ["same shape", [5], ({ x }) => x.reshape([5]), "x.reshape(5)"],
    ]),
    specialValues(({ x }) => x.reshape([7, 1]), "x.reshape(7, 1)"),
  ],
  expand: [
    ...pathsOf([
      ["plain", [3, 1], ({ x }) => x.expand([3, 4]), "x.expand(3, 4)"],
      ["new axes", [3], ({ x }) => x.expand([2, 1, 3]), "x.expand(2, 1, 3)"],
      ["kept sizes", [3, 1, 2], ({ x }) => x.expand([-1, 5, -1]), "x.expand(-1, 5, -1)"],
      ["inner and outer", [1, 3, 1], ({ x }) => x.expand([2, 3, 2]), "x.expand(2, 3, 2)"],
      ["scalar", [], ({ x }) => x.expand([2, 3]), "x.expand(2, 3)"],
      ["to empty", [1, 3], ({ x }) => x.expand([0, 3]), "x.expand(0, 3)"],
      ["nothing to do", [2, 3], ({ x }) => x.expand([2, 3]), "x.expand(2, 3)"],
    ]),
    specialValues(({ x }) => x.expand([2, 7]), "x.expand(2, 7)"),
  ],
  flatten: pathsOf([
    ["plain", [2, 3, 4], ({ x }) => x.flatten(), "x.flatten()"],
    ["from an axis", [2, 3, 2, 2], ({ x }) => x.flatten(1), "x.flatten(1)"],
    ["middle axes", [2, 3, 2, 2], ({ x }) => x.flatten(1, 2), "x.flatten(1, 2)"],
    ["negative axes", [2, 3, 2], ({ x }) => x.flatten(-3, -2), "x.flatten(-3, -2)"],
    ["one axis", [2, 3], ({ x }) => x.flatten(1, 1), "x.flatten(1, 1)"],
    ["scalar", [], ({ x }) => x.flatten(), "x.flatten()"],
    ["empty", [2, 0, 3], ({ x }) => x.flatten(1), "x.flatten(1)"],
  ]),
  squeeze: pathsOf([
    ["plain", [1, 3, 1, 2], ({ x }) => x.squeeze(), "x.squeeze()"],
    ["one axis", [1, 3, 1], ({ x }) => x.squeeze(-1), "x.squeeze(-1)"],
    ["several axes", [1, 3, 1, 1], ({ x }) => x.squeeze([0, 2]), "x.squeeze((0, 2))"],
    ["no axes", [1, 3], ({ x }) => x.squeeze([]), "x"],
    ["scalar", [], ({ x }) => x.squeeze(), "x.squeeze()"],
    ["empty", [0, 1], ({ x }) => x.squeeze(), "x.squeeze()"],
  ]),
  unsqueeze: pathsOf([
    ["plain", [2, 3], ({ x }) => x.unsqueeze(1), "x.unsqueeze(1)"],
    ["first", [2, 3], ({ x }) => x.unsqueeze(0), "x.unsqueeze(0)"],
    ["last", [2, 3], ({ x }) => x.unsqueeze(-1), "x.unsqueeze(-1)"],
    ["scalar", [], ({ x }) => x.unsqueeze(0), "x.unsqueeze(0)"],
    ["empty", [0], ({ x }) => x.unsqueeze(0), "x.unsqueeze(0)"],
  ]),
  tile: pathsOf([
    ["plain", [2, 3], ({ x }) => x.tile([2, 2]), "x.tile(2, 2)"],
    ["one axis", [2, 3], ({ x }) => x.tile([3, 1]), "x.tile(3, 1)"],
    ["more repeats than axes", [3], ({ x }) => x.tile([2, 1, 2]), "x.tile(2, 1, 2)"],
    ["fewer repeats than axes", [2, 1, 3], ({ x }) => x.tile([2]), "x.tile(2)"],
    ["size 1", [1, 3, 1], ({ x }) => x.tile([2, 1, 3]), "x.tile(2, 1, 3)"],
    ["scalar", [], ({ x }) => x.tile([3]), "x.tile(3)"],
    ["no repeats", [2, 3], ({ x }) => x.tile([0, 2]), "x.tile(0, 2)"],
    ["empty", [0, 2], ({ x }) => x.tile([2, 3]), "x.tile(2, 3)"],
  ]),
  permute: [
    ...pathsOf([
      ["plain", [2, 3, 4], ({ x }) => x.permute([2, 0, 1]), "x.permute(2, 0, 1)"],
      ["channels last", [2, 3, 3, 2], ({ x }) => x.permute([0, 2, 3, 1]), "x.permute(0, 2, 3, 1)"],
      ["last axis stays", [2, 3, 2, 4], ({ x }) => x.permute([0, 2, 1, 3]), "x.permute(0, 2, 1, 3)"],
      ["reversed", [2, 3, 2, 3], ({ x }) => x.permute([3, 2, 1, 0]), "x.permute(3, 2, 1, 0)"],
      ["negative axes", [2, 3, 2], ({ x }) => x.permute([-1, 1, -3]), "x.permute(-1, 1, -3)"],
      ["outer axes cross", [2, 3, 2, 1, 3], ({ x }) => x.permute([2, 4, 0, 3, 1]), "x.permute(2, 4, 0, 3, 1)"],
      ["only size 1 moves", [2, 1, 3], ({ x }) => x.permute([1, 0, 2]), "x.permute(1, 0, 2)"],
      ["identity", [2, 3], ({ x }) => x.permute([0, 1]), "x.permute(0, 1)"],
      ["scalar", [], ({ x }) => x.permute([]), "x.permute(())"],
      ["empty", [2, 0, 3], ({ x }) => x.permute([2, 1, 0]), "x.permute(2, 1, 0)"],
      // Larger than a tile of the transpose both ways.
      ["several tiles", [35, 33], ({ x }) => x.permute([1, 0]), "x.permute(1, 0)"],
    ]),
    specialValues(({ x }) => x.tile([2, 1]).permute([1, 0]), "x.tile(2, 1).permute(1, 0)"),
  ],
  transpose: pathsOf([
    ["plain", [3, 5], ({ x }) => x.transpose(), "x.transpose(-2, -1)"],
    ["batch", [2, 3, 4], ({ x }) => x.transpose(), "x.transpose(-2, -1)"],
    ["given axes", [2, 3, 4], ({ x }) => x.transpose(0, 2), "x.transpose(0, 2)"],
    ["same axis", [2, 3], ({ x }) => x.transpose(1, 1), "x.transpose(1, 1)"],
    ["size 1", [1, 4], ({ x }) => x.transpose(), "x.transpose(-2, -1)"],
    ["empty", [0, 3], ({ x }) => x.transpose(), "x.transpose(-2, -1)"],
  ]),
  tril: trianglePaths("tril"),
  triu: trianglePaths("triu"),
} satisfies Record<string, readonly [Case, ...Case[]]>;

function trianglePaths(name: "tril" | "triu"): [Case, ...Case[]] {
  return [
    ...pathsOf([
      ["plain", [3, 4], ({ x }) => x[name](), `x.${name}()`],
      ["above", [4, 3], ({ x }) => x[name](1), `x.${name}(1)`],
      ["below", [4, 5], ({ x }) => x[name](-2), `x.${name}(-2)`],
      ["all", [2, 3], ({ x }) => x[name](name === "tril" ? 9 : -9), `x.${name}(${name === "tril" ? 9 : -9})`],
      ["nothing", [2, 3], ({ x }) => x[name](name === "tril" ? -9 : 9), `x.${name}(${name === "tril" ? -9 : 9})`],
      ["batch", [2, 2, 3, 3], ({ x }) => x[name](), `x.${name}()`],
      ["size 1", [1, 3], ({ x }) => x[name](), `x.${name}()`],
      ["empty", [0, 3], ({ x }) => x[name](), `x.${name}()`],
    ]),
    // What is cut off is 0, also where it was NaN or infinite.
    specialValues(({ x }) => x.expand([7, 7])[name](), `x.expand(7, 7).${name}()`),
  ];
}
