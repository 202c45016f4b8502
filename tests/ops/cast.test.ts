import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type DType, DTypeError, Tape, tensor } from "../../src/index.js";

type Value = number | "NaN" | "Infinity" | "-Infinity";
type Float = "float16" | "bfloat16" | "float32" | "float64";
type Casts = Readonly<
  Record<Float, { readonly values: readonly Value[]; readonly to: Readonly<Record<Float, readonly Value[]>> }>
>;

/** Made by tests/goldens/half.py. */
const { casts } = JSON.parse(readFileSync(new URL("../goldens/half.json", import.meta.url), "utf8")) as {
  casts: Casts;
};

const floats: readonly Float[] = ["float16", "bfloat16", "float32", "float64"];

describe("casts between floats are PyTorch's, bit for bit", () => {
  for (const from of floats)
    for (const to of floats)
      test(`${from} to ${to}`, () => {
        const x = tensor(Float64Array.from(casts[from].values, Number), { dtype: from });
        const y = x.cast(to);
        expect(y.dtype).toBe(to);
        expect(Array.from(y.dataSync())).toEqual(casts[from].to[to].map(Number));
      });
});

describe("casts of floats to integers", () => {
  const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

  test.each(floats)("%s: the fraction is cut off, towards 0", (dtype) => {
    const x = tensor([2.75, -2.75, 0.5, -0.5, 100], { dtype });
    expect(Array.from(x.cast("int32").dataSync())).toEqual([2, -2, 0, 0, 100]);
    expect(Array.from(x.abs().cast("uint8").dataSync())).toEqual([2, 2, 0, 0, 100]);
  });

  test.each(floats)("%s: NaN and infinities give 0", (dtype) => {
    const x = tensor([nan, inf, -inf], { dtype });
    expect(Array.from(x.cast("int32").dataSync())).toEqual([0, 0, 0]);
    expect(Array.from(x.cast("uint8").dataSync())).toEqual([0, 0, 0]);
  });

  test("what does not fit wraps around", () => {
    const x = tensor([2 ** 31, -(2 ** 31) - 1, 2 ** 32 + 5], { dtype: "float64" });
    expect(Array.from(x.cast("int32").dataSync())).toEqual([-(2 ** 31), 2 ** 31 - 1, 5]);
    expect(Array.from(tensor([256, -1, 300.5]).cast("uint8").dataSync())).toEqual([0, 255, 44]);
  });

  test.each(floats)("%s to bool: everything but 0 is 1", (dtype) => {
    const x = tensor([0, -0, 0.25, -3, nan, inf], { dtype });
    expect(Array.from(x.cast("bool").dataSync())).toEqual([0, 0, 1, 1, 1, 1]);
  });
});

test("int32 rounds to the nearest float32, ties to even", () => {
  const x = tensor(new Int32Array([16777217, 16777219, 2 ** 31 - 1, -16777217]));
  expect(Array.from(x.cast("float32").dataSync())).toEqual([16777216, 16777220, 2 ** 31, -16777216]);
  expect(Array.from(x.cast("float64").dataSync())).toEqual([16777217, 16777219, 2 ** 31 - 1, -16777217]);
});

test("a cast to the dtype that the tensor has is the tensor", () => {
  const x = tensor([1, 2]);
  expect(x.cast("float32")).toBe(x);
});

test("the gradient comes back in the dtype that x had", () => {
  using tape = new Tape();
  const x = tape.watch(tensor([1, 2, 3], { dtype: "float16" }));
  const y = x.cast("float64").mul(3).cast("bfloat16").cast("float32");
  const [dx] = tape.gradients(y.sum(), [x]);
  expect(dx.dtype).toBe("float16");
  expect(Array.from(dx.dataSync())).toEqual([3, 3, 3]);
});

test("an unknown dtype is a DTypeError that names it", () => {
  expect(() => tensor([1]).cast("float8" as DType)).toThrow(
    new DTypeError('cast: unknown dtype "float8"; use one of bool, uint8, int32, float16, bfloat16, float32, float64'),
  );
});
