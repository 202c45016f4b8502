import { describe, expect, test } from "vitest";
import {
  ArgumentError,
  concat,
  DTypeError,
  memory,
  type Padding,
  ShapeError,
  type SliceRange,
  stack,
  tensor,
  tidy,
  zeros,
} from "../../src/index.js";

/** Inputs that every row can use. */
const inputs = () => ({
  x: tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]), // (2, 3)
  row: tensor([[1, 2, 3]]), // (1, 3)
  column: tensor([[1], [2]]), // (2, 1)
  none: zeros([0, 3]),
  v: tensor([1, 2, 3]), // (3)
  s: tensor(7), // ()
  b: tensor([true, false]), // (2)
  u: tensor([1, 2], { dtype: "uint8" }), // (2)
  i: tensor(
    [
      [0, 1],
      [1, 0],
    ],
    { dtype: "int32" },
  ), // (2, 2)
  k: tensor([0, 1], { dtype: "int32" }), // (2)
  far: tensor(
    [
      [0, 3],
      [1, 0],
    ],
    { dtype: "int32" },
  ), // an index that is too large for axis 1 of x
  negative: tensor([0, -1], { dtype: "int32" }),
});

type Row = readonly [
  what: string,
  run: (t: ReturnType<typeof inputs>) => unknown,
  error: typeof ShapeError | typeof ArgumentError | typeof DTypeError,
  message: string,
];

/** Every row throws its error, which names op, rule and values; nothing is allocated and nothing changed by then. */
function refuses(family: string, rows: readonly Row[]): void {
  describe(family, () => {
    test.each(rows)("%s", (_, run, error, message) => {
      tidy(() => {
        const t = inputs();
        const values = Object.values(t).map((x) => x.arraySync());
        const before = memory();
        let thrown: unknown;
        try {
          run(t);
        } catch (e) {
          thrown = e;
        }
        expect(thrown).toBeInstanceOf(error);
        expect((thrown as Error).message).toBe(message);
        expect(memory().bytes).toBe(before.bytes);
        expect(memory().tensors).toBe(before.tensors);
        expect(Object.values(t).map((x) => x.arraySync())).toEqual(values);
      });
    });
  });
}

/** What a program in JavaScript could pass, where the types of TypeScript are not there to say no. */
const wrong = <T>(value: unknown): T => value as T;

// biome-ignore format: a table
refuses("shape", [
  ["reshape by a number", ({ x }) => x.reshape(wrong<number[]>(6)), ShapeError, "reshape: shape must be an array of sizes, got 6"],
  ["expand by a number", ({ x }) => x.expand(wrong<number[]>(6)), ShapeError, "expand: shape must be an array of sizes, got 6"],
  ["permute by a number", ({ x }) => x.permute(wrong<number[]>(1)), ShapeError, "permute: axes must be an array with one entry for each axis, got 1"],
  ["tile by a number", ({ x }) => x.tile(wrong<number[]>(2)), ShapeError, "tile: repeats must be an array with one entry for each axis, got 2"],
  ["split by nothing", ({ x }) => x.split(wrong<number>(undefined)), ShapeError, "split: sizes must be a number or an array, got undefined"],
  ["concat of a number", () => concat(wrong<[]>(5)), ShapeError, "concat: tensors must be an array, got 5"],
  ["stack of nothing", () => stack(wrong<[]>(null)), ShapeError, "stack: tensors must be an array, got null"],
  ["reshape to another size", ({ x }) => x.reshape([4, 2]), ShapeError, "reshape: [2, 3] with 6 elements cannot be reshaped to [4, 2]"],
  ["reshape, open size does not divide", ({ x }) => x.reshape([4, -1]), ShapeError, "reshape: [2, 3] with 6 elements cannot be reshaped to [4, -1]"],
  ["reshape, two open sizes", ({ x }) => x.reshape([-1, -1]), ShapeError, "reshape: [2, 3] with 6 elements cannot be reshaped to [-1, -1]"],
  ["expand what is not 1", ({ x }) => x.expand([2, 4]), ShapeError, "expand: shapes [2, 3] and [2, 4] do not broadcast: sizes 3 and 4 differ"],
  ["expand to fewer axes", ({ x }) => x.expand([3]), ShapeError, "expand: [2, 3] does not broadcast to [3]"],
  ["flatten, axis", ({ x }) => x.flatten(2), ShapeError, "flatten: axis 2 is out of range for a tensor of rank 2"],
  ["flatten, axes the wrong way round", ({ x }) => x.flatten(1, 0), ShapeError, "flatten: startAxis must not be after endAxis, got 1 and 0 for x [2, 3]"],
  ["squeeze, axis", ({ x }) => x.squeeze(-3), ShapeError, "squeeze: axis -3 is out of range for a tensor of rank 2"],
  ["squeeze what is not 1", ({ x }) => x.squeeze(1), ShapeError, "squeeze: axis 1 must have size 1, got size 3 in x [2, 3]"],
  ["squeeze an axis twice", ({ x }) => x.squeeze([0, -2]), ShapeError, "squeeze: axes must be different, but 0 occurs twice"],
  ["unsqueeze, axis", ({ x }) => x.unsqueeze(4), ShapeError, "unsqueeze: axis 4 is out of range for a tensor of rank 3"],
  ["tile, negative", ({ x }) => x.tile([2, -1]), ArgumentError, "tile: repeats must be non-negative integers, got [2, -1]"],
  ["tile, fraction", ({ x }) => x.tile([1.5]), ArgumentError, "tile: repeats must be non-negative integers, got [1.5]"],
  ["permute, too few", ({ x }) => x.permute([0]), ShapeError, "permute: axes must be a permutation of the 2 axes of x [2, 3], got [0]"],
  ["permute, twice", ({ x }) => x.permute([1, -1]), ShapeError, "permute: axes must be a permutation of the 2 axes of x [2, 3], got [1, -1]"],
  ["permute, axis", ({ x }) => x.permute([0, 2]), ShapeError, "permute: axis 2 is out of range for a tensor of rank 2"],
  ["transpose of a vector", ({ v }) => v.transpose(), ShapeError, "transpose: axis -2 is out of range for a tensor of rank 1"],
  ["transpose, axis", ({ x }) => x.transpose(0, 2), ShapeError, "transpose: axis 2 is out of range for a tensor of rank 2"],
  ["tril of a vector", ({ v }) => v.tril(), ShapeError, "tril: x must have at least two axes, got [3]"],
  ["tril, diagonal", ({ x }) => x.tril(0.5), ArgumentError, "tril: diagonal must be an integer, got 0.5"],
  ["triu of a scalar", ({ s }) => s.triu(), ShapeError, "triu: x must have at least two axes, got []"],
  ["triu, diagonal", ({ x }) => x.triu(Number.NaN), ArgumentError, "triu: diagonal must be an integer, got NaN"],
]);

