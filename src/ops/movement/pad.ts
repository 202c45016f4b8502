/**
 * Padding with a constant, with mirrored elements or with the edge, made of `slicePad`, slices and `concat`. It has no
 * record and no kernel. The padding modes of convolutions use it.
 */
import { apply } from "../../core/apply.js";
import { type DType, isFloat } from "../../core/dtype.js";
import { ArgumentError, DTypeError, ShapeError } from "../../core/errors.js";
import { quote } from "../../core/quote.js";
import { checkShape, show } from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";
import { concat } from "./concat.js";
import { type SliceRange, slicePadOp } from "./slice.js";

/** The numbers of elements to add before and after the elements of one axis. */
export type Padding = readonly [before: number, after: number];

/** The options of `pad`. */
export interface PadOptions {
  /**
   * The content of the padding: one value ("constant", the default), the elements mirrored at the edge, which is not
   * repeated ("reflect": c b | a b c | b a), or the edge repeated ("replicate": a a | a b c | c c).
   */
  readonly mode?: "constant" | "reflect" | "replicate";
  /** The value for "constant". Default 0. */
  readonly value?: number;
}

/**
 * Adds elements at the ends of axes.
 *
 * @param padding - `[before, after]` for each axis, the first axis first (PyTorch's `F.pad` starts with the last)
 * @throws ShapeError if there is not one pair for each axis, or an axis is too short to be mirrored or repeated;
 *   ArgumentError for a negative number or an unknown mode; DTypeError if the dtype cannot hold the value
 */
export function pad(x: Tensor, padding: readonly Padding[], options: PadOptions = {}): Tensor {
  const { mode = "constant", value = 0 } = options;
  if (!Array.isArray(padding) || padding.length !== x.rank)
    throw new ShapeError(
      `pad: padding must have a pair [before, after] for each axis of x ${show(x.shape)}, got ${JSON.stringify(padding)}`,
    );
  if (mode !== "constant" && mode !== "reflect" && mode !== "replicate")
    throw new ArgumentError(`pad: mode must be "constant", "reflect" or "replicate", got ${quote(mode)}`);
  for (const pair of padding)
    if (!Array.isArray(pair) || pair.length !== 2 || pair.some((n) => !Number.isInteger(n) || n < 0))
      throw new ArgumentError(`pad: [before, after] must be two non-negative integers, got ${JSON.stringify(pair)}`);
  const whole = checkShape(
    "pad",
    x.shape.map((n, axis) => n + padding[axis][0] + padding[axis][1]),
  );
  if (padding.every(([before, after]) => before === 0 && after === 0)) return x.reshape(x.shape);
  if (mode === "constant") {
    checkValue(x.dtype, value);
    const starts = padding.map(([before]) => before);
    return apply(slicePadOp, [x], { whole, part: x.shape, starts, steps: starts.map(() => 1), value });
  }
  padding.forEach(([before, after], axis) => {
    const [size, longest] = [x.shape[axis], Math.max(before, after)];
    if (longest > 0 && size < (mode === "reflect" ? longest + 1 : 1))
      throw new ShapeError(`pad: axis ${axis} of x ${show(x.shape)} is too short for ${mode} padding of ${longest}`);
  });
  return padding.reduce<Tensor>((y, pair, axis) => padAxis(y, axis, pair, mode), x);
}

function padAxis(x: Tensor, axis: number, [before, after]: Padding, mode: "reflect" | "replicate"): Tensor {
  if (before === 0 && after === 0) return x;
  const n = x.shape[axis];
  const part = (range: SliceRange): Tensor => x.slice([...new Array<null>(axis).fill(null), range]);
  const edge = (at: number, count: number): Tensor =>
    part([at, at + 1]).expand(x.shape.map((size, i) => (i === axis ? count : size)));
  const mirrored = (from: number, count: number): Tensor => part([from, from - count < 0 ? null : from - count, -1]);
  const pieces: Tensor[] = [];
  if (before > 0) pieces.push(mode === "reflect" ? mirrored(before, before) : edge(0, before));
  pieces.push(x);
  if (after > 0) pieces.push(mode === "reflect" ? mirrored(n - 2, after) : edge(n - 1, after));
  return concat(pieces, axis);
}

function checkValue(dtype: DType, value: number): void {
  if (typeof value !== "number") throw new ArgumentError(`pad: value must be a number, got ${quote(value)}`);
  if (isFloat(dtype)) return;
  const [low, high] = dtype === "bool" ? [0, 1] : dtype === "uint8" ? [0, 255] : [-(2 ** 31), 2 ** 31 - 1];
  if (!Number.isInteger(value) || value < low || value > high)
    throw new DTypeError(`pad: ${dtype} cannot hold ${value}`);
}
