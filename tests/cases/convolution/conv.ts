/** Cases of conv1d, conv2d and convTranspose2d: strides, padding, dilation, groups. */
import type { Conv1dOptions, Conv2dOptions, ConvTranspose2dOptions, Shape } from "../../../src/index.js";
import { type Case, given, integers, uniform } from "../case.js";
import { keywords } from "../keywords.js";

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

interface Sizes<Options> {
  readonly x: Shape;
  readonly w: Shape;
  /** A bias for each output channel; none where left out. */
  readonly bias?: number;
  readonly options?: Options;
}

type Name = "conv1d" | "conv2d" | "convTranspose2d";

const torchName = { conv1d: "F.conv1d", conv2d: "F.conv2d", convTranspose2d: "F.conv_transpose2d" } as const;

/** A case of random numbers. Results are sums of exact products, rounded once, so no case needs slack. */
function sample<Options extends object>(op: Name, name: string, { x, w, bias, options }: Sizes<Options>): Case {
  return {
    name,
    inputs: { x: uniform(x), w: uniform(w), ...(bias === undefined ? {} : { b: uniform([bias]) }) },
    run: ({ x, w, b }) => x[op](w, b, options),
    torch: `${torchName[op]}(x, w${bias === undefined ? "" : ", b"}${keywords(options ?? {})})`,
  };
}

const conv1d = (name: string, sizes: Sizes<Conv1dOptions>): Case => sample("conv1d", name, sizes);
const conv2d = (name: string, sizes: Sizes<Conv2dOptions>): Case => sample("conv2d", name, sizes);
const transposed = (name: string, sizes: Sizes<ConvTranspose2dOptions>): Case => sample("convTranspose2d", name, sizes);

/** Values that no other path reaches: they must spread as far as the window and no farther. */
const nonFinite: Case = {
  name: "NaN and infinity",
  inputs: {
    x: given([1, 1, 3, 4], [nan, 1, 2, 3, 0.5, -1, inf, -2, 1, 4, -3, -inf]),
    w: given([5, 1, 1, 2], [1, 2, -1, 1, 3, 1, 2, 2, 1, -2]),
  },
  run: ({ x, w }) => x.conv2d(w),
  torch: "F.conv2d(x, w)",
  wrt: ["w"],
  skipGradcheck: "infinite values",
};

