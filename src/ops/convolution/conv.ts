/**
 * Convolutions: the records of conv2d and its two gradients, and the functions conv1d, conv2d and convTranspose2d.
 * The loops are in conv-gemm.ts and conv-direct.ts.
 */
import { apply } from "../../core/apply.js";
import type { KernelArgs } from "../../core/backend.js";
import type { Numbers } from "../../core/loops/numbers.js";
import { defineOp } from "../../core/op.js";
import type { Shape } from "../../core/shape.js";
import type { Tensor } from "../../tensor.js";
import { forwardDirect, gradInputDirect, gradWeightDirect } from "./conv-direct.js";
import { forwardByGemm, gradInputByGemm, gradWeightByGemm } from "./conv-gemm.js";
import { type Conv2dAttrs, convAttrs, convTransposeAttrs } from "./conv-options.js";
import { type ConvSizes, convSizes } from "./conv-sizes.js";
import type { Dims, Size2d } from "./window.js";

// A convolution, its gradient for x and its gradient for the weight are the three products of one trilinear form
//   T(x, w, dy) = sum over n, k, p, q, c, r, s of dy[n, k, p, q] w[k, c, r, s] x[n, c, h, w],
//   h = p stride - padding + r dilation, w likewise, terms outside the image being 0,
// so that the gradients of each are given by the other two, to any order. All three kernels take the dimensions of
// x (N, C, H, W), of the weight (K, C/groups, R, S) and of y (N, K, P, Q), and then the same numbers.

const convArgs = (
  x: Shape,
  weight: Shape,
  y: Shape,
  { stride, padding, dilation, groups }: Conv2dAttrs,
): KernelArgs => [x, weight, y, stride, padding, dilation, groups];

/** Whether groups are so small that direct loops are faster than matrix products. */
const isThin = ({ groupChannels, groupFilters }: ConvSizes): boolean => groupChannels * groupFilters <= 4;

/**
 * y = x * weight + bias: the cross-correlation that deep learning calls convolution.
 *
 * dx = dT/dx and dweight = dT/dw at dy, for the form T above; dbias = dy summed over images and pixels
 */
export const conv2dOp = defineOp({
  name: "conv2d",
  inputs: ["x", "weight", "bias?"],
  types: { x: "float", weight: "float", bias: "float" },
  save: ["x", "weight"],
  // The sizes are checked and computed in conv-options.ts, before anything is converted or reshaped.
  infer: ({ x, weight }, { output }: Conv2dAttrs) => ({
    shape: [x.shape[0], weight.shape[0], ...output],
    dtype: x.dtype,
  }),
  args: ({ x, weight }, y, attrs) => convArgs(x.shape, weight.shape, y.shape, attrs),
  cpu(
    x: Numbers,
    weight: Numbers,
    bias: Numbers | null,
    y: Numbers,
    xDims: Dims,
    weightDims: Dims,
    yDims: Dims,
    stride: Dims,
    padding: Dims,
    dilation: Dims,
    groups: number,
  ) {
    const sizes = convSizes(xDims, weightDims, yDims, stride, padding, dilation, groups);
    if (isThin(sizes)) forwardDirect(x, weight, bias, y, sizes);
    else forwardByGemm(x, weight, bias, y, sizes);
  },
  vjp: {
    x: (dy, { weight }, attrs) => gradInput(dy, weight, attrs),
    weight: (dy, { x }, attrs) => gradWeight(x, dy, attrs),
    bias: (dy) => dy.sum([0, 2, 3]),
  },
});

/** dx = dT/dx, plus a bias for each channel of x: the gradient of conv2d, and the whole of convTranspose2d. */
export const conv2dGradInputOp = defineOp({
  name: "conv2dGradInput",
  inputs: ["dy", "weight", "bias?"],
  types: { dy: "float", weight: "float", bias: "float" },
  save: ["dy", "weight"],
  infer: ({ dy, weight }, { groups, image }: Conv2dAttrs) => ({
    shape: [dy.shape[0], weight.shape[1] * groups, ...image],
    dtype: dy.dtype,
  }),
  args: ({ dy, weight }, dx, attrs) => convArgs(dx.shape, weight.shape, dy.shape, attrs),
  cpu(
    dy: Numbers,
    weight: Numbers,
    bias: Numbers | null,
    dx: Numbers,
    xDims: Dims,
    weightDims: Dims,
    yDims: Dims,
    stride: Dims,
    padding: Dims,
    dilation: Dims,
    groups: number,
  ) {
    const sizes = convSizes(xDims, weightDims, yDims, stride, padding, dilation, groups);
    if (isThin(sizes)) gradInputDirect(dy, weight, bias, dx, sizes);
    else gradInputByGemm(dy, weight, bias, dx, sizes);
  },
  // Linear in dy and in the weight: the cotangent g of dx takes the place of x
  vjp: {
    dy: (g, { weight }, attrs) => apply(conv2dOp, [g, weight, null], attrs),
    weight: (g, { dy }, attrs) => gradWeight(g, dy, attrs),
    bias: (g) => g.sum([0, 2, 3]),
  },
});

