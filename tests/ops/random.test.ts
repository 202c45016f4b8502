import { describe, expect, test } from "vitest";
import {
  ArgumentError,
  bernoulli,
  DTypeError,
  defaultGenerator,
  Generator,
  manualSeed,
  type RandomOptions,
  rand,
  randint,
  randn,
  randperm,
  ShapeError,
  type Tensor,
  tidy,
} from "../../src/index.js";

const seeded = (seed: number): RandomOptions => ({ generator: new Generator(seed) });
const valuesOf = (make: () => Tensor): number[] => tidy(() => Array.from(make().dataSync()));
const sum = (xs: readonly number[]): number => xs.reduce((total, x) => total + x, 0);

/** How often each of `bins` equal parts of [0, 1) is hit. */
function histogram(us: readonly number[], bins: number): number[] {
  const counts = new Array<number>(bins).fill(0);
  for (const u of us) counts[Math.floor(u * bins)]++;
  return counts;
}

const chiSquare = (counts: readonly number[], expected: number): number =>
  sum(counts.map((count) => (count - expected) ** 2 / expected));

/** The largest distance between the empirical distribution and the exact one: Kolmogorov and Smirnov. */
function distance(xs: readonly number[], cumulative: (x: number) => number): number {
  const sorted = [...xs].sort((a, b) => a - b);
  const n = sorted.length;
  return Math.max(...sorted.map((x, i) => Math.max((i + 1) / n - cumulative(x), cumulative(x) - i / n)));
}

/** The distribution function of the standard normal, by Simpson's rule on its density. */
function normalCumulative(x: number): number {
  const steps = 200;
  const h = x / steps;
  const density = (t: number): number => Math.exp((-t * t) / 2) / Math.sqrt(2 * Math.PI);
  let total = density(0) + density(x);
  for (let i = 1; i < steps; i++) total += (i % 2 === 0 ? 2 : 4) * density(i * h);
  return 0.5 + (total * h) / 3;
}

// Computed by an implementation of Philox and of the layout of src/ops/random/random.ts in Python.
describe("the numbers of a seed are fixed", () => {
  test.each([
    ["float32", [0.7659821510314941, 0.0697069764137268, 0.9837367534637451, 0.9657269716262817, 0.3472210764884949]],
    ["bfloat16", [0.765625, 0.06640625, 0.98046875, 0.96484375, 0.34375]],
    ["float16", [0.765625, 0.0693359375, 0.9833984375, 0.96533203125, 0.34716796875]],
    ["float64", [0.7659821515508518, 0.9837367681095525, 0.3472211223554922, 0.5744356223899989, 0.9636945105255795]],
  ] as const)("rand in %s", (dtype, expected) => {
    expect(valuesOf(() => rand([5], { ...seeded(5), dtype }))).toEqual(expected);
  });

  test.each([
    [
      "float64",
      [1.6954323565984415, -0.1738531173667891, -0.8244137513341165, -0.4163839951554242, -0.542083045000966],
      15,
    ],
    [
      "float32",
      [1.5434505441232629, 0.7228251886395781, 2.8038472868021707, -0.6133002064707882, 0.5135377337350197],
      6,
    ],
    [
      "float16",
      [1.5434505441232629, 0.7228251886395781, 2.8038472868021707, -0.6133002064707882, 0.5135377337350197],
      2,
    ],
  ] as const)("randn in %s", (dtype, expected, digits) => {
    const values = valuesOf(() => randn([5], { ...seeded(5), dtype }));
    values.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], digits);
    });
  });

  test("randint", () => {
    expect(valuesOf(() => randint(-10, 90, [6], seeded(5)))).toEqual([66, -4, 88, 86, 24, 5]);
    expect(valuesOf(() => randint(0, 256, [6], { ...seeded(5), dtype: "uint8" }))).toEqual([196, 17, 251, 247, 88, 39]);
  });

  test("bernoulli", () => {
    expect(valuesOf(() => bernoulli(0.3, [9], seeded(5)))).toEqual([0, 1, 0, 0, 0, 1, 0, 1, 0]);
  });

  test("a seed and an offset above 32 bits", () => {
    const generator = new Generator();
    generator.setState({ seed: 2 ** 40 + 3, offset: 2 ** 33 + 1 });
    const expected = [0.015285134315490723, 0.7577396631240845, 0.9132509827613831, 0.48702651262283325];
    expect(valuesOf(() => rand([4], { generator }))).toEqual(expected);
  });

  test("element i depends on the seed and i alone, not on how many are drawn", () => {
    for (const dtype of ["float32", "float64"] as const)
      for (const make of [rand, randn]) {
        const long = valuesOf(() => make([3, 5], { ...seeded(9), dtype }));
        expect(valuesOf(() => make([7], { ...seeded(9), dtype }))).toEqual(long.slice(0, 7));
      }
  });
});

