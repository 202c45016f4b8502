/** Makes the cases that all elementwise ops share. Used by the files beside it. */
import {
  add,
  atan2,
  div,
  eq,
  ge,
  gt,
  le,
  logicalAnd,
  logicalOr,
  lt,
  maximum,
  minimum,
  mod,
  mul,
  ne,
  pow,
  type Shape,
  sub,
  type Tensor,
} from "../../../src/index.js";
import { bools, type Case, given, type InputSpec, integers, randomNumbers, sizeOf, special, uniform } from "../case.js";

/** Floats at least 1/16 away from every multiple of 1/2, for functions that jump or bend there: even multiples of 1/32. */
export const offHalves = (shape: Shape): InputSpec => ({
  shape,
  dtype: "float",
  values: (seed) => {
    const next = randomNumbers(seed);
    return Array.from(
      { length: sizeOf(shape) },
      () => Math.floor(10 * next() - 5) / 2 + (1 + Math.floor(7 * next())) / 16,
    );
  },
});

/** The like of `offHalves`, of odd multiples of 1/32: the two never meet. */
export const oddOffHalves = (shape: Shape): InputSpec => ({
  ...uniform(shape),
  values: (seed) => Array.from(offHalves(shape).values(seed), (x) => x + 1 / 32),
});

/** -1, -1/2, 0, 1/2 and 1, so that ties are common. */
export const coarse = (shape: Shape): InputSpec => ({
  ...uniform(shape),
  values: (seed) => Array.from(integers(shape, 5).values(seed), (i) => i / 2 - 1),
});

/** A Python expression for inputs that count as another dtype: as("int", ["x"], "-x") is (lambda x: -x)(x.int()). */
function as(dtype: "int" | "double", names: readonly string[], expression: string): string {
  const converted = names.map((name) => `${name}.${dtype}()`);
  return `(lambda ${names.join(", ")}: ${expression})(${converted.join(", ")})`;
}

interface UnaryPaths {
  readonly run: (x: Tensor) => Tensor;
  /** In Python, over x. */
  readonly torch: string;
  /** The floats of the ordinary cases; default: from -2 to 2. */
  readonly x?: (shape: Shape) => InputSpec;
  /** Integers go from 0 to below this. Default 9. */
  readonly below?: number;
  /** True for an op that keeps integers as they are; elsewhere they become float32. */
  readonly keepsIntegers?: boolean;
}

/** The paths that every op of one tensor has. */
export function unaryCases(paths: UnaryPaths): [Case, ...Case[]] {
  const { torch, x = (shape: Shape) => uniform(shape), below = 9, keepsIntegers = false } = paths;
  const run: Case["run"] = (t) => paths.run(t.x);
  const whole = keepsIntegers ? torch : as("double", ["x"], torch);
  return [
    { name: "plain", inputs: { x: x([3, 5]) }, run, torch },
    { name: "odd size", inputs: { x: x([17]) }, run, torch },
    { name: "scalar", inputs: { x: x([]) }, run, torch },
    { name: "size 1", inputs: { x: x([1, 1]) }, run, torch },
    { name: "empty", inputs: { x: x([0, 3]) }, run, torch },
    {
      name: "special",
      inputs: { x: special() },
      run,
      torch,
      skipGradcheck: "NaN, infinities, and 0, where some jump",
    },
    { name: "int32", inputs: { x: integers([2, 3], below) }, run, torch: whole },
    { name: "uint8", inputs: { x: integers([5], below, "uint8") }, run, torch: whole },
    { name: "bool", inputs: { x: bools([5]) }, run, torch: as(keepsIntegers ? "int" : "double", ["x"], torch) },
  ];
}

const functions = {
  add,
  atan2,
  div,
  eq,
  ge,
  gt,
  le,
  logicalAnd,
  logicalOr,
  lt,
  maximum,
  minimum,
  mod,
  mul,
  ne,
  pow,
  sub,
};