/** dw = dT/dw: the gradient of conv2d for the weight. */
export const conv2dGradWeightOp = defineOp({
  name: "conv2dGradWeight",
  inputs: ["x", "dy"],
  types: { x: "float", dy: "float" },
  save: ["x", "dy"],
  infer: ({ x, dy }, { groups, kernel }: Conv2dAttrs) => ({
    shape: [dy.shape[1], x.shape[1] / groups, ...kernel],
    dtype: x.dtype,
  }),
  args: ({ x, dy }, dw, attrs) => convArgs(x.shape, dw.shape, dy.shape, attrs),
  cpu(
    x: Numbers,
    dy: Numbers,
    dw: Numbers,
    xDims: Dims,
    weightDims: Dims,
    yDims: Dims,
    stride: Dims,
    padding: Dims,
    dilation: Dims,
    groups: number,
  ) {
    const sizes = convSizes(xDims, weightDims, yDims, stride, padding, dilation, groups);
    if (isThin(sizes)) gradWeightDirect(x, dy, dw, sizes);
    else gradWeightByGemm(x, dy, dw, sizes);
  },
  // Linear in x and in dy: the cotangent g of dw takes the place of the weight
  vjp: {
    x: (g, { dy }, attrs) => gradInput(dy, g, attrs),
    dy: (g, { x }, attrs) => apply(conv2dOp, [x, g, null], attrs),
  },
});

// The records refer to each other; functions with a declared result let the compiler see through the circle.
function gradInput(dy: Tensor, weight: Tensor, attrs: Conv2dAttrs): Tensor {
  return apply(conv2dGradInputOp, [dy, weight, null], attrs);
}

function gradWeight(x: Tensor, dy: Tensor, attrs: Conv2dAttrs): Tensor {
  return apply(conv2dGradWeightOp, [x, dy], attrs);
}

/** The options of `conv1d`. */
export interface Conv1dOptions {
  /** The step of the kernel. Default 1. */
  readonly stride?: number;
  /** Zeros added at each end; "same" keeps the length (stride 1 only), "valid" is 0. Default 0. */
  readonly padding?: number | "same" | "valid";
  /** The distance between the taps of the kernel. Default 1. */
  readonly dilation?: number;
  /** The number of groups of channels that are convolved separately. Default 1. */
  readonly groups?: number;
}

/** The options of `conv2d`. A pair is height, then width. */
export interface Conv2dOptions {
  /** The step of the kernel. Default 1. */
  readonly stride?: Size2d;
  /** Zeros added on each side; "same" keeps the image's size (stride 1 only), "valid" is 0. Default 0. */
  readonly padding?: Size2d | "same" | "valid";
  /** The distance between the taps of the kernel. Default 1. */
  readonly dilation?: Size2d;
  /**
   * The number of groups of channels that are convolved separately; one for each channel is a depthwise convolution.
   * Default 1.
   */
  readonly groups?: number;
}

/** The options of `convTranspose2d`. A pair is height, then width. */
export interface ConvTranspose2dOptions {
  /** The distance, in the result, between the places of neighbouring elements of x. Default 1. */
  readonly stride?: Size2d;
  /** Elements removed from the result on each side. Default 0. */
  readonly padding?: Size2d;
  /** Elements added to the result below and to the right; less than stride or dilation. Default 0. */
  readonly outputPadding?: Size2d;
  /** The distance between the taps of the kernel. Default 1. */
  readonly dilation?: Size2d;
  /** The number of groups of channels that are convolved separately. Default 1. */
  readonly groups?: number;
}

/**
 * Convolves images with filters: y[n, k, p, q] is the inner product of filter k and the patch of image n at
 * (p stride, q stride), plus bias[k]. As everywhere in deep learning this is the cross-correlation. Integers and bool
 * give float32.
 *
 * @param x - (N, C, H, W)
 * @param weight - K filters, (K, C/groups, R, S)
 * @param bias - (K). Default: none
 * @returns (N, K, P, Q), P = floor((H + 2 padding - dilation (R - 1) - 1) / stride) + 1, Q likewise
 * @throws ShapeError if channels do not fit or the kernel is larger than the padded image; ArgumentError for options
 *   out of range
 */
export function conv2d(x: Tensor, weight: Tensor, bias: Tensor | null = null, options: Conv2dOptions = {}): Tensor {
  return apply(conv2dOp, [x, weight, bias], convAttrs("conv2d", 2, x.shape, weight.shape, bias?.shape, options));
}

/**
 * Convolves sequences with filters: `conv2d` along one axis.
 *
 * @param x - (N, C, L)
 * @param weight - K filters, (K, C/groups, S)
 * @param bias - (K). Default: none
 * @returns (N, K, Q), Q = floor((L + 2 padding - dilation (S - 1) - 1) / stride) + 1
 * @throws ShapeError if channels do not fit or the kernel is larger than the padded sequence; ArgumentError for options
 *   out of range
 */
export function conv1d(x: Tensor, weight: Tensor, bias: Tensor | null = null, options: Conv1dOptions = {}): Tensor {
  const attrs = convAttrs("conv1d", 1, x.shape, weight.shape, bias?.shape, options);
  const [n, c, length] = x.shape;
  const [k, d, taps] = weight.shape;
  const y = apply(conv2dOp, [x.reshape([n, c, 1, length]), weight.reshape([k, d, 1, taps]), bias], attrs);
  return y.reshape([n, k, attrs.output[1]]);
}

/**
 * The transposed convolution: each element of x adds the filter, times its value, to the result at its place. It is
 * the gradient of conv2d with respect to the images (Dumoulin and Visin, "A guide to convolution arithmetic for deep
 * learning", 2016).
 *
 * @param x - (N, C, H, W)
 * @param weight - (C, K/groups, R, S)
 * @param bias - (K). Default: none
 * @returns (N, K, P, Q), P = (H - 1) stride - 2 padding + dilation (R - 1) + outputPadding + 1, Q likewise
 * @throws ShapeError if channels do not fit or the result would be empty; ArgumentError for options out of range
 */
export function convTranspose2d(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options: ConvTranspose2dOptions = {},
): Tensor {
  const attrs = convTransposeAttrs("convTranspose2d", x.shape, weight.shape, bias?.shape, options);
  return apply(conv2dGradInputOp, [x, weight, bias], attrs);
}
