/** Makes the cases that all reductions share. Used by the files beside it. */
import type { Shape, Tensor } from "../../../src/index.js";
import { bools, type Case, given, type InputSpec, integers } from "../case.js";

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

/** One reduction, as the paths of all reductions need it. */
interface Reduction {
  /** Floats for a shape: distinct ones where the op compares them. */
  readonly floats: (shape: Shape) => InputSpec;
  readonly run: (x: Tensor, axes?: number | number[], options?: { keepDims: boolean }) => Tensor;
  /** The Python expression; `axes` are all axes of `x` where a case gives none. */
  readonly torch: (axes: readonly number[], keepDims: boolean, x: string) => string;
  /** What is left of one element. */
  readonly ofOne: string;
  /** The result for no elements: a number, NaN or an infinity, or an error. */
  readonly ofNothing: "number" | "not finite" | "error";
}

interface Path {
  readonly name: string;
  readonly shape: Shape;
  readonly axes?: number | number[];
  readonly keepDims?: boolean;
}

const paths: readonly Path[] = [
  { name: "plain", shape: [3, 5] },
  { name: "last axis", shape: [3, 5], axes: 1 },
  { name: "first axis", shape: [5, 3], axes: 0 },
  { name: "middle axis", shape: [2, 5, 3], axes: 1 },
  { name: "negative axis", shape: [2, 3, 4], axes: -2 },
  { name: "outer axes", shape: [3, 2, 4], axes: [0, -1] },
  { name: "channels of images", shape: [2, 3, 2, 2], axes: [0, 2, 3] },
  { name: "channels last", shape: [2, 2, 3, 3], axes: [2, 0, 1] },
  { name: "alternating axes", shape: [2, 3, 2, 2, 2], axes: [0, 2, 4] },
  { name: "alternating axes, kept last", shape: [2, 3, 2, 2, 2], axes: [1, 3] },
  { name: "odd sizes", shape: [7, 5], axes: 0 },
  { name: "long row", shape: [59] },
  { name: "keepDims", shape: [2, 3, 4], axes: [0, 2], keepDims: true },
  { name: "keepDims, all axes", shape: [3, 2], keepDims: true },
  { name: "size 1", shape: [3, 1, 2], axes: 1 },
  { name: "all of size 1", shape: [1, 1] },
  { name: "scalar", shape: [] },
  { name: "empty result", shape: [0, 3], axes: 1 },
];

const emptyPaths: readonly Path[] = [
  { name: "empty axis", shape: [2, 0, 3], axes: 1 },
  { name: "empty", shape: [0] },
];

/** A row of ordinary numbers, rows with NaN and with each infinity, and one with all of them. */
const specialRows = given([5, 3], [1, 2, 3, 1, nan, 2, inf, 0, 1, 0, -inf, 2, nan, inf, -inf]);

/** The paths that every reduction has. */
export function reductionCases(op: Reduction): [Case, ...Case[]] {
  const { floats, ofOne, ofNothing } = op;
  const sample = ({ name, shape, axes, keepDims = false }: Path, x = floats(shape), asFloat = "x"): Case => ({
    name,
    inputs: { x },
    run: (t) => op.run(t.x, axes, keepDims ? { keepDims } : undefined),
    torch: op.torch(
      axes === undefined ? shape.map((_, axis) => axis) : typeof axes === "number" ? [axes] : axes,
      keepDims,
      asFloat,
    ),
  });
  const noDifference = ofNothing === "not finite" && { skipGradcheck: "the result of nothing is not finite" };
  const [first, ...rest] = paths.map((path) => sample(path));
  return [
    first,
    ...rest,
    ...(ofNothing === "error" ? [] : emptyPaths.map((path): Case => ({ ...sample(path), ...noDifference }))),
    { name: "no axes", inputs: { x: floats([2, 3]) }, run: ({ x }) => op.run(x, []), torch: ofOne },
    { ...sample({ name: "NaN and infinity", shape: [5, 3], axes: 1 }, specialRows), wrt: [] },
    { ...sample({ name: "NaN and infinity, all axes", shape: [5, 3] }, specialRows), wrt: [] },
    { ...sample({ name: "NaN and infinity, first axis", shape: [5, 3], axes: 0 }, specialRows), wrt: [] },
    sample({ name: "int32", shape: [3, 4], axes: 1 }, integers([3, 4], 9), "x.double()"),
    sample({ name: "uint8", shape: [3, 4], axes: 0 }, integers([3, 4], 255, "uint8"), "x.double()"),
    sample({ name: "bool", shape: [3, 4], axes: 1 }, bools([3, 4]), "x.double()"),
  ];
}

/** `dim=(0, 2), keepdim=True`, as most reductions in PyTorch are told. */
export const dims = (axes: readonly number[], keepDims: boolean): string =>
  `dim=(${axes.map((axis) => `${axis},`).join("")}), keepdim=${keepDims ? "True" : "False"}`;
