import { describe, expect, test } from "vitest";
import type { DType, Tensor } from "../../src/index.js";
import * as w from "../../src/index.js";
import { dtypes, expectExact, expectSame, floats, integers, valuesFor } from "../support/parity.js";

const sizeOf = (shape: readonly number[]): number => shape.reduce((n, size) => n * size, 1);

/** A tensor of this shape, with values that are told apart. */
const input = (dtype: DType, shape: readonly number[], seed = 0) => ({
  values: valuesFor(dtype, sizeOf(shape), seed),
  shape,
  dtype,
});

const lengths = [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 127, 257, 1009, 70001];

/** Floats whose conversion is decided by rounding, overflow or sign, and integers that wrap. */
const awkward = [
  0,
  -0,
  0.5,
  -0.5,
  0.999,
  -1.5,
  2.5,
  127.5,
  255,
  256,
  -1,
  300.7,
  -300.7,
  65504,
  65519.99,
  65520,
  1e5,
  2147483647,
  2147483648,
  -2147483649,
  4294967296,
  1e10,
  -1e15,
  2 ** 53,
  2 ** 62,
  1e30,
  -1e30,
  NaN,
  Infinity,
  -Infinity,
  1e-45,
  5.96e-8,
  2.98e-8,
  6.1e-5,
  1.00048828125,
  1.0009765625,
  1.00390625,
  1.01171875,
  3.3895e38,
  3.4e38,
  1 + 2 ** -24,
  1 + 2 ** -8 + 2 ** -30,
  1 + 2 ** -11 + 2 ** -40,
];

describe("cast", () => {
  for (const from of dtypes)
    test(`from ${from}`, () => {
      const values = floats.includes(from) ? awkward : [...valuesFor(from, 40), 0, 1];
      for (const to of dtypes) {
        expectExact(`${from} to ${to}`, [{ values, dtype: from }], (x) => x.cast(to));
        for (const n of lengths) expectExact(`${from} to ${to} [${n}]`, [input(from, [n], 1)], (x) => x.cast(to));
      }
    });
});

describe("tensors out of nothing", () => {
  test("fill", () => {
    for (const dtype of dtypes)
      for (const n of lengths)
        for (const value of dtype === "bool" ? [1] : floats.includes(dtype) ? [0, -1.3, Infinity, NaN] : [0, 200])
          expectExact(`full ${dtype} [${n}] ${value}`, [input("uint8", [1])], (x) =>
            w.full([n], value, { dtype, device: deviceOf(x) }),
          );
  });
  test("arange", () => {
    for (const dtype of [...floats, ...integers])
      for (const n of lengths.filter((n) => n < 256))
        for (const [start, step] of floats.includes(dtype) ? [[-3, 0.1]] : [[0, 1]])
          expectExact(`arange ${dtype} [${n}]`, [input("uint8", [1])], (x) =>
            w.arange(start, start + step * n, step, { dtype, device: deviceOf(x) }),
          );
  });
});

const deviceOf = (x: Tensor) => x.storage.backend.name as w.DeviceName;

const shapesAndAxes: readonly (readonly [readonly number[], readonly number[]])[] = [
  [
    [3, 4],
    [1, 0],
  ],
  [
    [31, 33],
    [1, 0],
  ],
  [
    [64, 64],
    [1, 0],
  ],
  [
    [130, 257],
    [1, 0],
  ],
  [
    [1000, 3],
    [1, 0],
  ],
  [
    [3, 1000],
    [1, 0],
  ],
  [
    [2, 5000],
    [1, 0],
  ],
  [
    [5, 3, 49],
    [0, 2, 1],
  ],
  [
    [5, 49, 3],
    [0, 2, 1],
  ],
  [
    [2, 3, 4, 5],
    [3, 2, 1, 0],
  ],
  [
    [2, 3, 4, 5],
    [2, 0, 3, 1],
  ],
  [
    [4, 6, 5, 8],
    [0, 2, 1, 3],
  ],
  [
    [4, 6, 5, 3],
    [2, 0, 1, 3],
  ],
  [
    [2, 3, 2, 3, 2, 3],
    [5, 0, 3, 2, 1, 4],
  ],
  [
    [40, 7, 64],
    [1, 0, 2],
  ],
];

describe("permute", () => {
  for (const dtype of dtypes)
    test(dtype, () => {
      for (const [shape, axes] of shapesAndAxes)
        expectExact(`permute ${dtype} ${JSON.stringify([shape, axes])}`, [input(dtype, shape)], (x) => x.permute(axes));
    });
});

type Range = Parameters<Tensor["slice"]>[0];
const slices: readonly (readonly [readonly number[], Range])[] = [
  [[1009], [[3, 900]]],
  [[1009], [[16, 1008]]],
  [[1009], [[null, null, -1]]],
  [[1009], [[5, 1000, 7]]],
  [
    [64, 64],
    [null, [16, 48]],
  ],
  [
    [64, 64],
    [[8, 40, 3], null],
  ],
  [
    [9, 31],
    [
      [null, null, -2],
      [30, 2, -3],
    ],
  ],
  [
    [5, 6, 7],
    [2, null, -1],
  ],
  [
    [5, 6, 7],
    [[1, 4], 3],
  ],
  [
    [5, 6, 8],
    [null, [2, 5], [null, null, 2]],
  ],
  [[5, 6], [[3, 3]]],
  [
    [4, 3, 16, 16],
    [null, 1, [4, 12], [0, 16]],
  ],
];