describe("the stream", () => {
  const drawAll = (generator: Generator): number[] =>
    tidy(() =>
      [
        rand([3], { generator }),
        randn([3], { generator }),
        randint(0, 99, [3], { generator }),
        randperm(5, { generator }),
      ].flatMap((x) => Array.from(x.dataSync())),
    );

  test("goes on: no numbers are drawn twice", () => {
    const generator = new Generator(1);
    const first = valuesOf(() => rand([8], { generator }));
    const second = valuesOf(() => rand([8], { generator }));
    expect(new Set([...first, ...second]).size).toBe(16);
    expect(generator.getState()).toEqual({ seed: 1, offset: 4 });
  });

  test("reserves a counter for four words: one a float32, two a float64", () => {
    const offsetAfter = (draw: (generator: Generator) => Tensor): number => {
      const generator = new Generator(1);
      tidy(() => draw(generator));
      return generator.getState().offset;
    };
    expect(offsetAfter((generator) => rand([5], { generator }))).toBe(2);
    expect(offsetAfter((generator) => rand([5], { generator, dtype: "float64" }))).toBe(3);
    expect(offsetAfter((generator) => randn([5], { generator }))).toBe(2);
    expect(offsetAfter((generator) => randn([5], { generator, dtype: "float64" }))).toBe(3);
    expect(offsetAfter((generator) => rand([0], { generator }))).toBe(0);
  });

  test("comes back with the same seed and with a saved state, and differs with another seed", () => {
    const generator = new Generator(3);
    const first = drawAll(generator);
    const state = generator.getState();
    const second = drawAll(generator);
    expect(drawAll(new Generator(3))).toEqual(first);
    expect(drawAll(new Generator(4))).not.toEqual(first);
    generator.setState(state);
    expect(drawAll(generator)).toEqual(second);
  });

  test("manualSeed seeds the default generator", () => {
    const before = defaultGenerator.getState();
    manualSeed(17);
    const drawn = valuesOf(() => rand([4]));
    expect(drawn).toEqual(valuesOf(() => rand([4], seeded(17))));
    defaultGenerator.setState(before);
  });
});