// biome-ignore format: a table
refuses("slices", [
  ["slice, too many ranges", ({ v }) => v.slice([null, [0, 1]]), ShapeError, "slice: at most one range for each axis is allowed, got 2 ranges for x [3]"],
  ["slice, index", ({ x }) => x.slice([null, 3]), ArgumentError, "slice: index 3 is out of range for axis 1 of size 3"],
  ["slice, negative index", ({ x }) => x.slice([-3]), ArgumentError, "slice: index -3 is out of range for axis 0 of size 2"],
  ["slice, step 0", ({ x }) => x.slice([null, [0, 2, 0]]), ArgumentError, "slice: axis 1: the step must not be 0"],
  ["slice, fraction", ({ x }) => x.slice([[0, 1.5]]), ArgumentError, "slice: axis 0: a range must consist of integers, got 1.5"],
  ["slice, a string", ({ x }) => x.slice([wrong<SliceRange>("1:2")]), ArgumentError, "slice: axis 0: a range must consist of integers, got 1:2"],
  ["slice, four numbers", ({ x }) => x.slice([wrong<SliceRange>([0, 1, 1, 1])]), ArgumentError, "slice: axis 0: a range must be [start, stop, step], got [0, 1, 1, 1]"],
  ["slice, ranges as arguments", ({ x }) => x.slice(wrong<SliceRange[]>(1)), ArgumentError, "slice: ranges must be an array with one entry for each axis, got 1"],
  ["flip, axis", ({ x }) => x.flip(2), ShapeError, "flip: axis 2 is out of range for a tensor of rank 2"],
  ["flip, twice", ({ x }) => x.flip([0, 0]), ShapeError, "flip: axes must be different, but 0 occurs twice"],
  ["split, sizes", ({ x }) => x.split([1, 3], 1), ShapeError, "split: sizes must be non-negative integers that add up to 3, the size of axis 1, got [1, 3]"],
  ["split, negative size", ({ x }) => x.split([4, -1], 1), ShapeError, "split: sizes must be non-negative integers that add up to 3, the size of axis 1, got [4, -1]"],
  ["split, pieces of 0", ({ x }) => x.split(0), ShapeError, "split: the size of a piece must be a positive integer, got 0"],
  ["split, a scalar", ({ s }) => s.split(1), ShapeError, "split: axis 0 is out of range for a tensor of rank 0"],
  ["chunk, 0", ({ x }) => x.chunk(0), ArgumentError, "chunk: the number of chunks must be a positive integer, got 0"],
  ["chunk, axis", ({ x }) => x.chunk(2, 2), ShapeError, "chunk: axis 2 is out of range for a tensor of rank 2"],
  ["concat of nothing", () => concat([]), ShapeError, "concat: at least one tensor is required, got []"],
  ["concat of scalars", ({ s }) => concat([s, s]), ShapeError, "concat: scalars cannot be concatenated; use stack"],
  ["concat, sizes", ({ x, row }) => concat([x, row], 1), ShapeError, "concat: tensors must have the same shape except on axis 1, got [2, 3] and, at index 1, [1, 3]"],
  ["concat, ranks", ({ x, v }) => concat([x, x, v]), ShapeError, "concat: tensors must have the same shape except on axis 0, got [2, 3] and, at index 2, [3]"],
  ["concat, axis", ({ x }) => concat([x, x], 2), ShapeError, "concat: axis 2 is out of range for a tensor of rank 2"],
  ["stack of nothing", () => stack([]), ShapeError, "stack: at least one tensor is required, got []"],
  ["stack, shapes", ({ x, v }) => stack([x, v]), ShapeError, "stack: tensors must have the same shape, got [2, 3] and, at index 1, [3]"],
  ["stack, axis", ({ x }) => stack([x, x], 3), ShapeError, "stack: axis 3 is out of range for a tensor of rank 3"],
]);