export const conv = {
  conv1d: [
    conv1d("plain", { x: [2, 3, 7], w: [4, 3, 3], bias: 4 }),
    conv1d("no bias", { x: [1, 2, 5], w: [3, 2, 2] }),
    conv1d("stride, padding, dilation", {
      x: [2, 2, 9],
      w: [3, 2, 3],
      bias: 3,
      options: { stride: 2, padding: 3, dilation: 2 },
    }),
    conv1d("groups", { x: [1, 4, 6], w: [6, 2, 3], bias: 6, options: { groups: 2 } }),
    conv1d("depthwise", { x: [2, 3, 6], w: [3, 1, 3], options: { groups: 3, padding: 1 } }),
    conv1d("same", { x: [1, 2, 6], w: [3, 2, 4], options: { padding: "same" } }),
    conv1d("valid", { x: [1, 2, 6], w: [3, 2, 4], options: { padding: "valid" } }),
    conv1d("kernel 1", { x: [2, 3, 4], w: [5, 3, 1], bias: 5 }),
    conv1d("length 1", { x: [1, 1, 1], w: [1, 1, 1] }),
    conv1d("empty batch", { x: [0, 3, 7], w: [4, 3, 3], bias: 4 }),
    conv1d("longer than a block", { x: [1, 2, 270], w: [3, 2, 3], bias: 3, options: { padding: 1 } }),
  ],
  conv2d: [
    conv2d("plain", { x: [2, 3, 5, 4], w: [4, 3, 3, 2], bias: 4 }),
    conv2d("no bias", { x: [2, 2, 4, 5], w: [3, 2, 3, 3] }),
    conv2d("one channel", { x: [2, 1, 5, 5], w: [1, 1, 3, 3], bias: 1 }),
    conv2d("one channel, many filters", { x: [2, 1, 5, 5], w: [6, 1, 3, 3], bias: 6 }),
    conv2d("1x1 kernel", { x: [2, 3, 3, 2], w: [5, 3, 1, 1], bias: 5 }),
    conv2d("1x1 kernel, stride 2", { x: [1, 3, 5, 4], w: [4, 3, 1, 1], options: { stride: 2 } }),
    conv2d("kernel as large as the image", { x: [2, 2, 3, 4], w: [3, 2, 3, 4], bias: 3 }),
    conv2d("size 1", { x: [1, 1, 1, 1], w: [1, 1, 1, 1], bias: 1 }),
    conv2d("size 1, all padding", { x: [1, 2, 1, 1], w: [3, 2, 3, 3], bias: 3, options: { padding: 1 } }),
    conv2d("height 1", { x: [2, 2, 1, 6], w: [3, 2, 1, 3] }),
    conv2d("stride 2", { x: [1, 3, 7, 5], w: [2, 3, 3, 3], bias: 2, options: { stride: 2 } }),
    conv2d("stride past the end", { x: [1, 2, 6, 7], w: [3, 2, 2, 2], options: { stride: 3 } }),
    conv2d("asymmetric", {
      x: [1, 2, 6, 7],
      w: [3, 2, 2, 3],
      bias: 3,
      options: { stride: [2, 1], padding: [0, 2], dilation: [1, 2] },
    }),
    conv2d("padding", { x: [2, 2, 3, 4], w: [3, 2, 3, 3], bias: 3, options: { padding: 1 } }),
    conv2d("padding beyond the kernel", { x: [1, 2, 2, 3], w: [3, 2, 2, 2], bias: 3, options: { padding: 3 } }),
    conv2d("dilation", { x: [1, 2, 7, 6], w: [3, 2, 3, 3], options: { dilation: 2 } }),
    conv2d("stride, padding, dilation", {
      x: [2, 2, 5, 6],
      w: [3, 2, 3, 2],
      bias: 3,
      options: { stride: 2, padding: 2, dilation: 3 },
    }),
    conv2d("same", { x: [1, 2, 4, 5], w: [3, 2, 3, 3], options: { padding: "same" } }),
    conv2d("same, even and dilated", {
      x: [1, 2, 4, 5],
      w: [3, 2, 2, 4],
      bias: 3,
      options: { padding: "same", dilation: [3, 1] },
    }),
    conv2d("valid", { x: [1, 2, 4, 5], w: [3, 2, 2, 4], options: { padding: "valid" } }),
    conv2d("groups", { x: [2, 4, 3, 4], w: [6, 2, 2, 2], bias: 6, options: { groups: 2 } }),
    conv2d("groups, stride, padding", {
      x: [1, 6, 4, 5],
      w: [6, 3, 3, 2],
      options: { groups: 2, stride: [1, 2], padding: 1 },
    }),
    conv2d("depthwise", { x: [2, 3, 4, 4], w: [3, 1, 3, 3], bias: 3, options: { groups: 3 } }),
    conv2d("depthwise, stride, padding, dilation", {
      x: [1, 3, 6, 5],
      w: [3, 1, 3, 2],
      bias: 3,
      options: { groups: 3, stride: [2, 3], padding: [1, 2], dilation: [2, 1] },
    }),
    conv2d("depthwise, two filters a channel", {
      x: [1, 3, 4, 5],
      w: [6, 1, 3, 3],
      bias: 6,
      options: { groups: 3, padding: 1 },
    }),
    conv2d("groups of 2 by 2", { x: [1, 4, 4, 3], w: [4, 2, 2, 2], options: { groups: 2, padding: 1 } }),
    conv2d("empty batch", { x: [0, 3, 5, 4], w: [4, 3, 3, 2], bias: 4 }),
    conv2d("empty batch, depthwise", { x: [0, 2, 5, 4], w: [2, 1, 3, 2], options: { groups: 2 } }),
    conv2d("images share a block", { x: [3, 2, 11, 13], w: [3, 2, 3, 3], bias: 3 }),
    conv2d("image larger than a block", { x: [1, 2, 18, 19], w: [3, 2, 3, 3], options: { padding: [0, 1] } }),
    nonFinite,
    {
      name: "uint8 images",
      inputs: { x: integers([1, 2, 4, 3], 7, "uint8"), w: uniform([3, 2, 2, 2]) },
      run: ({ x, w }) => x.conv2d(w),
      torch: "F.conv2d(x.to(w.dtype), w)",
    },
    {
      name: "x with itself",
      inputs: { x: uniform([2, 2, 3, 3]) },
      run: ({ x }) => x.conv2d(x, null, { padding: 1 }),
      torch: "F.conv2d(x, x, padding=1)",
    },
  ],
  convTranspose2d: [
    transposed("plain", { x: [2, 3, 3, 2], w: [3, 4, 2, 3], bias: 4 }),
    transposed("no bias", { x: [1, 3, 3, 3], w: [3, 2, 3, 3] }),
    transposed("one channel", { x: [2, 1, 3, 4], w: [1, 1, 3, 2], bias: 1 }),
    transposed("1x1 kernel", { x: [2, 3, 3, 2], w: [3, 5, 1, 1], bias: 5 }),
    transposed("size 1", { x: [1, 1, 1, 1], w: [1, 1, 1, 1], bias: 1 }),
    transposed("stride", { x: [1, 2, 3, 4], w: [2, 3, 2, 2], bias: 3, options: { stride: 2 } }),
    transposed("stride larger than the kernel", { x: [1, 2, 3, 2], w: [2, 3, 2, 1], bias: 3, options: { stride: 3 } }),
    transposed("padding", { x: [1, 2, 3, 4], w: [2, 3, 3, 3], options: { padding: 1 } }),
    transposed("outputPadding", {
      x: [2, 2, 3, 3],
      w: [2, 3, 3, 3],
      bias: 3,
      options: { stride: 2, padding: 1, outputPadding: 1 },
    }),
    transposed("outputPadding below dilation", {
      x: [1, 2, 3, 3],
      w: [2, 3, 2, 2],
      options: { dilation: 3, outputPadding: [1, 2] },
    }),
    transposed("asymmetric", {
      x: [1, 2, 3, 4],
      w: [2, 3, 3, 2],
      bias: 3,
      options: { stride: [2, 3], padding: [1, 0], outputPadding: [0, 2], dilation: [2, 1] },
    }),
    transposed("groups", { x: [2, 4, 2, 3], w: [4, 3, 2, 2], bias: 6, options: { groups: 2 } }),
    transposed("depthwise", {
      x: [1, 3, 3, 3],
      w: [3, 1, 3, 2],
      bias: 3,
      options: { groups: 3, stride: 2, outputPadding: 1 },
    }),
    transposed("empty batch", { x: [0, 3, 3, 2], w: [3, 4, 2, 3], bias: 4 }),
    transposed("images share a block", { x: [3, 2, 9, 11], w: [2, 3, 2, 2], bias: 3 }),
  ],
} satisfies Record<string, readonly [Case, ...Case[]]>;
