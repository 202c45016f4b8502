import { describe, expect, test } from "vitest";
import {
  ArgumentError,
  arange,
  DeviceError,
  type DType,
  DTypeError,
  eye,
  full,
  Generator,
  linspace,
  manualSeed,
  memory,
  OutOfMemoryError,
  ones,
  rand,
  randint,
  randperm,
  type Shape,
  ShapeError,
  setDevice,
  type Tensor,
  type TensorData,
  tensor,
  zeros,
} from "../../src/index.js";

const values = (t: Tensor): number[] => Array.from(t.dataSync());
const nested = (depth: number): TensorData => (depth === 0 ? 1 : [nested(depth - 1)]);

describe("tensor", () => {
  test("reads numbers, booleans, nested arrays and typed arrays", () => {
    expect(tensor(3)).toMatchObject({ shape: [], dtype: "float32" });
    expect(tensor([true, false])).toMatchObject({ shape: [2], dtype: "bool" });
    expect(tensor([[], []])).toMatchObject({ shape: [2, 0], dtype: "float32" });
    expect(tensor([new Int32Array([1, 2]), [3, 4]]).arraySync()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(tensor(new Uint8Array([1, 2]), { shape: [2, 1] })).toMatchObject({ shape: [2, 1], dtype: "uint8" });
    expect(tensor(new Int16Array([-1])).dtype).toBe("int32");
  });

  test("as bool, everything but 0 is true, NaN included, as in cast", () => {
    const data = [Number.NaN, 2, 0, -0];
    expect(values(tensor(data, { dtype: "bool" }))).toEqual([1, 1, 0, 0]);
    expect(values(tensor(data).cast("bool"))).toEqual([1, 1, 0, 0]);
    expect(values(full([1], Number.NaN, { dtype: "bool" }))).toEqual([1]);
  });

  test("keeps no hold of arrays it was given", () => {
    const shape = [2, 2];
    const data = new Float32Array([1, 2, 3, 4]);
    const x = tensor(data, { shape });
    const y = x.reshape(shape);
    const z = zeros(shape);
    shape[0] = 7;
    data[0] = 9;
    for (const t of [x, y, z]) expect(t.shape).toEqual([2, 2]);
    expect(values(x)).toEqual([1, 2, 3, 4]);
  });
});

describe("hostile data", () => {
  const cyclic: TensorData[] = [];
  cyclic.push(cyclic);
  const rows: readonly [name: string, data: unknown, error: new (message: string) => Error][] = [
    ["undefined", undefined, DTypeError],
    ["null", null, DTypeError],
    ["a string", "12", DTypeError],
    ["a bigint", [1n], DTypeError],
    ["a symbol", [Symbol("x")], DTypeError],
    ["an object without a prototype", [Object.create(null)], DTypeError],
    ["a tensor", [tensor([1])], DTypeError],
    ["an array with holes", new Array(3), DTypeError],
    ["64-bit integers", new BigInt64Array(2), DTypeError],
    ["32-bit unsigned integers", new Uint32Array(2), DTypeError],
    ["a DataView", new DataView(new ArrayBuffer(8)), DTypeError],
    ["an array of DataViews", [new DataView(new ArrayBuffer(8))], ShapeError],
    ["rows of different lengths", [[1, 2], [3]], ShapeError],
    ["numbers beside arrays", [1, [2]], ShapeError],
    ["arrays beside numbers", [[1], 2], ShapeError],
    ["an array that contains itself", cyclic, ShapeError],
    ["an array beside itself", [1, cyclic], ShapeError],
    ["a deep array", nested(65), ShapeError],
  ];
  for (const [name, data, error] of rows)
    test(`${name}: ${error.name}`, () => {
      const before = memory();
      expect(() => tensor(data as TensorData)).toThrow(error);
      expect(memory()).toEqual(before);
    });

  test("64 axes are not too many", () => expect(tensor(nested(64)).rank).toBe(64));
});

describe("hostile shapes", () => {
  const most = 2 ** 31 - 1;
  const shapes: readonly unknown[] = [
    5,
    "22",
    null,
    new Int32Array([2]),
    [-1],
    [1.5],
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    [2 ** 31],
    ["2"],
    [2n],
    [Symbol("x")],
    [undefined],
    new Array(2),
    new Array(1e9),
    new Array(65).fill(1),
    [2 ** 20, 2 ** 20, 2 ** 20],
    [...new Array<number>(40).fill(most), 0],
    [Object.create(null)],
    tensor([2]),
  ];
  for (const make of [zeros, ones, rand, (s: Shape) => full(s, 2), (s: Shape) => randint(0, 5, s)])
    test(`${make.name || "full, randint"}: a ShapeError, and nothing is made`, () => {
      const before = memory();
      for (const shape of shapes) expect(() => make(shape as Shape)).toThrow(ShapeError);
      expect(memory()).toEqual(before);
    });

  test("as options of tensor", () => {
    for (const shape of [5, [3], [-2, -1]]) expect(() => tensor([1, 2], { shape: shape as Shape })).toThrow(ShapeError);
  });

  test("a size of -0 is 0", () => expect(Object.is(zeros([-0]).shape[0], 0)).toBe(true));

  test("more memory than there is", () => {
    const before = memory();
    expect(() => zeros([most, 2 ** 20])).toThrow(OutOfMemoryError);
    expect(() => eye(2 ** 22)).toThrow(OutOfMemoryError);
    expect(memory()).toMatchObject({ bytes: before.bytes, tensors: before.tensors });
  });

  test("a tensor without elements prints in short, however long it is", () => {
    expect(String(zeros([most, 0])).length).toBeLessThan(200);
  });
});

describe("options", () => {
  test("a leaf must be a float; otherwise nothing is created and no random number is drawn", () => {
    const generator = new Generator(0);
    const before = memory();
    const options = { requiresGrad: true, generator } as const;
    expect(() => tensor([1], { ...options, dtype: "int32" })).toThrow(
      "tensor: only float tensors can require a gradient, got int32",
    );
    expect(() => zeros([1], { ...options, dtype: "bool" })).toThrow(DTypeError);
    expect(() => arange(3, undefined, 1, options)).toThrow(DTypeError);
    expect(() => randint(0, 2, [3], options)).toThrow(DTypeError);
    expect(() => randperm(3, options)).toThrow(DTypeError);
    expect(memory()).toEqual(before);
    expect(generator.getState().offset).toBe(0);
  });

  test("an unknown dtype or device is named", () => {
    for (const dtype of ["float", 5n, null, {}])
      expect(() => zeros([1], { dtype: dtype as DType })).toThrow(DTypeError);
    expect(() => zeros([1], { dtype: "int64" as DType })).toThrow(
      /zeros: unknown dtype "int64"; use one of bool, uint8/,
    );
    expect(() => zeros([1], { device: "cuda" })).toThrow(DeviceError);
    expect(() => setDevice("tpu" as "cpu")).toThrow(/unknown device "tpu"; use one of cpu, cuda, emulator/);
  });

  test("a dtype of undefined is the default", () => {
    const options = { dtype: undefined };
    for (const t of [zeros([1], options), linspace(0, 1, 2, options), eye(2, 2, options), rand([1], options)])
      expect(t.dtype).toBe("float32");
    expect(randperm(2, options).dtype).toBe("int32");
  });
});

describe("full, arange, linspace, eye", () => {
  test("full takes a number or a boolean that the dtype holds", () => {
    expect(full([2], true)).toMatchObject({ dtype: "bool" });
    for (const value of [undefined, "3", 3n, null])
      expect(() => full([2], value as unknown as number)).toThrow(/full: value must be a number or a boolean/);
    expect(() => full([2], 256, { dtype: "uint8" })).toThrow("full: uint8 cannot hold 256");
    expect(() => full([2], Number.NaN, { dtype: "int32" })).toThrow(DTypeError);
  });

  test("arange counts, and refuses what would wrap around", () => {
    expect(arange(5, 0, -2)).toMatchObject({ shape: [3], dtype: "int32" });
    expect(values(arange(0, 1, 0.25))).toEqual([0, 0.25, 0.5, 0.75]);
    expect(arange(3, 0).shape).toEqual([0]);
    expect(() => arange(3e9, 3e9 + 2)).toThrow("arange: int32 cannot hold 3000000000");
    expect(() => arange(254, 258, 1, { dtype: "uint8" })).toThrow("arange: uint8 cannot hold 257");
    expect(() => arange(0, 1, 0.5, { dtype: "int32" })).toThrow(DTypeError);
    expect(() => arange(0, 3, 1, { dtype: "bool" })).toThrow(DTypeError);
    expect(() => arange(0, 3, 0)).toThrow(ArgumentError);
    expect(() => arange(Number.NaN)).toThrow(ArgumentError);
    expect(() => arange(-1e308, 1e308)).toThrow(ShapeError);
  });

  test("linspace includes both ends", () => {
    expect(values(linspace(0, 1, 5))).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(values(linspace(2, 3, 1))).toEqual([2]);
    expect(linspace(0, 1, 0).shape).toEqual([0]);
    expect(values(linspace(0.1, 0.7, 4, { dtype: "float64" })).at(-1)).toBe(0.7);
    expect(() => linspace(0, Number.NaN, 3)).toThrow(ArgumentError);
    for (const count of [-1, 1.5, 1e15]) expect(() => linspace(0, 1, count)).toThrow(ShapeError);
    expect(() => linspace(0, 1, 3, { dtype: "int32" })).toThrow("linspace: int32 cannot hold 0.5");
  });

  test("eye is the identity, in any dtype, and leaves nothing else behind", () => {
    const before = memory().tensors;
    const made = [eye(2, 3), eye(2, 2, { dtype: "bool" }), eye(0), eye(1, 2, { dtype: "int32" })];
    expect(made.map((t) => t.arraySync())).toEqual([
      [
        [1, 0, 0],
        [0, 1, 0],
      ],
      [
        [1, 0],
        [0, 1],
      ],
      [],
      [[1, 0]],
    ]);
    expect(made.map(({ dtype }) => dtype)).toEqual(["float32", "bool", "float32", "int32"]);
    expect(memory().tensors).toBe(before + 4);
  });
});

test("a generator refuses bad seeds and bounds", () => {
  const generator = new Generator(3);
  for (const seed of [-1, 1.5, Number.NaN, 2 ** 53, "1", undefined])
    expect(() => manualSeed(seed as number)).toThrow(ArgumentError);
  for (const below of [0, -1, Number.NaN, 1.5]) expect(() => generator.integer(below)).toThrow(ArgumentError);
  for (const n of [-1, Number.NaN, 2 ** 31]) expect(() => generator.permutation(n)).toThrow(ArgumentError);
  expect(generator.getState()).toEqual({ seed: 3, offset: 0 });
});