// biome-ignore format: a table
refuses("pad", [
  ["too few pairs", ({ x }) => x.pad([[1, 1]]), ShapeError, "pad: padding must have a pair [before, after] for each axis of x [2, 3], got [[1,1]]"],
  ["negative", ({ v }) => v.pad([[-1, 0]]), ArgumentError, "pad: [before, after] must be two non-negative integers, got [-1,0]"],
  ["no pair", ({ v }) => v.pad([wrong<Padding>(1)]), ArgumentError, "pad: [before, after] must be two non-negative integers, got 1"],
  ["mode", ({ v }) => v.pad([[1, 0]], { mode: wrong<"reflect">("wrap") }), ArgumentError, 'pad: mode must be "constant", "reflect" or "replicate", got "wrap"'],
  ["mode, nothing to pad", ({ v }) => v.pad([[0, 0]], { mode: wrong<"reflect">("wrap") }), ArgumentError, 'pad: mode must be "constant", "reflect" or "replicate", got "wrap"'],
  ["value", ({ v }) => v.pad([[1, 0]], { value: wrong<number>("1") }), ArgumentError, 'pad: value must be a number, got "1"'],
  ["reflect too far", ({ x }) => x.pad([[0, 0], [3, 0]], { mode: "reflect" }), ShapeError, "pad: axis 1 of x [2, 3] is too short for reflect padding of 3"],
  ["replicate nothing", ({ none }) => none.pad([[1, 0], [0, 0]], { mode: "replicate" }), ShapeError, "pad: axis 0 of x [0, 3] is too short for replicate padding of 1"],
  ["value of a bool", ({ b }) => b.pad([[1, 0]], { value: 2 }), DTypeError, "pad: bool cannot hold 2"],
  ["value of an integer", ({ k }) => k.pad([[1, 0]], { value: 0.5 }), DTypeError, "pad: int32 cannot hold 0.5"],
  ["value of a byte", ({ u }) => u.pad([[1, 0]], { value: 256 }), DTypeError, "pad: uint8 cannot hold 256"],
]);

