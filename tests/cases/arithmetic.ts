import { type Case, given, integers, special, uniform } from "./case.js";

type Binary = "add" | "sub" | "mul" | "div";

/** The paths that every binary op has. */
function binaryCases(name: Binary, symbol: string): Case[] {
  const torch = `a ${symbol} b`;
  const run: Case["run"] = ({ a, b }) => a[name](b);
  // Divisors stay away from 0.
  const b = (shape: number[]) => (name === "div" ? uniform(shape, 0.5, 3) : uniform(shape));
  return [
    { name: "plain", inputs: { a: uniform([3, 5]), b: b([3, 5]) }, run, torch },
    { name: "broadcast", inputs: { a: uniform([2, 1, 3]), b: b([4, 1]) }, run, torch },
    { name: "broadcast inner", inputs: { a: uniform([2, 3, 5]), b: b([5]) }, run, torch },
    { name: "broadcast middle", inputs: { a: uniform([2, 3, 2, 2]), b: b([3, 1, 1]) }, run, torch },
    { name: "scalar tensor", inputs: { a: uniform([3, 2]), b: b([]) }, run, torch },
    { name: "scalars", inputs: { a: uniform([]), b: b([]) }, run, torch },
    { name: "size 1", inputs: { a: uniform([1]), b: b([1, 1]) }, run, torch },
    { name: "empty", inputs: { a: uniform([0, 3]), b: b([3]) }, run, torch },
    { name: "number right", inputs: { a: uniform([7]) }, run: ({ a }) => a[name](1.5), torch: `a ${symbol} 1.5` },
    { name: "same operand", inputs: { a: uniform([5], 0.5, 2) }, run: ({ a }) => a[name](a), torch: `a ${symbol} a` },
    {
      name: "special",
      inputs: { a: special(), b: given([7], [1, 2, Number.POSITIVE_INFINITY, 2, 3, Number.NaN, 0]) },
      run,
      torch,
      wrt: [],
    },
    { name: "int32", inputs: { a: integers([2, 3], 9), b: given([3], [1, 2, 3], "int32") }, run, torch },
    { name: "int32 and float", inputs: { a: integers([2, 3], 9), b: b([3]) }, run, torch },
    { name: "uint8 and int32", inputs: { a: integers([3], 9, "uint8"), b: given([3], [1, 2, 4], "int32") }, run, torch },
  ];
}

export const arithmetic = {
  add: binaryCases("add", "+"),
  sub: binaryCases("sub", "-"),
  mul: binaryCases("mul", "*"),
  div: binaryCases("div", "/"),
} satisfies Record<string, readonly Case[]>;
