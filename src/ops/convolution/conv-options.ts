/**
 * Checks the shapes and options of convolutions and resolves them to the attributes of the records. Called by conv.ts
 * before anything is computed.
 */
import { ArgumentError, ShapeError } from "../../core/errors.js";
import { checkInteger } from "../../core/option-checks.js";
import { type Shape, show } from "../../core/shape.js";
import { checkLayout, extent, imageLayout, type Pair, perAxis, placesOf } from "./window.js";

/** The attributes of a convolution; pairs are height, then width. */
export interface Conv2dAttrs {
  readonly stride: Pair;
  /** Zeros above and to the left. Those below and to the right follow from the sizes. */
  readonly padding: Pair;
  readonly dilation: Pair;
  readonly groups: number;
  /** The sizes of the images of x, of the kernel, and of the images of y. */
  readonly image: Pair;
  readonly kernel: Pair;
  readonly output: Pair;
}

/** The options of a convolution over any number of axes. */
interface Options {
  readonly stride?: number | Shape;
  readonly padding?: number | Shape | "same" | "valid";
  readonly dilation?: number | Shape;
  readonly groups?: number;
}

interface TransposeOptions extends Options {
  readonly padding?: number | Shape;
  readonly outputPadding?: number | Shape;
}

/** The axes of x and of the weight, for convolutions along one axis and along two. */
const layouts = {
  1: { x: ["N", "C", "L"], weight: ["K", "C/groups", "S"] },
  2: { x: imageLayout, weight: ["K", "C/groups", "R", "S"] },
} as const;
const transposedWeight = ["C", "K/groups", "R", "S"] as const;

/** Throws unless `bias` has one number for each of `channels` output channels. */
function checkBias(op: string, bias: Shape | undefined, channels: number): void {
  if (bias && (bias.length !== 1 || bias[0] !== channels))
    throw new ShapeError(
      `${op}: bias must have shape [${channels}], one value for each output channel, got ${show(bias)}`,
    );
}

function checkKernel(op: string, weight: Shape): void {
  if (weight.includes(0, 2)) throw new ShapeError(`${op}: the kernel must not be empty, got weight ${show(weight)}`);
}

/**
 * Checks a convolution of x (N, C, ...image) with weight (K, C/groups, ...kernel) and resolves its options. It
 * reads shapes only, so that nothing has happened if it throws.
 *
 * @param axes - 1 or 2; if it is 1, a second axis of size 1 is added
 */
export function convAttrs(
  op: string,
  axes: 1 | 2,
  x: Shape,
  weight: Shape,
  bias: Shape | undefined,
  options: Options,
): Conv2dAttrs {
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  checkLayout(op, "x", x, layouts[axes].x);
  checkLayout(op, "weight", weight, layouts[axes].weight);
  checkInteger(op, "groups", groups, 1);
  const [strides, dilations] = [perAxis(op, "stride", stride, axes, 1), perAxis(op, "dilation", dilation, axes, 1)];
  if (x[1] !== weight[1] * groups)
    throw new ShapeError(
      `${op}: x has ${x[1]} channels, but weight expects ${groups === 1 ? "" : `${groups} groups of `}${weight[1]}: x ${show(x)}, weight ${show(weight)}`,
    );
  if (weight[0] % groups !== 0)
    throw new ShapeError(
      `${op}: the number of output channels must be divisible by groups, got ${weight[0]} channels and ${groups} groups`,
    );
  checkBias(op, bias, weight[0]);
  checkKernel(op, weight);
  const [image, kernel] = [x.slice(2), weight.slice(2)];
  const [before, after] = resolvePadding(op, padding, kernel, strides, dilations);
  const output = placesOf(op, image, { kernel, stride: strides, dilation: dilations, before, after });
  return lift({ stride: strides, padding: before, dilation: dilations, image, kernel, output }, groups);
}

