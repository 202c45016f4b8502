import { describe, test } from "vitest";
import type { Tensor } from "../../src/index.js";
import * as w from "../../src/index.js";
import { dtypes, expectExact, expectSame, floats, inputOf, valuesFor } from "../support/parity.js";

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
        expectExact(`permute ${dtype} ${JSON.stringify([shape, axes])}`, [inputOf(dtype, shape)], (x) =>
          x.permute(axes),
        );
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
        expectExact(what, [inputOf(dtype, shape)], (x) => x.slice(ranges));
        if (floats.includes(dtype))
          expectExact(`gradient of ${what}`, [inputOf(dtype, shape)], (x) =>
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
          expectExact(`pad ${dtype} ${JSON.stringify([shape, padding])}`, [inputOf(dtype, shape)], (x) =>
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
      expectExact(`expand ${dtype} ${JSON.stringify([shape, to])}`, [inputOf(dtype, shape)], (x) => x.expand(to));
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
        shapes.map((shape, k) => inputOf(dtype, shape as readonly number[], k)),
        (...xs) => w.concat(xs, axis),
      );
  const many = Array.from({ length: 150 }, (_, k) => inputOf("float32", [3, k % 4], k));
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
        expectExact(`tril ${dtype} ${shape} ${diagonal}`, [inputOf(dtype, shape)], (x) => x.tril(diagonal));
        expectExact(`triu ${dtype} ${shape} ${diagonal}`, [inputOf(dtype, shape)], (x) => x.triu(diagonal));
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