describe("slice and its gradient", () => {
  for (const dtype of dtypes)
    test(dtype, () => {
      for (const [shape, ranges] of slices) {
        const what = `slice ${dtype} ${JSON.stringify([shape, ranges])}`;
        expectExact(what, [input(dtype, shape)], (x) => x.slice(ranges));
        if (floats.includes(dtype))
          expectExact(`gradient of ${what}`, [input(dtype, shape)], (x) =>
            w.grad((t: Tensor) => t.slice(ranges).mul(3).sum())(x),
          );
      }
    });
  test("padding", () => {
    for (const dtype of dtypes)
      for (const [shape, padding] of [
        [[7], [[2, 3]]],
        [[0], [[2, 3]]],
        [
          [16, 16],
          [
            [1, 1],
            [16, 0],
          ],
        ],
        [
          [3, 5, 5],
          [
            [0, 0],
            [1, 1],
            [2, 2],
          ],
        ],
        [
          [2, 3, 16],
          [
            [1, 0],
            [0, 0],
            [0, 0],
          ],
        ],
      ] as const)
        for (const value of dtype === "bool" ? [1] : [0, 7])
          expectExact(`pad ${dtype} ${JSON.stringify([shape, padding])}`, [input(dtype, shape)], (x) =>
            w.pad(x, padding, { value }),
          );
  });
});

test("expand", () => {
  for (const dtype of dtypes)
    for (const [shape, to] of [
      [[1], [1009]],
      [
        [5, 1],
        [5, 64],
      ],
      [
        [5, 1],
        [5, 33],
      ],
      [
        [1, 64],
        [5, 64],
      ],
      [
        [1, 33],
        [5, 33],
      ],
      [
        [3, 1, 4, 1],
        [2, 3, 5, 4, 6],
      ],
      [
        [1, 3],
        [0, 3],
      ],
    ] as const)
      expectExact(`expand ${dtype} ${JSON.stringify([shape, to])}`, [input(dtype, shape)], (x) => x.expand(to));
});

test("concat", () => {
  for (const dtype of dtypes)
    for (const [axis, ...shapes] of [
      [0, [3], [0], [16], [7]],
      [0, [16, 4], [32, 4]],
      [1, [5, 16], [5, 32]],
      [1, [5, 3], [5, 1], [5, 7]],
      [1, [2, 3, 5], [2, 4, 5]],
      [2, [3, 5, 8], [3, 5, 8], [3, 5, 24]],
    ] as const)
      expectExact(
        `concat ${dtype} ${axis} ${JSON.stringify(shapes)}`,
        shapes.map((shape, k) => input(dtype, shape as readonly number[], k)),
        (...xs) => w.concat(xs, axis),
      );
  const many = Array.from({ length: 150 }, (_, k) => input("float32", [3, k % 4], k));
  expectExact("concat of 150", many, (...xs) => w.concat(xs, 1));
});

test("tril and triu", () => {
  for (const dtype of dtypes)
    for (const shape of [
      [1, 1],
      [5, 9],
      [33, 16],
      [3, 8, 8],
      [0, 4],
    ])
      for (const diagonal of [0, 1, -2, 7, -40, 40]) {
        expectExact(`tril ${dtype} ${shape} ${diagonal}`, [input(dtype, shape)], (x) => x.tril(diagonal));
        expectExact(`triu ${dtype} ${shape} ${diagonal}`, [input(dtype, shape)], (x) => x.triu(diagonal));
      }
});

test("copy gives targets the values of sources, in their dtype, many at a time", () => {
  for (const to of dtypes)
    for (const from of dtypes.filter((dtype) => to !== "bool" || dtype === "bool"))
      w.tidy(() => {
        const run = (device: w.DeviceName): ArrayLike<number>[] => {
          const sources = Array.from({ length: from === to ? 140 : 3 }, (_, k) =>
            w.tensor(valuesFor(from, k * 7, k), { dtype: from, device }),
          );
          const targets = sources.map(({ shape }) => w.zeros(shape, { dtype: to, device }));
          w.applyUpdate(w.copyUpdate, { source: sources, target: targets }, undefined);
          return targets.map((t) => t.dataSync());
        };
        const [actual, expected] = [run(w.device()), run("cpu")];
        for (const [k, values] of expected.entries()) expectSame(`copy ${from} to ${to}, ${k}`, actual[k], values);
      });
});

test("transposes have no races", ({ skip }) => {
  if (process.env.WENGERT_EMULATOR_RACES !== "1") return skip("needs WENGERT_EMULATOR_RACES=1");
  for (let seed = 0; seed < 20; seed++) {
    w.emulator.setOptions({ shuffle: true, seed });
    for (const dtype of ["float64", "float32", "float16", "uint8"] as const)
      for (const shape of [
        [33, 70],
        [4, 200],
        [2, 300],
      ])
        expectExact(`${dtype} ${shape}, seed ${seed}`, [input(dtype, shape)], (x) => x.transpose());
  }
  expect(w.emulator.takeRaces()).toEqual([]);
});