function resolvePadding(
  op: string,
  padding: number | Shape | string,
  kernel: Shape,
  stride: Shape,
  dilation: Shape,
): [before: number[], after: number[]] {
  if (padding === "same") {
    if (stride.some((step) => step !== 1))
      throw new ArgumentError(`${op}: padding "same" requires stride 1, got ${show(stride)}`);
    const total = kernel.map((size, axis) => extent(size, dilation[axis]) - 1);
    // As in PyTorch: if the total is odd, the larger half goes behind.
    return [total.map((n) => Math.floor(n / 2)), total.map((n) => Math.ceil(n / 2))];
  }
  if (typeof padding === "string" && padding !== "valid")
    throw new ArgumentError(`${op}: padding must be a size, "same" or "valid", got ${JSON.stringify(padding)}`);
  const sizes = perAxis(op, "padding", typeof padding === "string" ? 0 : padding, kernel.length, 0);
  return [sizes, sizes];
}

/**
 * Checks a transposed convolution of x (N, K, ...output) with weight (K, C/groups, ...kernel). The attributes are those
 * of the convolution that it is the gradient of: x is the output of that convolution.
 */
export function convTransposeAttrs(
  op: string,
  x: Shape,
  weight: Shape,
  bias: Shape | undefined,
  options: TransposeOptions,
): Conv2dAttrs {
  const { stride = 1, padding = 0, outputPadding = 0, dilation = 1, groups = 1 } = options;
  checkLayout(op, "x", x, layouts[2].x);
  checkLayout(op, "weight", weight, transposedWeight);
  checkInteger(op, "groups", groups, 1);
  const [strides, dilations] = [perAxis(op, "stride", stride, 2, 1), perAxis(op, "dilation", dilation, 2, 1)];
  const [before, extra] = [perAxis(op, "padding", padding, 2, 0), perAxis(op, "outputPadding", outputPadding, 2, 0)];
  if (extra.some((n, axis) => n >= Math.max(strides[axis], dilations[axis])))
    throw new ArgumentError(
      `${op}: outputPadding must be smaller than the stride or the dilation, got ${show(extra)} for stride ${show(strides)} and dilation ${show(dilations)}`,
    );
  if (x[1] !== weight[0])
    throw new ShapeError(
      `${op}: x has ${x[1]} channels, but weight expects ${weight[0]}: x ${show(x)}, weight ${show(weight)}`,
    );
  if (x[1] % groups !== 0)
    throw new ShapeError(
      `${op}: the number of input channels must be divisible by groups, got ${x[1]} channels and ${groups} groups`,
    );
  checkBias(op, bias, weight[1] * groups);
  checkKernel(op, weight);
  const [output, kernel] = [x.slice(2), weight.slice(2)];
  const image = output.map(
    (size, axis) => (size - 1) * strides[axis] - 2 * before[axis] + extent(kernel[axis], dilations[axis]) + extra[axis],
  );
  if ([...output, ...image].some((size) => size < 1))
    throw new ShapeError(
      `${op}: images must not be empty: input size ${show(output)} with padding ${show(before)} gives output size ${show(image)}`,
    );
  return lift({ stride: strides, padding: before, dilation: dilations, image, kernel, output }, groups);
}

type Lifted = "stride" | "padding" | "dilation" | "image" | "kernel" | "output";

const pair = (values: readonly number[], missing: number): Pair => [
  values.length === 1 ? missing : values[0],
  values[values.length - 1],
];

/** The attributes as pairs: a convolution along one axis becomes one of images of height 1. */
function lift(sizes: Readonly<Record<Lifted, readonly number[]>>, groups: number): Conv2dAttrs {
  return {
    stride: pair(sizes.stride, 1),
    padding: pair(sizes.padding, 0),
    dilation: pair(sizes.dilation, 1),
    image: pair(sizes.image, 1),
    kernel: pair(sizes.kernel, 1),
    output: pair(sizes.output, 1),
    groups,
  };
}