describe("the distributions", () => {
  const n = 20_000;
  // 1.63 / sqrt(n): a distance that is passed by chance once in a hundred times. The seeds are fixed.
  const critical = 1.63 / Math.sqrt(n);

  test.each(["float32", "float64"] as const)("rand is uniform in %s", (dtype) => {
    const us = valuesOf(() => rand([n], { ...seeded(21), dtype }));
    expect(us.every((u) => u >= 0 && u < 1)).toBe(true);
    expect(distance(us, (u) => u)).toBeLessThan(critical);
    // 99 degrees of freedom: above 148 in one of a thousand.
    expect(chiSquare(histogram(us, 100), n / 100)).toBeLessThan(148);
    // Neighbours, which share a counter, are independent.
    const pairs = us.map((u, i) => Math.floor(u * 10) / 10 + Math.floor(us[(i + 1) % n] * 10) / 100);
    expect(
      chiSquare(
        histogram(
          pairs.map((p) => p + 0.001),
          100,
        ),
        n / 100,
      ),
    ).toBeLessThan(148);
  });

  test.each([
    ["float16", 2 ** 11],
    ["bfloat16", 2 ** 8],
  ] as const)("rand in %s uses its %i numbers alike and never gives 1", (dtype, steps) => {
    const us = valuesOf(() => rand([n], { ...seeded(22), dtype }));
    expect(us.every((u) => Number.isInteger(u * steps) && u >= 0 && u < 1)).toBe(true);
    expect(sum(us) / n).toBeCloseTo(0.5 - 0.5 / steps, 2);
    expect(chiSquare(histogram(us, 64), n / 64)).toBeLessThan(104); // 63 degrees of freedom
  });

  test.each(["float32", "float64"] as const)("randn is normal in %s", (dtype) => {
    const zs = valuesOf(() => randn([n], { ...seeded(23), dtype }));
    expect(zs.every(Number.isFinite)).toBe(true);
    expect(distance(zs, normalCumulative)).toBeLessThan(critical);
    // Mean, variance, skewness and kurtosis within three standard errors.
    const moment = (k: number): number => sum(zs.map((z) => z ** k)) / n;
    expect(Math.abs(moment(1))).toBeLessThan(3 * Math.sqrt(1 / n));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(3 * Math.sqrt(2 / n));
    expect(Math.abs(moment(3))).toBeLessThan(3 * Math.sqrt(15 / n));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(3 * Math.sqrt(96 / n));
    // The two numbers of a pair do not correlate.
    const products = zs.map((z, i) => (i % 2 === 0 ? z * zs[i + 1] : 0));
    expect(Math.abs(sum(products) / (n / 2))).toBeLessThan(3 * Math.sqrt(2 / n));
  });

  test("bounds, means and standard deviations", () => {
    const us = valuesOf(() => rand([n], { ...seeded(24), low: -3, high: 5 }));
    expect(us.every((u) => u >= -3 && u <= 5)).toBe(true);
    expect(
      distance(
        us.map((u) => (u + 3) / 8),
        (u) => u,
      ),
    ).toBeLessThan(critical);
    const zs = valuesOf(() => randn([n], { ...seeded(25), mean: 10, std: 0.5 }));
    expect(
      distance(
        zs.map((z) => (z - 10) / 0.5),
        normalCumulative,
      ),
    ).toBeLessThan(critical);
    expect(valuesOf(() => randn([3], { mean: 2, std: 0 }))).toEqual([2, 2, 2]);
    expect(valuesOf(() => rand([3], { low: 2, high: 2 }))).toEqual([2, 2, 2]);
  });

  test("randint gives every integer alike", () => {
    const xs = valuesOf(() => randint(-3, 7, [n], seeded(26)));
    const counts = Array.from({ length: 10 }, (_, i) => xs.filter((x) => x === i - 3).length);
    expect(sum(counts)).toBe(n);
    expect(chiSquare(counts, n / 10)).toBeLessThan(27.9); // 9 degrees of freedom
    expect(valuesOf(() => randint(4, 5, [3]))).toEqual([4, 4, 4]);
    const wide = valuesOf(() => randint(-(2 ** 31), 2 ** 31 - 1, [n], seeded(27)));
    expect(
      distance(
        wide.map((x) => x / 2 ** 32 + 0.5),
        (u) => u,
      ),
    ).toBeLessThan(critical);
  });

  test("bernoulli gives 1 with probability p", () => {
    const ones = sum(valuesOf(() => bernoulli(0.2, [n], seeded(28))));
    expect(Math.abs(ones / n - 0.2)).toBeLessThan(3 * Math.sqrt(0.16 / n));
    expect(sum(valuesOf(() => bernoulli(0, [n], seeded(28))))).toBe(0);
    expect(sum(valuesOf(() => bernoulli(1, [n], seeded(28))))).toBe(n);
  });

  test("randperm gives every order alike", () => {
    const generator = new Generator(29);
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = valuesOf(() => randperm(3, { generator })).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual(["0,1,2", "0,2,1", "1,0,2", "1,2,0", "2,0,1", "2,1,0"]);
    expect(chiSquare([...counts.values()], 1000)).toBeLessThan(20.5); // 5 degrees of freedom
  });
});

