/** Cases of the pooling ops maxPool2d, avgPool2d and adaptiveAvgPool2d. */
import type { AvgPool2dOptions, MaxPool2dOptions, Shape, Size2d } from "../../../src/index.js";
import { type Case, distinct, given, integers, uniform } from "../case.js";
import { keywords } from "../keywords.js";

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

/** Of distinct elements, so that a small step changes no maximum. */
const maximum = (name: string, x: Shape, size: Size2d, options: MaxPool2dOptions = {}): Case => ({
  name,
  inputs: { x: distinct(x) },
  run: ({ x }) => x.maxPool2d(size, options),
  torch: `F.max_pool2d(x, ${JSON.stringify(size)}${keywords(options)})`,
});

const average = (name: string, x: Shape, size: Size2d, options: AvgPool2dOptions = {}): Case => ({
  name,
  inputs: { x: uniform(x) },
  run: ({ x }) => x.avgPool2d(size, options),
  torch: `F.avg_pool2d(x, ${JSON.stringify(size)}${keywords(options)})`,
});

const adaptive = (name: string, x: Shape, size: Size2d): Case => ({
  name,
  inputs: { x: uniform(x) },
  run: ({ x }) => x.adaptiveAvgPool2d(size),
  torch: `F.adaptive_avg_pool2d(x, ${JSON.stringify(size)})`,
});

const nonFinite = given([1, 1, 4, 4], [nan, 1, -inf, -inf, 2, 3, -inf, -inf, inf, 5, nan, 6, 7, inf, 8, nan]);

export const pool = {
  maxPool2d: [
    maximum("plain", [2, 3, 4, 4], 2),
    maximum("odd sizes", [1, 2, 5, 7], 2),
    maximum("window of 1", [1, 2, 3, 2], 1),
    maximum("size 1", [1, 1, 1, 1], 1),
    maximum("whole image", [2, 2, 3, 4], [3, 4]),
    maximum("overlapping", [1, 2, 6, 5], 3, { stride: 1 }),
    maximum("stride larger than the window", [1, 2, 7, 7], 2, { stride: 3 }),
    maximum("asymmetric", [1, 2, 6, 7], [2, 3], { stride: [3, 2], padding: [1, 0] }),
    maximum("padding", [2, 1, 4, 5], 3, { stride: 2, padding: 1 }),
    maximum("dilation", [1, 2, 7, 6], 2, { stride: 1, dilation: [3, 2] }),
    maximum("dilation and padding", [1, 1, 6, 7], 3, { stride: 2, padding: [1, 0], dilation: 2 }),
    maximum("ceilMode", [1, 2, 5, 6], 2, { stride: 3, ceilMode: true }),
    maximum("ceilMode, padding", [1, 2, 5, 4], 3, { stride: 2, padding: 1, ceilMode: true }),
    maximum("ceilMode, window larger than the image", [1, 2, 3, 5], 4, { stride: 2, ceilMode: true }),
    maximum("empty batch", [0, 2, 4, 4], 2),
    {
      ...maximum("negative, padded", [1, 1, 2, 2], 2),
      inputs: { x: given([1, 1, 3, 3], [-1, -2, -3, -4, -5, -6, -7, -8, -9]) },
      run: ({ x }) => x.maxPool2d(2, { padding: 1 }),
      torch: "F.max_pool2d(x, 2, padding=1)",
    },
    {
      ...maximum("ties", [1, 1, 4, 4], 2),
      inputs: { x: given([1, 1, 4, 4], [1, 1, 2, 3, 1, 1, 3, 3, 0, 5, 4, 4, 5, 5, 4, 0]) },
      skipGradcheck: "equal elements: the maximum has a kink",
    },
    {
      ...maximum("NaN and infinity", [1, 1, 4, 4], 2),
      inputs: { x: nonFinite },
      skipGradcheck: "infinite values",
    },
    {
      name: "int32",
      inputs: { x: integers([1, 2, 4, 4], 9) },
      run: ({ x }) => x.maxPool2d(2),
      torch: "F.max_pool2d(x, 2)",
    },
  ],
  avgPool2d: [
    average("plain", [2, 3, 4, 4], 2),
    average("odd sizes", [1, 2, 5, 7], 2),
    average("window of 1", [1, 2, 3, 2], 1),
    average("size 1", [1, 1, 1, 1], 1),
    average("whole image", [2, 2, 3, 4], [3, 4]),
    average("overlapping", [1, 2, 6, 5], 3, { stride: 1 }),
    average("asymmetric", [1, 2, 6, 7], [2, 3], { stride: [3, 2], padding: [1, 0] }),
    average("padding", [2, 1, 4, 5], 3, { stride: 2, padding: 1 }),
    average("padding not counted", [2, 1, 4, 5], 3, { stride: 2, padding: 1, countIncludePad: false }),
    average("ceilMode", [1, 2, 5, 6], 2, { stride: 3, ceilMode: true }),
    average("ceilMode, padding", [1, 2, 5, 4], 3, { stride: 2, padding: 1, ceilMode: true }),
    average("ceilMode, past the padding", [1, 1, 4, 6], 3, { stride: 3, padding: 1, ceilMode: true }),
    average("ceilMode, padding not counted", [1, 1, 4, 6], 3, {
      stride: 3,
      padding: 1,
      ceilMode: true,
      countIncludePad: false,
    }),
    average("empty batch", [0, 2, 4, 4], 2),
    {
      ...average("NaN and infinity", [1, 1, 4, 4], 2),
      inputs: { x: nonFinite },
      skipGradcheck: "infinite values",
    },
    {
      name: "uint8",
      inputs: { x: integers([1, 2, 4, 4], 9, "uint8") },
      run: ({ x }) => x.avgPool2d(2),
      torch: "F.avg_pool2d(x.double(), 2)",
    },
  ],
  adaptiveAvgPool2d: [
    adaptive("plain", [2, 2, 5, 7], [3, 2]),
    adaptive("global", [2, 3, 4, 3], 1),
    adaptive("sizes divide", [1, 2, 6, 4], [3, 2]),
    adaptive("same size", [1, 2, 3, 4], [3, 4]),
    adaptive("larger than the image", [1, 2, 3, 2], [4, 5]),
    adaptive("size 1", [1, 1, 1, 1], 1),
    adaptive("empty batch", [0, 2, 4, 4], 2),
    {
      ...adaptive("NaN and infinity", [1, 1, 4, 4], 2),
      inputs: { x: nonFinite },
      skipGradcheck: "infinite values",
    },
  ],
} satisfies Record<string, readonly [Case, ...Case[]]>;
