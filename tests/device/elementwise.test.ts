import { describe, expect, test } from "vitest";
import type { DType, Op, Tensor } from "../../src/index.js";
import * as w from "../../src/index.js";
import * as activation from "../../src/ops/elementwise/activation.js";
import type { Coefficients } from "../../src/ops/elementwise/elementwise.js";
import { clampGradOp } from "../../src/ops/elementwise/rounding.js";
import { tanhGradOp } from "../../src/ops/elementwise/trigonometric.js";
import { fewProcessors, withProcessors } from "../support/device.js";
import { type Bounds, dtypes, expectParity, floats, integers, valuesFor } from "../support/parity.js";

/** None, one, a vector and its neighbours for every size of element, primes; and more than a turn of a small grid. */
const lengths = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 127, 255, 257, 1009];
const manyTurns = 4 * 16 * 256 * 16 + 17;

type Unary = (x: Tensor) => Tensor;

const real: Record<string, Unary> = {
  exp: w.exp,
  expm1: w.expm1,
  log: w.log,
  log1p: w.log1p,
  sqrt: w.sqrt,
  rsqrt: w.rsqrt,
  reciprocal: w.reciprocal,
  sin: w.sin,
  cos: w.cos,
  tan: w.tan,
  tanh: w.tanh,
  sinh: w.sinh,
  cosh: w.cosh,
  asin: w.asin,
  acos: w.acos,
  atan: w.atan,
  erf: w.erf,
  leakyRelu: (x) => w.leakyRelu(x, { negativeSlope: 0.3 }),
  elu: (x) => w.elu(x, { alpha: 1.3 }),
  selu: w.selu,
  silu: w.silu,
  sigmoid: w.sigmoid,
  softplus: (x) => w.softplus(x, { beta: 2, threshold: 15 }),
};

const numeric: Record<string, Unary> = {
  neg: w.neg,
  abs: w.abs,
  sign: w.sign,
  square: w.square,
  floor: w.floor,
  ceil: w.ceil,
  round: w.round,
  relu: w.relu,
  "clamp both": (x) => w.clamp(x, { min: -2, max: 3 }),
  "clamp min": (x) => w.clamp(x, { min: 0 }),
  "clamp max": (x) => w.clamp(x, { max: 1 }),
};

const predicates: Record<string, Unary> = { isNaN: w.isNaN, isFinite: w.isFinite, logicalNot: w.logicalNot };

const everyUnary: readonly (readonly [string, Unary, readonly DType[]])[] = [
  ...Object.entries(real).map(([name, f]) => [name, f, floats] as const),
  ...Object.entries(numeric).map(([name, f]) => [name, f, [...floats, ...integers]] as const),
  ...Object.entries(predicates).map(([name, f]) => [name, f, dtypes] as const),
];

describe("unary", () => {
  for (const [name, f, types] of everyUnary)
    test(name, () => {
      for (const dtype of types)
        for (const n of [5, 509]) expectParity(`${name} ${dtype} [${n}]`, [{ values: valuesFor(dtype, n), dtype }], f);
    });
  test("gelu", () => {
    // The CPU rounds x / sqrt(2), which erfc makes an error of x^2 / 2 spacings for large -x; kernels put it back.
    for (const dtype of floats)
      expectParity(`gelu ${dtype}`, [{ values: valuesFor(dtype, 509), dtype }], (x) => w.gelu(x), {
        absolute: dtype === "float64" ? 4 : 0,
      });
  });
  test("the tanh form of gelu", () => {
    // Its exponent has an additional error, which the exponential multiplies if the result is close to 0.
    const f = (x: Tensor): Tensor => w.gelu(x, { approximate: "tanh" });
    for (const dtype of floats)
      expectParity(`gelu ${dtype}`, [{ values: valuesFor(dtype, 509), dtype }], f, { absolute: 4 });
  });
  test("of every length", () => {
    withProcessors(fewProcessors, () => {
      for (const dtype of dtypes)
        for (const n of [...lengths, manyTurns]) {
          const values = valuesFor(dtype, n, 3);
          if (dtype !== "bool") expectParity(`neg ${dtype} [${n}]`, [{ values, dtype }], w.neg);
          expectParity(`logicalNot ${dtype} [${n}]`, [{ values, dtype }], w.logicalNot);
        }
    });
  });
});

describe("gradients", () => {
  const none: Coefficients = [];
  const rows: readonly (readonly [Op<Coefficients>, Coefficients])[] = [
    [activation.sigmoidGradOp, none],
    [activation.reluGradOp, none],
    [activation.leakyReluGradOp, [0.25]],
    [activation.eluGradOp, [1.5, 0.75]],
    [activation.geluGradOp, [0]],
    [activation.geluGradOp, [1]],
    [activation.siluGradOp, none],
    [activation.softplusGradOp, [1.5, 15]],
    [tanhGradOp, none],
    [clampGradOp, [-2, 3]],
  ];
  // Where the slope crosses 0 its terms cancel, so the error is bounded relative to dy, which stays below 8.
  const bounds: Bounds = { ulps: 4, absolute: 32 };
  for (const [op, parameters] of rows)
    test(`${op.name} ${parameters.join(" ")}`, () => {
      for (const dtype of floats)
        for (const n of [1, 7, 8, 1009])
          expectParity(
            `${op.name} ${dtype} [${n}]`,
            [
              { values: valuesFor("float32", n, 1).map((x) => (Math.abs(x) <= 8 ? x : 1)), dtype },
              { values: valuesFor(dtype, n, 2).map((x) => (Math.abs(x) < 1e100 ? x : 1)), dtype },
            ],
            (dy, s) => w.apply(op, [dy, s], parameters),
            bounds,
          );
    });
});