interface BinaryPaths {
  readonly name: keyof typeof functions;
  /** In Python, given the operands. */
  readonly torch: (a: string, b: string) => string;
  readonly a?: (shape: Shape) => InputSpec;
  readonly b?: (shape: Shape) => InputSpec;
  /** The number that replaces a or b, for floats. Default 1.5. */
  readonly number?: number;
}

/** The paths that every op of two operands has. */
export function binaryCases({ name, torch, a = uniform, b = uniform, number = 1.5 }: BinaryPaths): [Case, ...Case[]] {
  const run: Case["run"] = (t) => t.a[name](t.b);
  const withRight = (value: number) => (t: Readonly<Record<string, Tensor>>) => t.a[name](value);
  const withLeft = (value: number) => (t: Readonly<Record<string, Tensor>>) => functions[name](value, t.b);
  const both = torch("a", "b");
  const divisors = given([3], [1, 2, 3], "int32");
  return [
    { name: "plain", inputs: { a: a([3, 5]), b: b([3, 5]) }, run, torch: both },
    { name: "broadcast", inputs: { a: a([2, 1, 3]), b: b([4, 1]) }, run, torch: both },
    { name: "broadcast inner", inputs: { a: a([2, 3, 5]), b: b([5]) }, run, torch: both },
    { name: "broadcast middle", inputs: { a: a([2, 3, 2, 2]), b: b([3, 1, 1]) }, run, torch: both },
    { name: "broadcast left", inputs: { a: a([3, 1]), b: b([2, 3, 4]) }, run, torch: both },
    { name: "scalar tensor", inputs: { a: a([3, 2]), b: b([]) }, run, torch: both },
    { name: "scalar tensor left", inputs: { a: a([]), b: b([3, 2]) }, run, torch: both },
    { name: "scalars", inputs: { a: a([]), b: b([]) }, run, torch: both },
    { name: "size 1", inputs: { a: a([1]), b: b([1, 1]) }, run, torch: both },
    { name: "empty", inputs: { a: a([0, 3]), b: b([3]) }, run, torch: both },
    { name: "empty by broadcasting", inputs: { a: a([0, 1]), b: b([1, 3]) }, run, torch: both },
    { name: "number right", inputs: { a: a([7]) }, run: withRight(number), torch: torch("a", String(number)) },
    { name: "number left", inputs: { b: b([2, 4]) }, run: withLeft(number), torch: torch(String(number), "b") },
    {
      name: "special",
      inputs: { a: special(), b: given([7], [1, 2, Number.POSITIVE_INFINITY, 2, 3, Number.NaN, 0]) },
      run,
      torch: both,
      wrt: [],
    },
    { name: "int32", inputs: { a: integers([2, 3], 9), b: divisors }, run, torch: both },
    { name: "int32 and number", inputs: { a: integers([2, 3], 9) }, run: withRight(2), torch: torch("a", "2") },
    { name: "int32 and fraction", inputs: { a: integers([2, 3], 9) }, run: withRight(2.5), torch: torch("a", "2.5") },
    { name: "number and int32", inputs: { b: divisors }, run: withLeft(2), torch: torch("2", "b") },
    { name: "int32 and float", inputs: { a: divisors, b: b([2, 3]) }, run, torch: both },
    { name: "uint8 and int32", inputs: { a: integers([3], 9, "uint8"), b: divisors }, run, torch: both },
    { name: "uint8", inputs: { a: integers([3], 4, "uint8"), b: given([3], [1, 2, 3], "uint8") }, run, torch: both },
    {
      name: "bools",
      inputs: { a: given([4], [0, 0, 1, 1], "bool"), b: given([4], [1, 1, 1, 1], "bool") },
      run,
      torch: as("int", ["a", "b"], both),
    },
    {
      name: "bool and number",
      inputs: { a: given([2], [0, 1], "bool") },
      run: withRight(3),
      torch: as("int", ["a"], torch("a", "3")),
    },
  ];
}
