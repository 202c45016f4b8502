/** Cases of elementwise functions of one tensor: neg, abs, exp, log, erf and others. */
import { type Case, distinct, given, uniform } from "../case.js";
import { offHalves, unaryCases } from "./elementwise.js";

const positive = (shape: readonly number[]) => uniform(shape, 0.25, 4);
const notZero = (shape: readonly number[]) => distinct(shape);

/** Small and large arguments, where a formula loses digits first; float64 alone holds them. */
const extremes = (values: readonly number[], run: Case["run"], torch: string): Case => ({
  name: "extremes",
  inputs: { x: given([values.length], values) },
  run,
  torch,
  wrt: [],
  skipDTypes: { dtypes: ["float32", "bfloat16", "float16"], reason: "the arguments are not exact in them" },
});

const wholeLimits = (run: Case["run"], torch: string): Case => ({
  name: "int32 limits",
  inputs: { x: given([7], [2 ** 31 - 1, -(2 ** 31), 0, 46341, -7, 123456789, 65536], "int32") },
  run,
  torch,
});

export const unary = {
  neg: [
    ...unaryCases({ run: (x) => x.neg(), torch: "-x", keepsIntegers: true }),
    wholeLimits(({ x }) => x.neg(), "-x"),
  ],
  abs: [
    ...unaryCases({ run: (x) => x.abs(), torch: "x.abs()", x: notZero, keepsIntegers: true }),
    wholeLimits(({ x }) => x.abs(), "x.abs()"),
  ],
  sign: [
    ...unaryCases({ run: (x) => x.sign(), torch: "x.sign()", x: notZero, keepsIntegers: true }),
    wholeLimits(({ x }) => x.sign(), "x.sign()"),
  ],
  exp: unaryCases({ run: (x) => x.exp(), torch: "x.exp()" }),
  expm1: [
    ...unaryCases({ run: (x) => x.expm1(), torch: "x.expm1()" }),
    extremes([1e-20, -1e-10, 1e-5, -50, 300], ({ x }) => x.expm1(), "x.expm1()"),
  ],
  log: unaryCases({ run: (x) => x.log(), torch: "x.log()", x: positive }),
  log1p: [
    ...unaryCases({ run: (x) => x.log1p(), torch: "x.log1p()", x: (shape) => uniform(shape, -0.75, 3) }),
    extremes([1e-20, -1e-10, 1e-5, 1e10], ({ x }) => x.log1p(), "x.log1p()"),
  ],
  sqrt: unaryCases({ run: (x) => x.sqrt(), torch: "x.sqrt()", x: positive }),
  rsqrt: unaryCases({ run: (x) => x.rsqrt(), torch: "x.rsqrt()", x: positive }),
  square: [
    ...unaryCases({ run: (x) => x.square(), torch: "x.square()", keepsIntegers: true }),
    wholeLimits(({ x }) => x.square(), "x.square()"),
  ],
  reciprocal: unaryCases({ run: (x) => x.reciprocal(), torch: "x.reciprocal()", x: offHalves }),
  erf: [
    ...unaryCases({ run: (x) => x.erf(), torch: "x.erf()" }),
    // Around the borders of the approximations, 15/32 and 4.
    extremes([1e-300, 0.46874, 0.46876, 3.9999, 4.0001, 6, -0.46876, -2.5, -30], ({ x }) => x.erf(), "x.erf()"),
  ],
} satisfies Record<string, readonly [Case, ...Case[]]>;
