/** Cases of gather, scatterAdd, indexSelect, indexAdd and oneHot. */
import type { OneHotOptions, Shape } from "../../../src/index.js";
import { bools, type Case, given, type InputSpec, integers, special, uniform } from "../case.js";

const gathered = (name: string, x: InputSpec, axis: number, index: InputSpec): Case => ({
  name,
  inputs: { x, index },
  run: ({ x, index }) => x.gather(axis, index),
  torch: `x.gather(${axis}, index.long())`,
});

const scattered = (name: string, x: InputSpec, axis: number, index: InputSpec, source: InputSpec): Case => ({
  name,
  inputs: { x, index, source },
  run: ({ x, index, source }) => x.scatterAdd(axis, index, source),
  torch: `x.scatter_add(${axis}, index.long(), source)`,
});

const selected = (name: string, x: InputSpec, axis: number, index: InputSpec): Case => ({
  name,
  inputs: { x, index },
  run: ({ x, index }) => x.indexSelect(axis, index),
  torch: `x.index_select(${axis}, index.long())`,
});

const added = (name: string, x: InputSpec, axis: number, index: InputSpec, source: InputSpec): Case => ({
  name,
  inputs: { x, index, source },
  run: ({ x, index, source }) => x.indexAdd(axis, index, source),
  torch: `x.index_add(${axis}, index.long(), source)`,
});

const hot = (name: string, index: InputSpec, depth: number, options?: OneHotOptions): Case => ({
  name,
  inputs: { index },
  run: ({ index }) => index.oneHot(depth, options),
  torch: `F.one_hot(index.long(), ${depth})`,
});

const none = (shape: Shape): InputSpec => given(shape, [], "int32");

