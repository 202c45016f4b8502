/** Cases of ops that cut and join tensors: slice, flip, split, concat, pad and others. */
import {
  chunk,
  concat,
  flip,
  type Padding,
  type PadOptions,
  type SliceRange,
  slice,
  split,
  stack,
} from "../../../src/index.js";
import { bools, type Case, type InputSpec, integers, special, uniform } from "../case.js";

/** x[...] in both languages. Python's own lists resolve steps that PyTorch does not take. */
const sliced = (name: string, x: InputSpec, ranges: readonly SliceRange[], torch: string): Case => ({
  name,
  inputs: { x },
  run: ({ x }) => slice(x, ranges),
  torch,
});

const flipped = (name: string, x: InputSpec, axes: number | number[] | undefined, torch: string): Case => ({
  name,
  inputs: { x },
  run: ({ x }) => flip(x, axes),
  torch,
});

const cut = (name: string, x: InputSpec, pieces: number | number[], axis: number): Case => ({
  name,
  inputs: { x },
  run: ({ x }) => split(x, pieces, axis),
  torch: `x.split(${JSON.stringify(pieces)}, ${axis})`,
});

const chunked = (name: string, x: InputSpec, chunks: number, axis: number): Case => ({
  name,
  inputs: { x },
  run: ({ x }) => chunk(x, chunks, axis),
  torch: `x.chunk(${chunks}, ${axis})`,
});

/** concat and stack of the inputs in their order. */
const joined = (join: typeof concat | typeof stack, name: string, inputs: Case["inputs"], axis: number): Case => ({
  name,
  inputs,
  run: (t) =>
    join(
      Object.keys(inputs).map((key) => t[key]),
      axis,
    ),
  torch: `torch.${join === concat ? "cat" : "stack"}([${Object.keys(inputs).join(", ")}], ${axis})`,
});

/** Of fill values where no float is in play: PyTorch's float64 stays one dtype. */
const padded = (
  name: string,
  x: InputSpec,
  padding: Padding[],
  options: PadOptions | undefined,
  torch?: string,
): Case => ({
  name,
  inputs: { x },
  run: ({ x }) => x.pad(padding, options),
  torch: torch ?? `F.pad(x, ${JSON.stringify([...padding].reverse().flat())}, value=${options?.value ?? 0})`,
});

