import { describe, expect, test } from "vitest";
import {
  ArgumentError,
  DTypeError,
  embedding,
  Generator,
  grad,
  randint,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  tidy,
  zeros,
} from "../../src/index.js";

const indices = (...values: number[]): Tensor => tensor(values, { dtype: "int32" });

describe("embedding", () => {
  test("the second derivative leaves the row of padding out", () => {
    tidy(() => {
      const index = indices(0, 1, 2, 1);
      const weight = tensor([[1], [2], [3]], { dtype: "float64" });
      // f = sum of y^3, with df/dw = 3 w^2 times the number of times that a row is picked, except for row 1
      const first = grad((w: Tensor) => embedding(index, w, { paddingIdx: 1 }).pow(3).sum());
      const second = grad((w: Tensor) => first(w).sum());
      expect(first(weight).arraySync()).toEqual([[3], [0], [27]]);
      expect(second(weight).arraySync()).toEqual([[6], [0], [18]]);
    });
  });

  test("the gradient is the same every time, in any order of the rows", () => {
    tidy(() => {
      const generator = new Generator(1);
      const index = randint(0, 7, [500], { generator });
      const dy = randn([500, 3], { generator });
      const run = (): number[] =>
        Array.from(grad((w: Tensor) => embedding(index, w).mul(dy).sum())(zeros([7, 3])).dataSync());
      expect(run()).toEqual(run());
      // In float64, rounded once: as close as float32 can hold.
      const exact = index.oneHot(7, { dtype: "float64" }).matmul(dy.cast("float64"), { transA: true }).cast("float32");
      expect(run()).toEqual(Array.from(exact.dataSync()));
    });
  });

  // biome-ignore format: a table
  test.each([
    ["an index past the last row", () => embedding(indices(0, 3), zeros([3, 2])), ArgumentError, "embedding: index 3 is out of range for a table of 3 rows"],
    ["a negative index", () => embedding(indices(-1), zeros([3, 2])), ArgumentError, "embedding: index -1 is out of range for a table of 3 rows"],
    ["an empty table", () => embedding(indices(0), zeros([0, 2])), ArgumentError, "embedding: index 0 is out of range for a table of 0 rows"],
    ["floats as indices", () => embedding(tensor([0.5]), zeros([3, 2])), DTypeError, 'embedding: index holds indices and must be int32 or uint8, got float32; use cast("int32")'],
    ["a table of three axes", () => embedding(indices(0), zeros([3, 2, 1])), ShapeError, "embedding: weight must have shape (rows, features), got [3, 2, 1]"],
    ["padding outside the table", () => embedding(indices(0), zeros([3, 2]), { paddingIdx: 3 }), ArgumentError, "embedding: paddingIdx 3 is out of range for a table of 3 rows"],
    ["a fraction as padding", () => embedding(indices(0), zeros([3, 2]), { paddingIdx: 0.5 }), ArgumentError, "embedding: paddingIdx 0.5 is out of range for a table of 3 rows"],
  ] as const)("%s is refused", (_, run, error, message) => {
    tidy(() => {
      expect(run).toThrow(error);
      expect(run).toThrow(message);
    });
  });
});