// biome-ignore format: one case a line reads as a table
export const indexing = {
  gather: [
    gathered("plain", uniform([3, 4]), 1, integers([3, 2], 4)),
    gathered("first axis", uniform([4, 3]), 0, integers([5, 3], 4)),
    gathered("middle axis", uniform([2, 5, 3]), 1, integers([2, 3, 3], 5)),
    gathered("negative axis", uniform([2, 3, 4]), -1, integers([2, 3, 2], 4)),
    gathered("one index a row", uniform([5, 3]), 1, integers([5, 1], 3)),
    gathered("index smaller than x", uniform([3, 4, 5]), 1, integers([2, 3, 4], 4)),
    gathered("repeated", uniform([4]), 0, given([5], [2, 2, 0, 2, 3], "int32")),
    gathered("size 1", uniform([1, 3]), 0, given([4, 3], new Array(12).fill(0), "int32")),
    gathered("no indices", uniform([2, 3]), 1, none([2, 0])),
    gathered("empty", uniform([0, 3]), 1, none([0, 2])),
    gathered("uint8 index", uniform([3, 4]), 1, integers([3, 2], 4, "uint8")),
    gathered("int32", integers([3, 4], 99), 1, integers([3, 2], 4)),
    gathered("uint8", integers([3, 4], 99, "uint8"), 0, integers([2, 4], 3)),
    gathered("bool", bools([3, 4]), 0, integers([2, 4], 3)),
    { ...gathered("special", special(), 0, given([4], [0, 1, 2, 6], "int32")), wrt: [] },
  ],
  scatterAdd: [
    scattered("plain", uniform([3, 4]), 1, integers([3, 2], 4), uniform([3, 2])),
    scattered("first axis", uniform([4, 3]), 0, integers([5, 3], 4), uniform([5, 3])),
    scattered("middle axis", uniform([2, 4, 3]), -2, integers([2, 3, 3], 4), uniform([2, 3, 3])),
    scattered("collisions", uniform([3]), 0, given([6], [1, 1, 0, 1, 1, 2], "int32"), uniform([6])),
    {
      // PyTorch has the gradient only for a source of the shape of the index; slicing it gives it the right one.
      ...scattered("source larger than index", uniform([3, 4]), 1, integers([2, 2], 4), uniform([3, 5])),
      torch: "x.scatter_add(1, index.long(), source[:2, :2])",
    },
    scattered("index smaller than x", uniform([4, 4, 3]), 0, integers([2, 3, 2], 4), uniform([2, 3, 2])),
    scattered("size 1", uniform([1]), 0, given([3], [0, 0, 0], "int32"), uniform([3])),
    {
      ...scattered("no indices", uniform([2, 3]), 1, none([2, 0]), uniform([2, 3])),
      torch: "x.scatter_add(1, index.long(), source[:, :0])",
    },
    scattered("empty", uniform([0, 3]), 1, none([0, 2]), uniform([0, 2])),
    scattered("uint8 index", uniform([3, 4]), 1, integers([3, 2], 4, "uint8"), uniform([3, 2])),
    scattered("int32", integers([4], 9), 0, integers([6], 4), integers([6], 9)),
    scattered("uint8 wraps around", given([2], [250, 3], "uint8"), 0, given([3], [0, 0, 1], "int32"), given([3], [3, 9, 1], "uint8")),
    {
      ...scattered("bool counts", bools([3]), 0, integers([5], 3), bools([5])),
      torch: "x.int().scatter_add(0, index.long(), source.int())",
    },
    {
      ...scattered("int32 and float", integers([3], 9), 0, integers([4], 3), uniform([4])),
      torch: "x.double().scatter_add(0, index.long(), source)",
    },
  ],
  indexSelect: [
    selected("plain", uniform([4, 3]), 0, integers([5], 4)),
    selected("inner axis", uniform([3, 5]), 1, given([3], [4, 0, 4], "int32")),
    selected("middle axis", uniform([2, 4, 3]), -2, integers([3], 4)),
    selected("vector", uniform([5]), 0, integers([3], 5)),
    selected("size 1", uniform([1, 3]), 0, given([2], [0, 0], "int32")),
    selected("no indices", uniform([2, 3]), 0, none([0])),
    selected("empty", uniform([3, 0]), 0, integers([2], 3)),
    selected("uint8 index", uniform([4, 2]), 0, integers([3], 4, "uint8")),
    selected("int32", integers([4, 3], 99), 0, integers([2], 4)),
    selected("uint8", integers([4, 3], 99, "uint8"), 1, integers([2], 3)),
    selected("bool", bools([4, 3]), 1, integers([2], 3)),
  ],
  indexAdd: [
    added("plain", uniform([4, 3]), 0, integers([5], 4), uniform([5, 3])),
    added("inner axis", uniform([3, 5]), 1, given([3], [4, 0, 4], "int32"), uniform([3, 3])),
    added("middle axis", uniform([2, 4, 3]), -2, integers([3], 4), uniform([2, 3, 3])),
    added("vector", uniform([5]), 0, integers([3], 5), uniform([3])),
    added("size 1", uniform([1, 3]), 0, given([2], [0, 0], "int32"), uniform([2, 3])),
    added("no indices", uniform([2, 3]), 0, none([0]), uniform([0, 3])),
    added("empty", uniform([3, 0]), 0, integers([2], 3), uniform([2, 0])),
    added("int32", integers([4, 2], 9), 0, integers([3], 4), integers([3, 2], 9)),
    added("uint8", integers([4], 9, "uint8"), 0, integers([3], 4), integers([3], 9, "uint8")),
  ],
  oneHot: [
    hot("plain", given([4], [2, 0, 1, 2], "int32"), 3),
    hot("batch", integers([2, 3], 5), 5),
    hot("float64", integers([4], 3), 3, { dtype: "float64" }),
    hot("bool", integers([4], 3), 3, { dtype: "bool" }),
    hot("int32", integers([4], 3), 4, { dtype: "int32" }),
    hot("uint8 index", integers([4], 3, "uint8"), 3),
    hot("scalar", given([], [1], "int32"), 3),
    hot("depth 1", given([2], [0, 0], "int32"), 1),
    hot("empty", none([0, 2]), 3),
  ],
} satisfies Record<string, readonly [Case, ...Case[]]>;
