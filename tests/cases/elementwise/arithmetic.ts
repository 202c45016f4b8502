/** Cases of arithmetic with two operands: broadcasting, numbers as operands, dtypes. */
import { maximum, minimum, pow } from "../../../src/index.js";
import { type Case, given, type InputSpec, integers, sizeOf, uniform } from "../case.js";
import { binaryCases, coarse, oddOffHalves, offHalves } from "./elementwise.js";

// Divisors and bases of powers stay away from 0.
const positive = (shape: readonly number[]) => uniform(shape, 0.5, 3);

/** Even multiples of 1/32, so that no odd one is a whole multiple of them: there the remainder jumps. */
const divisors = (shape: readonly number[]): InputSpec => ({
  ...uniform(shape),
  values: () => Array.from({ length: sizeOf(shape) }, (_, i) => [0.625, -1.125, 0.875, -1.375][i % 4]),
});

const sameOperand = (run: Case["run"], torch: string): Case => ({
  name: "same operand",
  inputs: { a: uniform([5], 0.5, 2) },
  run,
  torch,
});

const limits = [2 ** 31 - 1, -(2 ** 31), 123456789, -987654321, 46341, 0];
const wraps = (run: Case["run"], torch: string): Case => ({
  name: "int32 wraps around",
  inputs: { a: given([6], limits, "int32"), b: given([6], [...limits].reverse(), "int32") },
  run,
  torch,
});

const uint8Wraps = (run: Case["run"], torch: string): Case => ({
  name: "uint8 wraps around",
  inputs: { a: given([4], [0, 200, 255, 3], "uint8"), b: given([4], [1, 100, 255, 4], "uint8") },
  run,
  torch,
});

const ties = (run: Case["run"], torch: string): Case => ({
  name: "ties",
  inputs: { a: coarse([4, 5]), b: coarse([5]) },
  run,
  torch,
  skipGradcheck: "the slope jumps where both are equal",
});

const nan = Number.NaN;
const inf = Number.POSITIVE_INFINITY;

const atNaN = (run: Case["run"], torch: string): Case => ({
  name: "gradient at NaN",
  inputs: { a: given([4], [nan, 1, nan, inf]), b: given([4], [1, nan, nan, inf]) },
  run,
  torch,
  skipGradcheck: "NaN and infinities",
});