// biome-ignore format: one case a line reads as a table
export const slicing = {
  slice: [
    sliced("plain", uniform([4, 5]), [[1, 3], [2, 5]], "x[1:3, 2:5]"),
    sliced("trailing axes whole", uniform([4, 3, 2]), [[1, 3]], "x[1:3]"),
    sliced("inner axis", uniform([2, 5]), [null, [1, 4]], "x[:, 1:4]"),
    sliced("open ends", uniform([5, 5]), [[2], [null, -1]], "x[2:, :-1]"),
    sliced("negative bounds", uniform([6]), [[-4, -1]], "x[-4:-1]"),
    sliced("steps", uniform([7, 5]), [[null, null, 3], [1, null, 2]], "x[::3, 1::2]"),
    sliced("reversed", uniform([3, 4]), [null, [null, null, -1]], "x.flip(1)"),
    sliced("negative steps", uniform([7, 3]), [[5, 1, -2], [-1, -3, -1]], "x[list(range(7))[5:1:-2]][:, list(range(3))[-1:-3:-1]]"),
    sliced("bounds cut to the axis", uniform([5]), [[-99, 99, 2]], "x[-99:99:2]"),
    sliced("bounds cut, backwards", uniform([5]), [[99, -99, -3]], "x[list(range(5))[99:-99:-3]]"),
    sliced("index", uniform([3, 4]), [1], "x[1]"),
    sliced("index from the end", uniform([3, 4, 2]), [null, -1, [0, 1]], "x[:, -1, 0:1]"),
    sliced("to scalar", uniform([2, 3]), [1, -3], "x[1, -3]"),
    sliced("whole", uniform([2, 3]), [null, [0, 3]], "x[:, 0:3]"),
    sliced("nothing", uniform([4, 2]), [[3, 1]], "x[3:1]"),
    sliced("no ranges", uniform([3]), [], "x[:]"),
    sliced("size 1", uniform([1, 3, 1]), [[0, 1], [0, 2], 0], "x[0:1, 0:2, 0]"),
    sliced("scalar", uniform([]), [], "x"),
    sliced("empty", uniform([0, 3]), [[1, 5], [0, 2]], "x[1:5, 0:2]"),
    sliced("four axes", uniform([2, 3, 2, 3]), [[1], [0, 2], null, [0, 3, 2]], "x[1:, 0:2, :, 0:3:2]"),
    sliced("int32", integers([4, 3], 99), [[1, 3], [null, null, 2]], "x[1:3, ::2]"),
    sliced("uint8", integers([4, 3], 99, "uint8"), [[0, 3, 2], 1], "x[0:3:2, 1]"),
    sliced("bool", bools([4, 3]), [-1, [1, 3]], "x[-1, 1:3]"),
    { ...sliced("special", special(), [[null, null, -1]], "x.flip(0)"), wrt: [] },
  ],
  flip: [
    flipped("plain", uniform([3, 4]), 0, "x.flip(0)"),
    flipped("several axes", uniform([2, 3, 4]), [0, -1], "x.flip(0, -1)"),
    flipped("all axes", uniform([2, 3]), undefined, "x.flip(0, 1)"),
    flipped("no axes", uniform([2, 3]), [], "x"),
    flipped("size 1", uniform([1, 3]), 0, "x.flip(0)"),
    flipped("scalar", uniform([]), undefined, "x"),
    flipped("empty", uniform([0, 3]), [0, 1], "x.flip(0, 1)"),
    flipped("int32", integers([2, 3], 99), 1, "x.flip(1)"),
    flipped("uint8", integers([2, 3], 99, "uint8"), 1, "x.flip(1)"),
    flipped("bool", bools([5]), 0, "x.flip(0)"),
  ],
  split: [
    cut("plain", uniform([6, 2]), 2, 0),
    cut("smaller last piece", uniform([2, 5]), 2, 1),
    cut("sizes", uniform([2, 6]), [1, 3, 2], -1),
    cut("a size of 0", uniform([4]), [0, 3, 0, 1], 0),
    cut("one piece", uniform([3]), 9, 0),
    cut("size 1", uniform([1, 3]), 1, 0),
    cut("empty axis", uniform([0, 2]), 3, 0),
    cut("empty", uniform([4, 0]), 2, 0),
    cut("int32", integers([5], 99), 2, 0),
    cut("bool", bools([4]), [1, 3], 0),
  ],
  chunk: [
    chunked("plain", uniform([6, 2]), 3, 0),
    chunked("smaller last chunk", uniform([2, 7]), 3, 1),
    chunked("fewer than asked for", uniform([5]), 4, 0),
    chunked("more than there are", uniform([2]), 5, 0),
    chunked("size 1", uniform([1, 3]), 2, 0),
    chunked("empty axis", uniform([0]), 3, 0),
    chunked("int32", integers([4], 99), 2, 0),
    chunked("bool", bools([4]), 2, 0),
  ],
  concat: [
    joined(concat, "plain", { a: uniform([2, 3]), b: uniform([1, 3]) }, 0),
    joined(concat, "inner axis", { a: uniform([2, 3]), b: uniform([2, 1]), c: uniform([2, 2]) }, 1),
    joined(concat, "middle axis", { a: uniform([2, 1, 3]), b: uniform([2, 2, 3]) }, -2),
    joined(concat, "one tensor", { a: uniform([2, 3]) }, 0),
    joined(concat, "an empty one", { a: uniform([2, 2]), b: uniform([0, 2]), c: uniform([1, 2]) }, 0),
    joined(concat, "empty", { a: uniform([0, 3]), b: uniform([0, 2]) }, 1),
    joined(concat, "size 1", { a: uniform([1]), b: uniform([1]) }, 0),
    {
      name: "one tensor twice",
      inputs: { a: uniform([3]) },
      run: ({ a }) => concat([a, a]),
      torch: "torch.cat([a, a])",
    },
    joined(concat, "int32 and float", { a: integers([3], 9), b: uniform([2]) }, 0),
    joined(concat, "uint8 and int32", { a: integers([3], 9, "uint8"), b: integers([2], 9) }, 0),
    joined(concat, "bool", { a: bools([2, 2]), b: bools([2, 3]) }, 1),
    { ...joined(concat, "special", { a: special(), b: special() }, 0), wrt: [] },
  ],
  stack: [
    joined(stack, "plain", { a: uniform([2, 3]), b: uniform([2, 3]) }, 0),
    joined(stack, "middle axis", { a: uniform([2, 3]), b: uniform([2, 3]), c: uniform([2, 3]) }, 1),
    joined(stack, "last axis", { a: uniform([2, 3]), b: uniform([2, 3]) }, -1),
    joined(stack, "scalars", { a: uniform([]), b: uniform([]) }, 0),
    joined(stack, "one tensor", { a: uniform([3]) }, 1),
    joined(stack, "size 1", { a: uniform([1, 1]), b: uniform([1, 1]) }, 1),
    joined(stack, "empty", { a: uniform([0, 2]), b: uniform([0, 2]) }, 0),
    joined(stack, "int32", { a: integers([3], 9), b: integers([3], 9) }, 1),
    joined(stack, "bool", { a: bools([3]), b: bools([3]) }, 0),
  ],
  pad: [
    padded("plain", uniform([2, 3]), [[1, 2], [0, 1]], undefined),
    padded("value", uniform([2, 3]), [[0, 1], [2, 0]], { value: 1.5 }),
    {
      ...padded("infinity", uniform([3]), [[1, 1]], { value: Number.NEGATIVE_INFINITY }, "F.pad(x, (1, 1), value=-math.inf)"),
      skipGradcheck: "sums of infinite values",
    },
    padded("nothing to add", uniform([2, 3]), [[0, 0], [0, 0]], undefined),
    padded("images", uniform([1, 2, 2, 2]), [[0, 0], [0, 0], [1, 1], [1, 2]], undefined),
    padded("scalar", uniform([]), [], undefined, "x"),
    padded("empty", uniform([0, 2]), [[1, 2], [0, 1]], { value: 2 }),
    padded("size 1", uniform([1, 1]), [[1, 0], [0, 2]], undefined),
    padded("int32", integers([2, 2], 9), [[1, 0], [0, 1]], { value: -3 }),
    padded("uint8", integers([2, 2], 9, "uint8"), [[1, 0], [0, 1]], { value: 255 }),
    padded("bool", bools([3]), [[1, 2]], { value: 1 }),
    padded("reflect", uniform([1, 5]), [[0, 0], [3, 2]], { mode: "reflect" }, "F.pad(x, (3, 2), mode='reflect')"),
    padded("reflect to the end", uniform([1, 3]), [[0, 0], [2, 2]], { mode: "reflect" }, "F.pad(x, (2, 2), mode='reflect')"),
    padded("reflect both axes", uniform([1, 3, 4]), [[0, 0], [1, 2], [2, 0]], { mode: "reflect" }, "F.pad(x, (2, 0, 1, 2), mode='reflect')"),
    padded("replicate", uniform([1, 3]), [[0, 0], [2, 3]], { mode: "replicate" }, "F.pad(x, (2, 3), mode='replicate')"),
    padded("replicate both axes", uniform([1, 3, 2]), [[0, 0], [1, 2], [3, 0]], { mode: "replicate" }, "F.pad(x, (3, 0, 1, 2), mode='replicate')"),
    padded("replicate size 1", uniform([1, 1]), [[0, 0], [2, 1]], { mode: "replicate" }, "F.pad(x, (2, 1), mode='replicate')"),
    padded("replicate first axis", uniform([2, 2]), [[1, 1], [0, 0]], { mode: "replicate" }, "x[[0, 0, 1, 1]]"),
    padded("reflect int32", integers([4], 9), [[2, 1]], { mode: "reflect" }, "x[[2, 1, 0, 1, 2, 3, 2]]"),
    padded("replicate bool", bools([3]), [[2, 1]], { mode: "replicate" }, "x[[0, 0, 0, 1, 2, 2]]"),
  ],
} satisfies Record<string, readonly [Case, ...Case[]]>;
