/**
 * Average pooling, with windows of one size and with windows that adapt to the size of the result: records, loops and
 * functions. The pooling layers of nn call them. The options of a window are checked in window.ts.
 */
import { apply } from "../../core/apply.js";
import { ShapeError } from "../../core/errors.js";
import type { Numbers } from "../../core/loops/numbers.js";
import { defineOp } from "../../core/op.js";
import { type Shape, show } from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";
import { checkLayout, type Dims, imageLayout, type Pool, perAxis, poolAttrs, type Size2d } from "./window.js";

/** The windows along one axis: window i covers [start[i], end[i]) and counts as `count[i]` elements. */
interface Windows {
  readonly start: Int32Array;
  readonly end: Int32Array;
  readonly count: Int32Array;
}

function windowsOf(
  places: number,
  window: (place: number) => readonly [start: number, end: number, count: number],
): Windows {
  const windows = { start: new Int32Array(places), end: new Int32Array(places), count: new Int32Array(places) };
  for (let i = 0; i < places; i++) [windows.start[i], windows.end[i], windows.count[i]] = window(i);
  return windows;
}

/** A window of `kernel` elements every `stride`; the padding counts if `includePad` is 1. */
const slidingWindows = (
  size: number,
  places: number,
  kernel: number,
  stride: number,
  padding: number,
  includePad: number,
): Windows =>
  windowsOf(places, (place) => {
    const from = place * stride - padding;
    const to = Math.min(from + kernel, size + padding);
    const [start, end] = [Math.max(from, 0), Math.min(to, size)];
    return [start, end, includePad ? to - from : end - start];
  });

/** `places` windows that cover the axis evenly: window i is [floor(i size / places), ceil((i + 1) size / places)). */
const evenWindows = (size: number, places: number): Windows =>
  windowsOf(places, (place) => {
    const start = Math.floor((place * size) / places);
    const end = Math.ceil(((place + 1) * size) / places);
    return [start, end, end - start];
  });

/** y = the sum under each window, divided by the number of elements that the window counts. */
function average(
  x: Numbers,
  y: Numbers,
  planes: number,
  height: number,
  width: number,
  rows: Windows,
  columns: Windows,
): void {
  let out = 0;
  for (let plane = 0; plane < planes; plane++) {
    for (let p = 0; p < rows.start.length; p++) {
      for (let q = 0; q < columns.start.length; q++) {
        let sum = 0;
        for (let h = rows.start[p]; h < rows.end[p]; h++) {
          const row = (plane * height + h) * width;
          for (let w = columns.start[q]; w < columns.end[q]; w++) sum += x[row + w];
        }
        y[out++] = sum / (rows.count[p] * columns.count[q]);
      }
    }
  }
}

/** The transpose of `average`: each element of dy is divided and added to all of dx under its window. */
function spread(
  dy: Numbers,
  dx: Numbers,
  planes: number,
  height: number,
  width: number,
  rows: Windows,
  columns: Windows,
): void {
  const sums = new Float64Array(height * width);
  let from = 0;
  for (let plane = 0; plane < planes; plane++) {
    sums.fill(0);
    for (let p = 0; p < rows.start.length; p++) {
      for (let q = 0; q < columns.start.length; q++) {
        const share = dy[from++] / (rows.count[p] * columns.count[q]);
        for (let h = rows.start[p]; h < rows.end[p]; h++)
          for (let w = columns.start[q]; w < columns.end[q]; w++) sums[h * width + w] += share;
      }
    }
    dx.set(sums, plane * height * width);
  }
}

interface AveragePool extends Pool {
  readonly countIncludePad: boolean;
}

const poolArgs = (x: Shape, y: Shape, { kernel, stride, padding, countIncludePad }: AveragePool) => [
  x,
  y,
  kernel,
  stride,
  padding,
  +countIncludePad,
];

/** y = A x, the average under each window  =>  dx = A^T dy */
export const avgPool2dOp = defineOp({
  name: "avgPool2d",
  inputs: ["x"],
  types: { x: "float" },
  infer: ({ x }, { output }: AveragePool) => ({ shape: [...x.shape.slice(0, 2), ...output], dtype: x.dtype }),
  args: ({ x }, y, attrs) => poolArgs(x.shape, y.shape, attrs),
  cpu(
    x: Numbers, // (N, C, H, W)
    y: Numbers, // (N, C, P, Q)
    [images, channels, height, width]: Dims,
    [, , outHeight, outWidth]: Dims,
    kernel: Dims,
    stride: Dims,
    padding: Dims,
    includePad: number,
  ) {
    const rows = slidingWindows(height, outHeight, kernel[0], stride[0], padding[0], includePad);
    const columns = slidingWindows(width, outWidth, kernel[1], stride[1], padding[1], includePad);
    average(x, y, images * channels, height, width, rows, columns);
  },
  // y = A x  =>  dx = A^T dy
  vjp: { x: (dy, _, attrs) => avgPoolGrad(dy, attrs) },
});