// biome-ignore format: a table
refuses("indexing", [
  ["gather, axis", ({ x, i }) => x.gather(2, i), ShapeError, "gather: axis 2 is out of range for a tensor of rank 2"],
  ["gather, number of axes", ({ x, k }) => x.gather(0, k), ShapeError, "gather: index and x must have the same number of axes, got [2] and [2, 3]"],
  ["gather, size", ({ row, i }) => row.gather(1, i), ShapeError, "gather: index [2, 2] is larger than x [1, 3] on axis 0: 2 > 1"],
  ["gather, index too large", ({ x, far }) => x.gather(1, far), ArgumentError, "gather: index 3 is out of range for axis 1 of size 3; indices count from 0"],
  ["gather, negative index", ({ v, negative }) => v.gather(0, negative), ArgumentError, "gather: index -1 is out of range for axis 0 of size 3; indices count from 0"],
  ["gather, float index", ({ v }) => v.gather(0, v), DTypeError, 'gather: index holds indices and must be int32 or uint8, got float32; use cast("int32")'],
  ["gather, bool index", ({ v, b }) => v.gather(0, b), DTypeError, 'gather: index holds indices and must be int32 or uint8, got bool; use cast("int32")'],
  ["scatterAdd, axis", ({ x, i }) => x.scatterAdd(-3, i, x), ShapeError, "scatterAdd: axis -3 is out of range for a tensor of rank 2"],
  ["scatterAdd, number of axes", ({ x, k }) => x.scatterAdd(0, k, x), ShapeError, "scatterAdd: index and x must have the same number of axes, got [2] and [2, 3]"],
  ["scatterAdd, index larger than x", ({ row, i, x }) => row.scatterAdd(1, i, x), ShapeError, "scatterAdd: index [2, 2] is larger than x [1, 3] on axis 0: 2 > 1"],
  ["scatterAdd, index larger than source", ({ x, i, column }) => x.scatterAdd(1, i, column), ShapeError, "scatterAdd: index [2, 2] is larger than source [2, 1] on axis 1: 2 > 1"],
  ["scatterAdd, index too large", ({ x, far }) => x.scatterAdd(1, far, x), ArgumentError, "scatterAdd: index 3 is out of range for axis 1 of size 3; indices count from 0"],
  ["scatterAdd, negative index", ({ v, negative }) => v.scatterAdd(0, negative, v), ArgumentError, "scatterAdd: index -1 is out of range for axis 0 of size 3; indices count from 0"],
  ["scatterAdd, float index", ({ v }) => v.scatterAdd(0, v, v), DTypeError, 'scatterAdd: index holds indices and must be int32 or uint8, got float32; use cast("int32")'],
  ["indexSelect, axis", ({ s, k }) => s.indexSelect(0, k), ShapeError, "indexSelect: axis 0 is out of range for a tensor of rank 0"],
  ["indexSelect, index of two axes", ({ x, i }) => x.indexSelect(0, i), ShapeError, "indexSelect: index must have one axis, got [2, 2]"],
  ["indexSelect, index too large", ({ row, k }) => row.indexSelect(0, k), ArgumentError, "indexSelect: index 1 is out of range for axis 0 of size 1; indices count from 0"],
  ["indexSelect, negative index", ({ x, negative }) => x.indexSelect(1, negative), ArgumentError, "indexSelect: index -1 is out of range for axis 1 of size 3; indices count from 0"],
  ["indexSelect, float index", ({ v }) => v.indexSelect(0, v), DTypeError, 'indexSelect: index holds indices and must be int32 or uint8, got float32; use cast("int32")'],
  ["indexAdd, axis", ({ x, k }) => x.indexAdd(2, k, x), ShapeError, "indexAdd: axis 2 is out of range for a tensor of rank 2"],
  ["indexAdd, index of two axes", ({ x, i }) => x.indexAdd(0, i, x), ShapeError, "indexAdd: index must have one axis, got [2, 2]"],
  ["indexAdd, source", ({ x, k }) => x.indexAdd(1, k, x), ShapeError, "indexAdd: source must have shape [2, 2] for x [2, 3] and 2 indices on axis 1, got [2, 3]"],
  ["indexAdd, negative index", ({ x, negative }) => x.indexAdd(0, negative, x), ArgumentError, "indexAdd: index -1 is out of range for axis 0 of size 2; indices count from 0"],
  ["indexAdd, float index", ({ v }) => v.indexAdd(0, v, v), DTypeError, 'indexAdd: index holds indices and must be int32 or uint8, got float32; use cast("int32")'],
  ["oneHot, index too large", ({ k }) => k.oneHot(1), ArgumentError, "oneHot: index 1 is out of range for depth 1"],
  ["oneHot, negative index", ({ negative }) => negative.oneHot(3), ArgumentError, "oneHot: index -1 is out of range for depth 3"],
  ["oneHot, depth", ({ k }) => k.oneHot(-1), ShapeError, "oneHot: sizes must be integers from 0 to 2^31 - 1, got [2, -1]"],
  ["oneHot, float index", ({ v }) => v.oneHot(3), DTypeError, 'oneHot: index holds indices and must be int32 or uint8, got float32; use cast("int32")'],
  ["oneHot, dtype", ({ k }) => k.oneHot(3, { dtype: wrong<"bool">("float8") }), DTypeError, 'oneHot: unknown dtype "float8"; use one of bool, uint8, int32, float16, bfloat16, float32, float64'],
]);

// Inputs of several dtypes are cast before their shapes are compared; the casts belong to the scope.
// biome-ignore format: a table
refuses("promotion", [
  ["concat", ({ x, i }) => tidy(() => concat([x, i.flatten()])), ShapeError, "concat: tensors must have the same shape except on axis 0, got [2, 3] and, at index 1, [4]"],
  ["uint8 index", ({ x, u }) => tidy(() => x.gather(0, u)), ShapeError, "gather: index and x must have the same number of axes, got [2] and [2, 3]"],
]);
