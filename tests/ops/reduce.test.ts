import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ArgumentError, grad, memory, ShapeError, type Tensor, tensor, tidy, zeros } from "../../src/index.js";
import { randomNumbers, sizeOf } from "../cases/case.js";

const randoms = (n: number, seed = 1): Float64Array => {
  const next = randomNumbers(seed);
  return Float64Array.from({ length: n }, () => 4 * next() - 2);
};

type Row = readonly [
  what: string,
  run: (x: Tensor) => unknown,
  error: typeof ShapeError | typeof ArgumentError,
  message: string,
];

// x is (2, 3), and of uint8, which a sum would convert first.
// biome-ignore format: a table
const refused: readonly Row[] = [
  ["axis", (x) => x.sum(2), ShapeError, "sum: axis 2 is out of range for a tensor of rank 2"],
  ["negative axis", (x) => x.mean([0, -3]), ShapeError, "mean: axis -3 is out of range for a tensor of rank 2"],
  ["fraction as axis", (x) => x.prod(0.5), ShapeError, "prod: axis 0.5 is out of range for a tensor of rank 2"],
  ["axis twice", (x) => x.max([1, -1]), ShapeError, "max: axes must be different, but 1 occurs twice"],
  ["axis of any", (x) => x.any(2), ShapeError, "any: axis 2 is out of range for a tensor of rank 2"],
  ["max of nothing", () => zeros([2, 0]).max(1), ShapeError, "max: axis 1 must not be empty, got x [2, 0]"],
  ["min of nothing", () => zeros([0]).min(), ShapeError, "min: axis 0 must not be empty, got x [0]"],
  ["argmax of nothing", () => zeros([0, 2]).argmax(0), ShapeError, "argmax: axis 0 must not be empty, got x [0, 2]"],
  ["argmin of nothing", () => zeros([0, 2]).argmin(), ShapeError, "argmin: axis 0 must not be empty, got x [0]"],
  ["argmax, axis", (x) => x.argmax(-3), ShapeError, "argmax: axis -3 is out of range for a tensor of rank 2"],
  ["sumTo another size", (x) => x.sumTo([2]), ShapeError, "sumTo: shapes [2] and [2, 3] do not broadcast: sizes 2 and 3 differ"],
  ["sumTo more axes", (x) => x.sumTo([1, 2, 3]), ShapeError, "sumTo: [1, 2, 3] does not broadcast to x [2, 3]"],
  ["sumTo a larger size", () => zeros([1, 3]).sumTo([2, 3]), ShapeError, "sumTo: [2, 3] does not broadcast to x [1, 3]"],
  ["variance, axis", (x) => x.variance(3), ShapeError, "variance: axis 3 is out of range for a tensor of rank 2"],
  ["correction", (x) => x.std(0, { correction: Number.NaN }), ArgumentError, "std: correction must be a finite number, got NaN"],
  ["order", (x) => x.norm(0, { p: Number.NaN }), ArgumentError, "norm: p must be a number, got NaN"],
  ["norm of nothing", () => zeros([2, 0]).norm(1, { p: Number.POSITIVE_INFINITY }), ShapeError, "norm: axis 1 must not be empty, got x [2, 0]"],
  ["norm, axis", (x) => x.norm(2), ShapeError, "norm: axis 2 is out of range for a tensor of rank 2"],
  ["logsumexp, axis", (x) => x.logsumexp([0, 0]), ShapeError, "logsumexp: axes must be different, but 0 occurs twice"],
  ["cumsum, axis", (x) => x.cumsum(2), ShapeError, "cumsum: axis 2 is out of range for a tensor of rank 2"],
  ["cumprod, axis", (x) => x.cumprod(-3), ShapeError, "cumprod: axis -3 is out of range for a tensor of rank 2"],
  ["sort, axis", (x) => x.sort(2), ShapeError, "sort: axis 2 is out of range for a tensor of rank 2"],
  ["sort of a scalar", (x) => x.sum().sort(), ShapeError, "sort: axis -1 is out of range for a tensor of rank 0"],
  ["topk, too many", (x) => x.topk(4), ArgumentError, "topk: k must be an integer from 0 to 3, the size of axis 1 of x [2, 3], got 4"],
  ["topk, negative", (x) => x.topk(-1, 0), ArgumentError, "topk: k must be an integer from 0 to 2, the size of axis 0 of x [2, 3], got -1"],
  ["topk, fraction", (x) => x.topk(1.5), ArgumentError, "topk: k must be an integer from 0 to 3, the size of axis 1 of x [2, 3], got 1.5"],
  ["topk, axis", (x) => x.topk(1, 2), ShapeError, "topk: axis 2 is out of range for a tensor of rank 2"],
];

describe("refused, with nothing made", () => {
  test.each(refused)("%s", (_, run, error, message) => {
    tidy(() => {
      const x = tensor([1, 2, 3, 4, 5, 6], { shape: [2, 3], dtype: "uint8" });
      const before = memory();
      const thrown = (() => {
        try {
          return tidy(() => run(x));
        } catch (e) {
          return e;
        }
      })();
      expect(thrown).toBeInstanceOf(error);
      expect((thrown as Error).message).toBe(message);
      expect(memory()).toMatchObject({ bytes: before.bytes, tensors: before.tensors });
    });
  });
});

