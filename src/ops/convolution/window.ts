/** Windows that move over an image: checks of sizes, and where windows are. Shared by convolutions and pooling. */
import { ArgumentError, ShapeError } from "../../core/errors.js";
import { integerFrom } from "../../core/option-checks.js";
import { type Shape, show } from "../../core/shape.js";

/** A list of sizes or steps, one for each axis, as kernels and their loops take it. */
export type Dims = readonly number[];

/** One number for both axes of an image, or one for each. */
export type Size2d = number | Pair;

/** Height first, then width. */
export type Pair = readonly [height: number, width: number];

/** `value` for each of `rank` axes of an image. Throws ArgumentError unless all are integers of at least `least`. */
export function perAxis(op: string, name: string, value: number | Shape, rank: number, least: number): number[] {
  const sizes: number[] = typeof value === "number" ? [] : [...value];
  if (typeof value === "number") for (let axis = 0; axis < rank; axis++) sizes.push(value);
  if (sizes.length !== rank)
    throw new ArgumentError(`${op}: ${name} must be one number or ${rank} numbers, got ${show(sizes)}`);
  for (const size of sizes)
    if (!Number.isInteger(size) || size < least)
      throw new ArgumentError(`${op}: each number in ${name} must be ${integerFrom(least)}, got ${show(sizes)}`);
  return sizes;
}

/** Throws ShapeError unless `shape` has the axes that `layout` names, such as ["N", "C", "H", "W"]. */
export function checkLayout(op: string, name: string, shape: Shape, layout: readonly string[]): void {
  if (shape.length !== layout.length)
    throw new ShapeError(`${op}: ${name} must have shape (${layout.join(", ")}), got ${show(shape)}`);
}

/** The layout of images. */
export const imageLayout = ["N", "C", "H", "W"] as const;

/** How many elements a window covers from its first tap to its last. */
export const extent = (kernel: number, dilation: number): number => dilation * (kernel - 1) + 1;

/** A window that is moved over the axes of an image. */
export interface KernelWindow {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  /** Elements added before and after each axis. */
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/**
 * How many places a window has along each axis of an image.
 *
 * @param ceil - whether a last window may reach past the padding, as long as it starts inside the image or before it
 */
export function placesOf(
  op: string,
  image: Shape,
  { kernel, stride, dilation, before, after }: KernelWindow,
  ceil = false,
): number[] {
  return image.map((size, axis) => {
    const steps = (size + before[axis] + after[axis] - extent(kernel[axis], dilation[axis])) / stride[axis];
    const places = (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
    if (places < 1) {
      const padded = image.map((n, i) => n + before[i] + after[i]);
      const spread = dilation.some((d) => d > 1) ? ` with dilation ${show(dilation)}` : "";
      throw new ShapeError(
        `${op}: the kernel ${show(kernel)}${spread} is larger than the padded image ${show(padded)}`,
      );
    }
    return ceil && (places - 1) * stride[axis] >= size + before[axis] ? places - 1 : places;
  });
}

/** The attributes of a pooling op; lists are height, then width. */
export interface Pool {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  /** The sizes of the images of x and of y. */
  readonly image: readonly number[];
  readonly output: readonly number[];
}

interface PoolOptions {
  readonly stride?: Size2d;
  readonly padding?: Size2d;
  readonly dilation?: Size2d;
  readonly ceilMode?: boolean;
}

/** Checks the pooling of x (N, C, H, W) and resolves its options; it reads shapes only. */
export function poolAttrs(op: string, x: Shape, kernelSize: Size2d, options: PoolOptions): Pool {
  checkLayout(op, "x", x, imageLayout);
  const kernel = perAxis(op, "kernelSize", kernelSize, 2, 1);
  const stride = perAxis(op, "stride", options.stride ?? kernelSize, 2, 1);
  const padding = perAxis(op, "padding", options.padding ?? 0, 2, 0);
  const dilation = perAxis(op, "dilation", options.dilation ?? 1, 2, 1);
  if (padding.some((n, axis) => 2 * n > kernel[axis]))
    throw new ArgumentError(
      `${op}: padding must not exceed half of kernelSize, got padding ${show(padding)} for kernelSize ${show(kernel)}`,
    );
  const image = x.slice(2);
  const window = { kernel, stride, dilation, before: padding, after: padding };
  const output = placesOf(op, image, window, options.ceilMode);
  for (let axis = 0; axis < 2; axis++) {
    // A window that starts inside the image has its first tap there, and no window starts after the image, since the
    // padding is at most half a kernel. Only a window that starts before the image may have no tap inside.
    for (let place = 0; place < output[axis]; place++) {
      const start = place * stride[axis] - padding[axis];
      if (start >= 0) break;
      const end = Math.min(start + kernel[axis] * dilation[axis], image[axis]);
      if (firstTap(start, dilation[axis]) >= end)
        throw new ShapeError(
          `${op}: window ${place} along axis ${axis + 2} covers no element of the image ${show(image)}; use less padding or dilation`,
        );
    }
  }
  return { kernel, stride, padding, dilation, image, output };
}

/** The first tap of a window that is not in the padding before the image. */
export const firstTap = (start: number, dilation: number): number =>
  start >= 0 ? start : start + Math.ceil(-start / dilation) * dilation;