type Binary = (a: Tensor, b: Tensor) => Tensor;
const arithmetic: Record<string, Binary> = { add: w.add, sub: w.sub, mul: w.mul, pow: w.pow, mod: w.mod };
const realPairs: Record<string, Binary> = { div: w.div, atan2: w.atan2 };
const anyPairs: Record<string, Binary> = {
  maximum: w.maximum,
  minimum: w.minimum,
  eq: w.eq,
  ne: w.ne,
  lt: w.lt,
  le: w.le,
  gt: w.gt,
  ge: w.ge,
  logicalAnd: w.logicalAnd,
  logicalOr: w.logicalOr,
};

const everyBinary: readonly (readonly [string, Binary, readonly DType[]])[] = [
  ...Object.entries(arithmetic).map(([name, f]) => [name, f, [...floats, ...integers]] as const),
  ...Object.entries(realPairs).map(([name, f]) => [name, f, floats] as const),
  ...Object.entries(anyPairs).map(([name, f]) => [name, f, dtypes] as const),
];

/** Whole vectors along the innermost axis, and rows that are not; either operand repeated along any axes. */
const shapes: readonly (readonly [readonly number[], readonly number[]])[] = [
  [[1009], []],
  [[], [37]],
  [[5, 16], [16]],
  [
    [5, 16],
    [5, 1],
  ],
  [
    [5, 1],
    [1, 16],
  ],
  [[7, 49], [1]],
  [
    [3, 5, 7],
    [5, 1],
  ],
  [
    [3, 1, 7],
    [1, 5, 1],
  ],
  [
    [4, 3, 1, 2, 1, 8],
    [3, 5, 1, 6, 1],
  ],
  [
    [1000, 3],
    [1000, 1],
  ],
  [
    [0, 3],
    [1, 3],
  ],
];

const sizeOf = (shape: readonly number[]): number => shape.reduce((n, size) => n * size, 1);

describe("binary", () => {
  for (const [name, f, types] of everyBinary)
    test(name, () => {
      for (const dtype of types) {
        // Sums in float32 of what is far apart are rounded once; an exponent is an int that is not huge.
        for (const n of [1, 17, 1009])
          expectParity(
            `${name} ${dtype} [${n}]`,
            [
              { values: valuesFor(dtype, n, 4), dtype },
              { values: valuesFor(dtype, n, 9), dtype },
            ],
            f,
          );
        for (const [a, b] of shapes.slice(0, 8))
          expectParity(
            `${name} ${dtype} ${JSON.stringify([a, b])}`,
            [
              { values: valuesFor(dtype, sizeOf(a), 5), shape: a, dtype },
              { values: valuesFor(dtype, sizeOf(b), 6), shape: b, dtype },
            ],
            f,
          );
      }
    });
  test("numbers", () => {
    for (const dtype of [...floats, ...integers])
      for (const n of lengths) {
        const x = { values: valuesFor(dtype, n, 2), dtype };
        expectParity(`add number ${dtype} [${n}]`, [x], (t) => t.add(3));
        expectParity(`sub from number ${dtype} [${n}]`, [x], (t) => w.sub(7, t));
        expectParity(`le number ${dtype} [${n}]`, [x], (t) => t.le(2));
      }
  });
  test("an integer meets a number that it cannot hold", () => {
    const x = { values: [-(2 ** 31), -1, 0, 1, 2 ** 31 - 1], dtype: "int32" as const };
    for (const value of [2 ** 31, 2 ** 40 + 3, -(2 ** 52) - 1]) {
      expectParity(`add ${value}`, [x], (t) => t.add(value));
      expectParity(`maximum ${value}`, [x], (t) => w.maximum(t, value));
      expectParity(`lt ${value}`, [x], (t) => t.lt(value));
    }
  });
  test("shapes, in every dtype, and longer than a turn of the grid", () => {
    const big: (typeof shapes)[number][] = [
      [
        [(manyTurns / 17) >> 0, 17],
        [1, 17],
      ],
      [
        [4096, 64],
        [4096, 1],
      ],
    ];
    withProcessors(fewProcessors, () => {
      for (const dtype of [...floats, ...integers])
        for (const [a, b] of dtype === "float32" || dtype === "uint8" ? [...shapes, ...big] : shapes) {
          const left = { values: valuesFor(dtype, sizeOf(a), 7), shape: a, dtype };
          const right = { values: valuesFor(dtype, sizeOf(b), 8), shape: b, dtype };
          expectParity(`sub ${dtype} ${JSON.stringify([a, b])}`, [left, right], w.sub);
          expectParity(`sub ${dtype} ${JSON.stringify([b, a])}`, [right, left], w.sub);
        }
    });
  });
});

describe("where", () => {
  test("every dtype and shape", () => {
    for (const dtype of dtypes)
      for (const [a, b] of shapes)
        for (const c of [a, b, []]) {
          const operands = [
            { values: valuesFor("bool", sizeOf(c), 1), shape: c, dtype: "bool" as const },
            { values: valuesFor(dtype, sizeOf(a), 2), shape: a, dtype },
            { values: valuesFor(dtype, sizeOf(b), 3), shape: b, dtype },
          ];
          expectParity(`where ${dtype} ${JSON.stringify([c, a, b])}`, operands, (t, x, y) => w.where(t, x, y));
          if (dtype === "bool") continue;
          expectParity("where number", operands.slice(0, 2), (t, x) => w.where(t, x, 3));
          expectParity("where numbers", operands.slice(0, 1), (t) => w.where(t, -2, 1));
        }
  });
});

test("two runs are equal bit for bit", () => {
  const values = valuesFor("float32", 5003);
  const run = (): number[] => w.tidy(() => [...w.gelu(w.tensor(values, { dtype: "float32" })).dataSync()]);
  expect(run()).toEqual(run());
});