describe("reductions of larger arrays", () => {
  /** Straight from the definition: each element is added where its index, without the reduced axes, points. */
  function sumByDefinition(values: Float64Array, shape: readonly number[], axes: readonly number[]): number[] {
    const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
    const sums = new Array<number>(sizeOf(kept)).fill(0);
    for (let i = 0; i < values.length; i++) {
      let [rest, at, step] = [i, 0, 1];
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        at += axes.includes(axis) ? 0 : (rest % shape[axis]) * step;
        step *= kept[axis];
        rest = Math.floor(rest / shape[axis]);
      }
      sums[at] += values[i];
    }
    return sums;
  }

  // More neighbours than are worked on side by side; long rows; every pattern of reduced and kept axes.
  // biome-ignore format: a table
  test.each([
    [[3, 2500], [0]],
    [[3, 2500], [1]],
    [[2, 3, 1030], [1]],
    [[2, 1025, 3], [1]],
    [[2, 3, 4, 5, 6], [0, 2, 4]],
    [[2, 3, 4, 5, 6], [1, 3]],
    [[2, 3, 4, 5, 6], [0, 3, 4]],
    [[2, 3, 4, 5, 6], [1, 2, 4]],
  ])("sum of %j over %j", (shape, axes) => {
    const values = randoms(sizeOf(shape));
    const sums = tidy(() => tensor(values, { shape, dtype: "float64" }).sum(axes).dataSync());
    const expected = sumByDefinition(values, shape, axes);
    expect(sums.length).toBe(expected.length);
    for (let i = 0; i < sums.length; i++) expect(sums[i]).toBeCloseTo(expected[i], 10);
  });

  test("the sum of a million float32 is as good as one in float64", () => {
    const values = Float32Array.from(randoms(2 ** 20));
    const exact = values.reduce((sum, x) => sum + x, 0);
    expect(tidy(() => tensor(values).sum().item())).toBe(Math.fround(exact));
  });

  test("the mean in float16 does not overflow where the sum would", () => {
    expect(tidy(() => tensor(new Array<number>(5000).fill(60), { dtype: "float16" }).mean().item())).toBe(60);
  });

  test("the variance is right far from 0, in float32", () => {
    const values = Float32Array.from(randoms(1000), (x) => 2 ** 20 + x);
    const mean = values.reduce((sum, x) => sum + x, 0) / 1000;
    const expected = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 999;
    expect(tidy(() => tensor(values).variance().item())).toBeCloseTo(expected, 6);
  });
});

describe("gradients that PyTorch does not have", () => {
  test("logsumexp of a row of -infinity has the gradient 0", () => {
    const x = tensor([-Infinity, -Infinity, 0, 0]).reshape([2, 2]);
    expect([...grad((t: Tensor) => t.logsumexp(1).sum())(x).dataSync()]).toEqual([0, 0, 0.5, 0.5]);
  });

  test.each([
    ["std", (t: Tensor) => t.std()],
    ["norm", (t: Tensor) => t.norm()],
    ["norm, p 3", (t: Tensor) => t.norm(undefined, { p: 3 })],
  ])("the second derivative of %s is a number where it is 0", (_, f) => {
    const x = zeros([3], { dtype: "float64" });
    const second = grad((t: Tensor) => grad(f)(t).sum())(x);
    expect(Array.from(second.dataSync()).every(Number.isFinite)).toBe(true);
  });
});

describe("sort and topk", () => {
  const numbers = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constantFrom(Number.NaN, Infinity, -Infinity));
  const lines = fc.array(numbers, { minLength: 1, maxLength: 300 });

  /** NaN after all others; equal numbers in their original order. */
  const order = (values: readonly number[], descending: boolean): number[] => {
    const rank = (i: number): [number, number] => [
      Number.isNaN(values[i]) ? 1 : 0,
      Number.isNaN(values[i]) ? 0 : values[i],
    ];
    const compare = (i: number, j: number): number => {
      const [p, q] = [rank(i), rank(j)];
      return p[0] - q[0] || (p[1] < q[1] ? -1 : p[1] > q[1] ? 1 : 0);
    };
    return values.map((_, i) => i).sort((i, j) => (descending ? compare(j, i) : compare(i, j)));
  };

  test("sort is the stable sort of JavaScript", () => {
    fc.assert(
      fc.property(lines, fc.boolean(), (values, descending) => {
        tidy(() => {
          const sorted = tensor(values, { dtype: "float64" }).sort(0, { descending });
          const expected = order(values, descending);
          expect([...sorted.indices.dataSync()]).toEqual(expected);
          expect([...sorted.values.dataSync()]).toEqual(expected.map((i) => values[i]));
        });
      }),
    );
  });

  test("topk is the beginning of sort; in some order where it need not be sorted", () => {
    const withK = lines.chain((values) => fc.tuple(fc.constant(values), fc.integer({ min: 0, max: values.length })));
    fc.assert(
      fc.property(withK, fc.boolean(), ([values, k], largest) => {
        tidy(() => {
          const x = tensor(values, { dtype: "float64" });
          const expected = order(values, largest).slice(0, k);
          expect([...x.topk(k, 0, { largest }).indices.dataSync()]).toEqual(expected);
          const open = x.topk(k, 0, { largest, sorted: false });
          expect([...open.indices.dataSync()].sort((p, q) => p - q)).toEqual(expected.sort((p, q) => p - q));
          expect([...open.values.dataSync()]).toEqual([...open.indices.dataSync()].map((i) => values[i]));
        });
      }),
    );
  });
});