describe("what is made", () => {
  test("shape, dtype and requiresGrad", () => {
    tidy(() => {
      expect(rand([2, 3])).toMatchObject({ shape: [2, 3], dtype: "float32", requiresGrad: false });
      expect(randn([], { dtype: "bfloat16", requiresGrad: true })).toMatchObject({
        shape: [],
        dtype: "bfloat16",
        requiresGrad: true,
      });
      expect(randint(0, 3, [0, 2])).toMatchObject({ shape: [0, 2], dtype: "int32" });
      expect(randperm(4)).toMatchObject({ shape: [4], dtype: "int32" });
      expect(randperm(0).shape).toEqual([0]);
      expect(bernoulli(0.5, [2], { dtype: "bool" })).toMatchObject({ shape: [2], dtype: "bool" });
    });
  });

  // biome-ignore format: a table
  test.each([
    ["rand of integers", () => rand([2], { dtype: "int32" }), DTypeError, "rand: dtype must be a float, got int32"],
    ["randn of bool", () => randn([2], { dtype: "bool" }), DTypeError, "randn: dtype must be a float, got bool"],
    ["randint of floats", () => randint(0, 2, [2], { dtype: "float32" }), DTypeError, "randint: dtype must be int32 or uint8, got float32"],
    ["a negative size", () => rand([-1]), ShapeError, "rand: sizes must be integers from 0 to 2^31 - 1, got [-1]"],
    ["bounds the wrong way round", () => rand([2], { low: 1, high: 0 }), ArgumentError, "rand: low and high must be finite, and low must not be above high, got 1 and 0"],
    ["an infinite bound", () => rand([2], { high: Number.POSITIVE_INFINITY }), ArgumentError, "rand: low and high must be finite, and low must not be above high, got 0 and Infinity"],
    ["a negative deviation", () => randn([2], { std: -1 }), ArgumentError, "randn: mean and std must be finite, and std must not be negative, got 0 and -1"],
    ["no integers to choose from", () => randint(3, 3, [2]), ArgumentError, "randint: low and high must be integers with low < high, and [low, high) must fit in int32, got [3, 3)"],
    ["integers beyond uint8", () => randint(0, 257, [2], { dtype: "uint8" }), ArgumentError, "randint: low and high must be integers with low < high, and [low, high) must fit in uint8, got [0, 257)"],
    ["all of int32", () => randint(-(2 ** 31), 2 ** 31, [2]), ArgumentError, "randint: [low, high) can contain at most 2^32 - 1 integers, got [-2147483648, 2147483648)"],
    ["more elements than a dtype counts", () => randperm(300, { dtype: "uint8" }), DTypeError, "randperm: uint8 cannot hold 299"],
    ["a fraction of elements", () => randperm(1.5), ShapeError, "randperm: sizes must be integers from 0 to 2^31 - 1, got [1.5]"],
    ["no probability", () => bernoulli(1.5, [2]), ArgumentError, "bernoulli: p must be a probability between 0 and 1, got 1.5"],
    ["NaN as probability", () => bernoulli(Number.NaN, [2]), ArgumentError, "bernoulli: p must be a probability between 0 and 1, got NaN"],
  ] as const)("%s is refused, and nothing is drawn", (_, make, error, message) => {
    const before = defaultGenerator.getState();
    expect(make).toThrow(error);
    expect(make).toThrow(message);
    expect(defaultGenerator.getState()).toEqual(before);
  });
});