/** dx = A^T dy, for y = A x of avgPool2d. */
export const avgPool2dGradOp = defineOp({
  name: "avgPool2dGrad",
  inputs: ["dy"],
  types: { dy: "float" },
  infer: ({ dy }, { image }: AveragePool) => ({ shape: [...dy.shape.slice(0, 2), ...image], dtype: dy.dtype }),
  args: ({ dy }, dx, attrs) => poolArgs(dx.shape, dy.shape, attrs),
  cpu(
    dy: Numbers, // (N, C, P, Q)
    dx: Numbers, // (N, C, H, W)
    [images, channels, height, width]: Dims,
    [, , outHeight, outWidth]: Dims,
    kernel: Dims,
    stride: Dims,
    padding: Dims,
    includePad: number,
  ) {
    const rows = slidingWindows(height, outHeight, kernel[0], stride[0], padding[0], includePad);
    const columns = slidingWindows(width, outWidth, kernel[1], stride[1], padding[1], includePad);
    spread(dy, dx, images * channels, height, width, rows, columns);
  },
  // dx = A^T dy  =>  for the cotangent g of dx, that of dy is A g
  vjp: { dy: (g, _, attrs) => apply(avgPool2dOp, [g], attrs) },
});

function avgPoolGrad(dy: Tensor, attrs: AveragePool): Tensor {
  return apply(avgPool2dGradOp, [dy], attrs);
}

/** The attributes of adaptiveAvgPool2d: the sizes of the images of x and of y. */
type EvenPool = Pick<Pool, "image" | "output">;

/** y = A x, the average under windows that cover the image evenly  =>  dx = A^T dy */
export const adaptiveAvgPool2dOp = defineOp({
  name: "adaptiveAvgPool2d",
  inputs: ["x"],
  types: { x: "float" },
  infer: ({ x }, { output }: EvenPool) => ({ shape: [...x.shape.slice(0, 2), ...output], dtype: x.dtype }),
  args: ({ x }, y) => [x.shape, y.shape],
  cpu(
    x: Numbers, // (N, C, H, W)
    y: Numbers, // (N, C, P, Q)
    [images, channels, height, width]: Dims,
    [, , outHeight, outWidth]: Dims,
  ) {
    average(x, y, images * channels, height, width, evenWindows(height, outHeight), evenWindows(width, outWidth));
  },
  // y = A x  =>  dx = A^T dy
  vjp: { x: (dy, _, attrs) => adaptiveGrad(dy, attrs) },
});

/** dx = A^T dy, for y = A x of adaptiveAvgPool2d. */
export const adaptiveAvgPool2dGradOp = defineOp({
  name: "adaptiveAvgPool2dGrad",
  inputs: ["dy"],
  types: { dy: "float" },
  infer: ({ dy }, { image }: EvenPool) => ({ shape: [...dy.shape.slice(0, 2), ...image], dtype: dy.dtype }),
  args: ({ dy }, dx) => [dx.shape, dy.shape],
  cpu(
    dy: Numbers, // (N, C, P, Q)
    dx: Numbers, // (N, C, H, W)
    [images, channels, height, width]: Dims,
    [, , outHeight, outWidth]: Dims,
  ) {
    spread(dy, dx, images * channels, height, width, evenWindows(height, outHeight), evenWindows(width, outWidth));
  },
  // dx = A^T dy  =>  for the cotangent g of dx, that of dy is A g
  vjp: { dy: (g, _, attrs) => apply(adaptiveAvgPool2dOp, [g], attrs) },
});

function adaptiveGrad(dy: Tensor, attrs: EvenPool): Tensor {
  return apply(adaptiveAvgPool2dGradOp, [dy], attrs);
}

/** The options of `avgPool2d`. A pair is height, then width. */
export interface AvgPool2dOptions {
  /** The step of the window. Default: its size. */
  readonly stride?: Size2d;
  /** Zeros added on each side; at most half of kernelSize. Default 0. */
  readonly padding?: Size2d;
  /** Allow a last window to reach past the padding, so that every element is in a window. Default false. */
  readonly ceilMode?: boolean;
  /** Divide by the size of the window including its part in the padding. Default true. */
  readonly countIncludePad?: boolean;
}

/**
 * The average under a window that moves over each channel. With `ceilMode`, the part of a window past the padding does
 * not count. Integers and bool give float32.
 *
 * @param x - (N, C, H, W)
 * @param kernelSize - the size of the window: one number, or height and width
 * @returns (N, C, P, Q), P = floor((H + 2 padding - kernelSize) / stride) + 1, Q likewise
 * @throws ShapeError if the window is larger than the padded image, ArgumentError for options out of range
 */
export function avgPool2d(x: Tensor, kernelSize: Size2d, options: AvgPool2dOptions = {}): Tensor {
  const { countIncludePad = true, stride, padding, ceilMode } = options;
  return apply(avgPool2dOp, [x], {
    ...poolAttrs("avgPool2d", x.shape, kernelSize, { stride, padding, ceilMode }),
    countIncludePad,
  });
}

/**
 * The averages of each channel under windows that cover the image evenly, one for each element of the result. Windows
 * overlap if the size of the result does not divide the size of the image. Integers and bool give float32.
 *
 * @param x - (N, C, H, W)
 * @param outputSize - the size of the images of the result: one number, or height and width; 1 is the global average
 * @returns (N, C, ...outputSize)
 * @throws ShapeError if `x` has other axes or its images are empty, ArgumentError for an output size below 1
 */
export function adaptiveAvgPool2d(x: Tensor, outputSize: Size2d): Tensor {
  checkLayout("adaptiveAvgPool2d", "x", x.shape, imageLayout);
  const output = perAxis("adaptiveAvgPool2d", "outputSize", outputSize, 2, 1);
  const image = x.shape.slice(2);
  if (image.includes(0))
    throw new ShapeError(`adaptiveAvgPool2d: the images of x must not be empty, got ${show(x.shape)}`);
  return apply(adaptiveAvgPool2dOp, [x], { image, output });
}