export const arithmetic = {
  add: [
    ...binaryCases({ name: "add", torch: (a, b) => `${a} + ${b}` }),
    sameOperand(({ a }) => a.add(a), "a + a"),
    wraps(({ a, b }) => a.add(b), "a + b"),
    uint8Wraps(({ a, b }) => a.add(b), "a + b"),
  ],
  sub: [
    ...binaryCases({ name: "sub", torch: (a, b) => `${a} - ${b}` }),
    sameOperand(({ a }) => a.sub(a), "a - a"),
    wraps(({ a, b }) => a.sub(b), "a - b"),
    uint8Wraps(({ a, b }) => a.sub(b), "a - b"),
  ],
  mul: [
    ...binaryCases({ name: "mul", torch: (a, b) => `${a} * ${b}` }),
    sameOperand(({ a }) => a.mul(a), "a * a"),
    wraps(({ a, b }) => a.mul(b), "a * b"),
    uint8Wraps(({ a, b }) => a.mul(b), "a * b"),
  ],
  div: [
    ...binaryCases({ name: "div", torch: (a, b) => `${a} / ${b}`, b: positive }),
    sameOperand(({ a }) => a.div(a), "a / a"),
  ],
  pow: [
    ...binaryCases({ name: "pow", torch: (a, b) => `torch.pow(${a}, ${b})`, a: positive }),
    sameOperand(({ a }) => a.pow(a), "a ** a"),
    wraps(({ a, b }) => a.pow(b), "a ** b"),
    uint8Wraps(({ a, b }) => a.pow(b), "a ** b"),
    {
      name: "negative base, whole exponents",
      inputs: { a: given([6], [-2, -1.5, -1, -0.5, -3, 2]), b: given([6], [2, 3, -1, -2, 0, 1]) },
      run: ({ a, b }) => a.pow(b),
      torch: "a ** b",
      wrt: ["a"],
    },
    ...[0, 1, 2, 3, -1, 0.5].map(
      (exponent): Case => ({
        name: `exponent ${exponent}`,
        inputs: { a: positive([2, 3]) },
        run: ({ a }) => a.pow(exponent),
        torch: `a ** ${exponent}`,
      }),
    ),
    {
      name: "0 to a number",
      inputs: { a: given([2], [0, -0]) },
      run: ({ a }) => [a.pow(2), a.pow(1), a.pow(0), a.pow(3)],
      torch: "(a ** 2, a ** 1, a ** 0, a ** 3)",
    },
    {
      name: "0 and exponent 0",
      inputs: { a: given([6], [0, 0, 0, 2, -1, 0]), b: given([6], [0, 2, 1, 0, 0, 0.5]) },
      run: ({ a, b }) => a.pow(b),
      torch: "a ** b",
      skipGradcheck: "the exponent may not go below 0 where the base is 0",
    },
    {
      name: "NaN and infinity to the power of 0 and 1",
      inputs: { a: given([6], [nan, inf, -inf, nan, inf, 2]), b: given([6], [0, 0, 0, 1, 1, 0]) },
      run: ({ a, b }) => a.pow(b),
      torch: "a ** b",
      wrt: ["a"],
      skipGradcheck: "NaN and infinities",
    },
    {
      name: "number 0 to a tensor",
      inputs: { b: given([4], [0, 1, 2, 0.5]) },
      run: ({ b }) => pow(0, b),
      torch: "torch.pow(0, b)",
      skipGradcheck: "0^b jumps at b = 0",
    },
    {
      name: "1 and -1 to NaN and infinity",
      inputs: { a: given([6], [1, 1, -1, -1, 1, nan]), b: given([6], [nan, inf, inf, -inf, -inf, 0]) },
      run: ({ a, b }) => a.pow(b),
      torch: "a ** b",
      wrt: [],
    },
    {
      name: "negative integer exponents",
      inputs: { a: given([5], [1, -1, -1, 2, 0], "int32"), b: given([5], [-3, -3, -2, -1, -1], "int32") },
      run: ({ a, b }) => a.pow(b),
      torch: "a ** b",
    },
  ],
  maximum: [
    ...binaryCases({
      name: "maximum",
      torch: (a, b) => `torch.maximum(torch.as_tensor(${a}), torch.as_tensor(${b}))`,
      a: offHalves,
      b: oddOffHalves,
      number: 0.5,
    }),
    sameOperand(({ a }) => a.maximum(a), "torch.maximum(a, a)"),
    ties(({ a, b }) => a.maximum(b), "torch.maximum(a, b)"),
    atNaN(({ a, b }) => a.maximum(b), "torch.maximum(a, b)"),
    {
      name: "ties with a number",
      inputs: { a: coarse([7]) },
      run: ({ a }) => [a.maximum(0.5), maximum(0, a)],
      torch: "(torch.maximum(a, torch.tensor(0.5).double()), torch.maximum(torch.tensor(0.).double(), a))",
      skipGradcheck: "the slope jumps where both are equal",
    },
  ],
  minimum: [
    ...binaryCases({
      name: "minimum",
      torch: (a, b) => `torch.minimum(torch.as_tensor(${a}), torch.as_tensor(${b}))`,
      a: offHalves,
      b: oddOffHalves,
      number: 0.5,
    }),
    sameOperand(({ a }) => a.minimum(a), "torch.minimum(a, a)"),
    ties(({ a, b }) => a.minimum(b), "torch.minimum(a, b)"),
    atNaN(({ a, b }) => a.minimum(b), "torch.minimum(a, b)"),
    {
      name: "ties with a number",
      inputs: { a: coarse([7]) },
      run: ({ a }) => [a.minimum(0.5), minimum(0, a)],
      torch: "(torch.minimum(a, torch.tensor(0.5).double()), torch.minimum(torch.tensor(0.).double(), a))",
      skipGradcheck: "the slope jumps where both are equal",
    },
  ],
  atan2: [
    ...binaryCases({
      name: "atan2",
      torch: (a, b) => `torch.atan2(torch.as_tensor(${a}), torch.as_tensor(${b}))`,
      b: positive,
    }),
    {
      name: "all quadrants",
      inputs: { a: given([8], [1, 1, -1, -1, 0, 0, 2, -2]), b: given([8], [1, -1, 1, -1, 1, -1, 0, 0]) },
      run: ({ a, b }) => a.atan2(b),
      torch: "torch.atan2(a, b)",
      skipGradcheck: "the angle jumps on the negative axis",
    },
    {
      name: "origin",
      inputs: { a: given([3], [0, 0, 1]), b: given([3], [-0, 2, -1]) },
      run: ({ a, b }) => a.atan2(b),
      torch: "torch.atan2(a, b)",
      skipGradcheck: "the angle jumps at the origin",
    },
  ],
  mod: [
    ...binaryCases({
      name: "mod",
      torch: (a, b) => `torch.remainder(torch.as_tensor(${a}), torch.as_tensor(${b}))`,
      a: oddOffHalves,
      b: divisors,
      number: 333 / 256,
    }),
    {
      name: "quotients of many sizes",
      inputs: { a: given([6], [7.5, -7.5, 7.5, -7.5, 0.25, 5]), b: given([6], [2, 2, -2, -2, -4, 0.75]) },
      run: ({ a, b }) => a.mod(b),
      torch: "torch.remainder(a, b)",
    },
    {
      name: "whole quotients",
      inputs: { a: given([4], [6, -6, 0, 3]), b: given([4], [2, 3, 5, -3]) },
      run: ({ a, b }) => a.mod(b),
      torch: "torch.remainder(a, b)",
      skipGradcheck: "the remainder jumps at whole quotients",
    },
    {
      name: "int32 of both signs",
      inputs: {
        a: given([6], [7, -7, 7, -7, 2 ** 31 - 1, -(2 ** 31)], "int32"),
        b: given([6], [3, 3, -3, -3, -2, 7], "int32"),
      },
      run: ({ a, b }) => a.mod(b),
      torch: "torch.remainder(a, b)",
    },
    {
      name: "negative number right",
      inputs: { a: integers([5], 9) },
      run: ({ a }) => a.mod(-4),
      torch: "torch.remainder(a, -4)",
    },
  ],
} satisfies Record<string, readonly [Case, ...Case[]]>;
