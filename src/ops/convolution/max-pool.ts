/**
 * Max pooling: the record, its gradient and the function. The layers MaxPool1d and MaxPool2d call it. The options of a
 * window are checked in window.ts.
 */
import { apply, applyAll } from "../../core/apply.js";
import type { Numbers } from "../../core/loops/numbers.js";
import { defineOp } from "../../core/op.js";
import type { Tensor } from "../../tensor.js";
import { type Dims, firstTap, type Pool, poolAttrs, type Size2d } from "./window.js";

/** y = x[indices], the largest element under each window, at h W + w in its image  =>  dx[indices] += dy */
export const maxPool2dOp = defineOp({
  name: "maxPool2d",
  inputs: ["x"],
  types: { x: "numeric" },
  outputs: ["y", "indices"],
  save: ["indices"],
  infer({ x }, { output }: Pool) {
    const shape = [...x.shape.slice(0, 2), ...output];
    return { y: { shape, dtype: x.dtype }, indices: { shape, dtype: "int32" } };
  },
  args: ({ x }, { y }, { kernel, stride, padding, dilation }) => [x.shape, y.shape, kernel, stride, padding, dilation],
  cpu(
    x: Numbers, // (N, C, H, W)
    y: Numbers, // (N, C, P, Q)
    indices: Int32Array, // (N, C, P, Q)
    [images, channels, height, width]: Dims,
    [, , outHeight, outWidth]: Dims,
    [kernelHeight, kernelWidth]: Dims,
    [strideHeight, strideWidth]: Dims,
    [top, left]: Dims,
    [dilationHeight, dilationWidth]: Dims,
  ) {
    let out = 0;
    for (let plane = 0; plane < images * channels; plane++) {
      const start = plane * height * width;
      for (let p = 0; p < outHeight; p++) {
        const firstRow = firstTap(p * strideHeight - top, dilationHeight);
        const endRow = Math.min(p * strideHeight - top + kernelHeight * dilationHeight, height);
        for (let q = 0; q < outWidth; q++, out++) {
          const firstColumn = firstTap(q * strideWidth - left, dilationWidth);
          const endColumn = Math.min(q * strideWidth - left + kernelWidth * dilationWidth, width);
          let index = firstRow * width + firstColumn;
          let max = Number.NEGATIVE_INFINITY;
          for (let h = firstRow; h < endRow; h += dilationHeight) {
            for (let w = firstColumn; w < endColumn; w += dilationWidth) {
              const value = x[start + h * width + w];
              // NaN counts as largest: nothing but another NaN comes after it.
              if (value > max || Number.isNaN(value)) {
                max = value;
                index = h * width + w;
              }
            }
          }
          y[out] = max;
          indices[out] = index;
        }
      }
    }
  },
  vjp: { x: ({ y: dy }, { indices }, attrs) => poolGradient(dy, indices, attrs) },
});

/** dx = dy, each element added at the place of its maximum, in row-major order of dy. */
export const maxPool2dGradOp = defineOp({
  name: "maxPool2dGrad",
  inputs: ["dy", "indices"],
  types: { dy: "float", indices: "index" },
  save: ["indices"],
  infer: ({ dy }, { image }: Pool) => ({ shape: [...dy.shape.slice(0, 2), ...image], dtype: dy.dtype }),
  // The window is for kernels that look, for each element of dx, at the windows over it.
  args: ({ dy }, dx, { kernel, stride, padding, dilation }) => [dx.shape, dy.shape, kernel, stride, padding, dilation],
  cpu(
    dy: Numbers, // (N, C, P, Q)
    indices: Numbers, // (N, C, P, Q)
    dx: Numbers, // (N, C, H, W)
    [images, channels, height, width]: Dims,
    [, , outHeight, outWidth]: Dims,
  ) {
    dx.fill(0);
    const pixels = outHeight * outWidth;
    for (let plane = 0; plane < images * channels; plane++) {
      const start = plane * height * width;
      for (let i = plane * pixels; i < (plane + 1) * pixels; i++) dx[start + indices[i]] += dy[i];
    }
  },
  // dx[indices] += dy  =>  for the cotangent g of dx, that of dy is g[indices]
  vjp: {
    dy(g, { indices }, { image: [height, width] }) {
      const [n, c, p, q] = indices.shape;
      return g
        .reshape([n * c, height * width])
        .gather(1, indices.reshape([n * c, p * q]))
        .reshape(indices.shape);
    },
    indices: null,
  },
});

function poolGradient(dy: Tensor, indices: Tensor, attrs: Pool): Tensor {
  return apply(maxPool2dGradOp, [dy, indices], attrs);
}

/** The options of `maxPool2d`. A pair is height, then width. */
export interface MaxPool2dOptions {
  /** The step of the window. Default: its size. */
  readonly stride?: Size2d;
  /** Elements of -Infinity added on each side; at most half of kernelSize. Default 0. */
  readonly padding?: Size2d;
  /** The distance between the taps of the window. Default 1. */
  readonly dilation?: Size2d;
  /** Allow a last window to reach past the padding, so that every element is in a window. Default false. */
  readonly ceilMode?: boolean;
}

/**
 * The largest element under a window that moves over each channel. NaN counts as the largest. The gradient goes to the
 * first of equal elements. Integers stay integers.
 *
 * @param x - (N, C, H, W)
 * @param kernelSize - the size of the window: one number, or height and width
 * @returns (N, C, P, Q), P = floor((H + 2 padding - dilation (kernelSize - 1) - 1) / stride) + 1, Q likewise
 * @throws ShapeError if the window is larger than the padded image, ArgumentError for options out of range
 */
export function maxPool2d(x: Tensor, kernelSize: Size2d, options: MaxPool2dOptions = {}): Tensor {
  const [y, indices] = applyAll(maxPool2dOp, [x], poolAttrs("maxPool2d", x.shape, kernelSize, options));
  // If the gradient needs them, the tape holds them.
  indices.dispose();
  return y;
}
