import { describe, test } from "vitest";
import type { Tensor } from "../../src/index.js";
import * as w from "../../src/index.js";
import { dtypes, expectExact, floats, inputOf, integers, valuesFor } from "../support/parity.js";

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
        for (const n of lengths) expectExact(`${from} to ${to} [${n}]`, [inputOf(from, [n], 1)], (x) => x.cast(to));
      }
    });
});

const deviceOf = (x: Tensor) => x.storage.backend.name as w.DeviceName;

describe("tensors out of nothing", () => {
  test("fill", () => {
    for (const dtype of dtypes)
      for (const n of lengths)
        for (const value of dtype === "bool" ? [1] : floats.includes(dtype) ? [0, -1.3, Infinity, NaN] : [0, 200])
          expectExact(`full ${dtype} [${n}] ${value}`, [inputOf("uint8", [1])], (x) =>
            w.full([n], value, { dtype, device: deviceOf(x) }),
          );
  });
  test("arange", () => {
    for (const dtype of [...floats, ...integers])
      for (const n of lengths.filter((n) => n < 256))
        for (const [start, step] of floats.includes(dtype) ? [[-3, 0.1]] : [[0, 1]])
          expectExact(`arange ${dtype} [${n}]`, [inputOf("uint8", [1])], (x) =>
            w.arange(start, start + step * n, step, { dtype, device: deviceOf(x) }),
          );
  });
});
