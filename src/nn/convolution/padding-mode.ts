/**
 * Padding of a convolution's input with anything but zeros: reflect, replicate and circular. Called by Conv1d and
 * Conv2d.
 */
import { ArgumentError, ShapeError } from "../../core/errors.js";
import { quote } from "../../core/quote.js";
import { show } from "../../core/shape.js";
import { concat, type Padding, type PadOptions, pad } from "../../ops/index.js";
import type { Tensor } from "../../tensor.js";

/** The values in the padding of a convolution: zeros, the mirrored image, its border, or its opposite end. */
export type PaddingMode = "zeros" | "reflect" | "replicate" | "circular";

interface Window {
  readonly stride?: number | readonly number[];
  readonly padding?: number | readonly number[] | "same" | "valid";
  readonly dilation?: number | readonly number[];
}

interface Padded {
  readonly x: Tensor;
  /** The changes to the options of the convolution. */
  readonly options: { readonly padding?: 0 };
}

/**
 * Pads x (N, C, ...image) with other values than zeros for a convolution with weight (K, C, ...kernel).
 *
 * @throws ArgumentError for an unknown mode or a padding out of range, ShapeError if the image is too small
 */
export function padFor(layer: string, x: Tensor, weight: Tensor, mode: PaddingMode, window: Window): Padded {
  if (mode === "zeros") return { x, options: {} };
  if (mode !== "reflect" && mode !== "replicate" && mode !== "circular")
    throw new ArgumentError(
      `${layer}: paddingMode must be "zeros", "reflect", "replicate" or "circular", got ${quote(mode)}`,
    );
  if (x.rank !== weight.rank)
    throw new ShapeError(
      `${layer}: x must have as many axes as the weight ${show(weight.shape)}, got ${show(x.shape)}`,
    );
  const pairs = pairsOf(layer, weight.shape.slice(2), window);
  const padding: Padding[] = [[0, 0], [0, 0], ...pairs];
  return {
    x: mode === "circular" ? wrap(layer, x, padding) : pad(x, padding, padOptions[mode]),
    options: { padding: 0 },
  };
}

const padOptions: Readonly<Record<"reflect" | "replicate", PadOptions>> = {
  reflect: { mode: "reflect" },
  replicate: { mode: "replicate" },
};

/** How much is added before and after each axis of the image. */
function pairsOf(
  layer: string,
  kernel: readonly number[],
  { stride = 1, padding = 0, dilation = 1 }: Window,
): Padding[] {
  const each = (value: number | readonly number[]): readonly number[] =>
    typeof value === "number" ? kernel.map(() => value) : value;
  if (padding === "valid") return kernel.map(() => [0, 0]);
  if (padding === "same") {
    if (each(stride).some((step) => step !== 1))
      throw new ArgumentError(`${layer}: padding "same" requires stride 1, got ${show(each(stride))}`);
    // If the total is odd, the extra element goes at the end.
    return kernel.map((size, axis) => {
      const total = each(dilation)[axis] * (size - 1);
      return [Math.floor(total / 2), Math.ceil(total / 2)];
    });
  }
  if (typeof padding === "string")
    throw new ArgumentError(`${layer}: padding must be "same", "valid" or one or more sizes, got ${quote(padding)}`);
  const sizes = each(padding);
  if (sizes.length !== kernel.length)
    throw new ArgumentError(
      `${layer}: padding must be one size or one for each axis of the kernel (${kernel.length}), got ${show(sizes)}`,
    );
  return sizes.map((size) => [size, size]);
}

/** Each axis continued by its other end. */
function wrap(layer: string, x: Tensor, padding: readonly Padding[]): Tensor {
  return padding.reduce((y, [before, after], axis) => {
    if (before === 0 && after === 0) return y;
    const size = y.shape[axis];
    if (!Number.isInteger(before) || before < 0 || Math.max(before, after) > size)
      throw new ShapeError(
        `${layer}: circular padding must be an integer from 0 to the size of the axis, got ${before} and ${after} for x ${show(x.shape)}`,
      );
    const leading = new Array<null>(axis).fill(null);
    const end = y.slice([...leading, [size - before, size]]);
    const start = y.slice([...leading, [0, after]]);
    return concat([end, y, start], axis);
  }, x);
}
