/** Cases of floor, ceil, round and clamp, on inputs away from their jumps. */
import type { ClampOptions, Tensor } from "../../../src/index.js";
import { type Case, given, integers } from "../case.js";
import { offHalves, unaryCases } from "./elementwise.js";

const halves = (run: Case["run"], torch: string): Case => ({
  name: "halves and whole numbers",
  inputs: { x: given([10], [-2.5, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2.5, 3.5]) },
  run,
  torch,
  skipGradcheck: "it jumps there",
});

const clamped =
  (options: ClampOptions) =>
  (x: Tensor): Tensor =>
    x.clamp(options);

const clampCase = (name: string, options: ClampOptions, torch: string): Case => ({
  name,
  inputs: { x: offHalves([3, 5]) },
  run: ({ x }) => clamped(options)(x),
  torch,
});

export const rounding = {
  floor: [
    ...unaryCases({ run: (x) => x.floor(), torch: "x.floor()", x: offHalves, keepsIntegers: true }),
    halves(({ x }) => x.floor(), "x.floor()"),
  ],
  ceil: [
    ...unaryCases({ run: (x) => x.ceil(), torch: "x.ceil()", x: offHalves, keepsIntegers: true }),
    halves(({ x }) => x.ceil(), "x.ceil()"),
  ],
  round: [
    ...unaryCases({ run: (x) => x.round(), torch: "x.round()", x: offHalves, keepsIntegers: true }),
    halves(({ x }) => x.round(), "x.round()"),
    {
      name: "next to a half, and large",
      inputs: { x: given([5], [0.49999999999999994, -0.49999999999999994, 4503599627370495.5, 2 ** 52 + 1, -1e300]) },
      run: ({ x }) => x.round(),
      torch: "x.round()",
      skipDTypes: { dtypes: ["float32", "bfloat16", "float16"], reason: "the arguments are not exact in them" },
      skipGradcheck: "the arguments are too large for differences",
    },
  ],
  clamp: [
    ...unaryCases({
      run: clamped({ min: -1, max: 0.5 }),
      torch: "x.clamp(-1, 0.5)",
      x: offHalves,
      keepsIntegers: true,
    }),
    clampCase("min", { min: -0.5 }, "x.clamp(min=-0.5)"),
    clampCase("max", { max: 0.5 }, "x.clamp(max=0.5)"),
    clampCase("max below min", { min: 1, max: -1 }, "x.clamp(1, -1)"),
    clampCase(
      "infinite bounds",
      { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY },
      "x.clamp(-math.inf, math.inf)",
    ),
    { ...clampCase("NaN as bound", { min: Number.NaN }, "x.clamp(min=math.nan)"), skipGradcheck: "NaN" },
    {
      name: "at the bounds",
      inputs: { x: given([4], [-1, 0.5, 2, -2]) },
      run: ({ x }) => x.clamp({ min: -1, max: 0.5 }),
      torch: "x.clamp(-1, 0.5)",
      skipGradcheck: "the slope jumps at the bounds",
    },
    {
      // The bound is rounded as the tensor's elements were, so the gradient passes.
      name: "at a bound that no float holds",
      inputs: { x: given([3], [0, 0, 0]) },
      run: ({ x }) => x.add(0.7).clamp({ min: 0.7 }),
      torch: "(x + 0.7).clamp(min=0.7)",
      skipGradcheck: "the slope jumps at the bounds",
    },
    {
      name: "int32 within integers",
      inputs: { x: integers([7], 9) },
      run: ({ x }) => x.clamp({ min: 2, max: 6 }),
      torch: "x.clamp(2, 6)",
    },
    {
      name: "int32 of both signs",
      inputs: { x: given([4], [-(2 ** 31), -5, 5, 2 ** 31 - 1], "int32") },
      run: ({ x }) => x.clamp({ max: 3 }),
      torch: "x.clamp(max=3)",
    },
  ],
} satisfies Record<string, readonly [Case, ...Case[]]>;
