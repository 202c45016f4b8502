import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  ArgumentError,
  type ConvTranspose2dOptions,
  memory,
  Scope,
  type Shape,
  ShapeError,
  type Tensor,
  zeros,
} from "../../src/index.js";

let scope: Scope;
beforeEach(() => {
  scope = new Scope();
});
afterEach(() => scope[Symbol.dispose]());

/** Expects an error of this class and exactly this message, and no memory taken. Integers would be converted first. */
function refuses(run: () => Tensor, kind: typeof ShapeError | typeof ArgumentError, message: string): void {
  const before = memory();
  expect(run).toThrow(new kind(message));
  expect(run).toThrow(kind);
  expect(memory()).toEqual(before);
}

const images = (...shape: Shape): Tensor => zeros(shape, { dtype: "uint8" });

describe("conv2d refuses", () => {
  const shapes: [what: string, x: Shape, weight: Shape, bias: Shape | null, groups: number, message: string][] = [
    ["x of three axes", [3, 8, 8], [4, 3, 3, 3], null, 1, "x must have shape (N, C, H, W), got [3, 8, 8]"],
    [
      "a weight of three axes",
      [1, 3, 8, 8],
      [4, 3, 3],
      null,
      1,
      "weight must have shape (K, C/groups, R, S), got [4, 3, 3]",
    ],
    [
      "channels that differ",
      [1, 4, 8, 8],
      [4, 3, 3, 3],
      null,
      1,
      "x has 4 channels, but weight expects 3: x [1, 4, 8, 8], weight [4, 3, 3, 3]",
    ],
    [
      "channels that groups do not divide",
      [1, 5, 8, 8],
      [4, 2, 3, 3],
      null,
      2,
      "x has 5 channels, but weight expects 2 groups of 2: x [1, 5, 8, 8], weight [4, 2, 3, 3]",
    ],
    [
      "filters that groups do not divide",
      [1, 4, 8, 8],
      [5, 2, 3, 3],
      null,
      2,
      "the number of output channels must be divisible by groups, got 5 channels and 2 groups",
    ],
    [
      "a bias of another size",
      [1, 3, 8, 8],
      [4, 3, 3, 3],
      [3],
      1,
      "bias must have shape [4], one value for each output channel, got [3]",
    ],
    [
      "a bias of two axes",
      [1, 3, 8, 8],
      [4, 3, 3, 3],
      [4, 1],
      1,
      "bias must have shape [4], one value for each output channel, got [4, 1]",
    ],
    ["an empty kernel", [1, 3, 8, 8], [4, 3, 0, 3], null, 1, "the kernel must not be empty, got weight [4, 3, 0, 3]"],
    [
      "a kernel larger than the image",
      [1, 3, 2, 8],
      [4, 3, 3, 3],
      null,
      1,
      "the kernel [3, 3] is larger than the padded image [2, 8]",
    ],
    ["an empty image", [1, 3, 0, 8], [4, 3, 1, 1], null, 1, "the kernel [1, 1] is larger than the padded image [0, 8]"],
  ];
  for (const [what, x, weight, bias, groups, message] of shapes)
    test(what, () => {
      const [xs, ws, bs] = [images(...x), zeros(weight), bias && zeros(bias)];
      refuses(() => xs.conv2d(ws, bs, { groups }), ShapeError, `conv2d: ${message}`);
    });

  test("a dilated kernel larger than the padded image", () => {
    const [x, w] = [images(1, 1, 5, 9), zeros([1, 1, 3, 3])];
    refuses(
      () => x.conv2d(w, null, { dilation: 4, padding: [1, 0] }),
      ShapeError,
      "conv2d: the kernel [3, 3] with dilation [4, 4] is larger than the padded image [7, 9]",
    );
  });

  const options: [what: string, options: object, message: string][] = [
    ["stride 0", { stride: 0 }, "each number in stride must be a positive integer, got [0, 0]"],
    [
      "a stride that is no integer",
      { stride: [1, 1.5] },
      "each number in stride must be a positive integer, got [1, 1.5]",
    ],
    ["three strides", { stride: [1, 1, 1] }, "stride must be one number or 2 numbers, got [1, 1, 1]"],
    ["negative padding", { padding: -1 }, "each number in padding must be a non-negative integer, got [-1, -1]"],
    ["dilation 0", { dilation: [1, 0] }, "each number in dilation must be a positive integer, got [1, 0]"],
    ["groups 0", { groups: 0 }, "groups must be a positive integer, got 0"],
    ["groups that are no integer", { groups: 1.5 }, "groups must be a positive integer, got 1.5"],
    ['padding "same" with a stride', { padding: "same", stride: 2 }, 'padding "same" requires stride 1, got [2, 2]'],
    ["an unknown padding", { padding: "full" }, 'padding must be a size, "same" or "valid", got "full"'],
  ];
  for (const [what, given, message] of options)
    test(what, () => {
      const [x, w] = [images(1, 2, 5, 5), zeros([2, 2, 3, 3])];
      refuses(() => x.conv2d(w, null, given), ArgumentError, `conv2d: ${message}`);
    });
});

describe("conv1d refuses", () => {
  test("images", () => {
    const [x, w] = [images(1, 2, 5, 5), zeros([2, 2, 3])];
    refuses(() => x.conv1d(w), ShapeError, "conv1d: x must have shape (N, C, L), got [1, 2, 5, 5]");
  });
  test("a weight of images", () => {
    const [x, w] = [images(1, 2, 5), zeros([2, 2, 3, 3])];
    refuses(() => x.conv1d(w), ShapeError, "conv1d: weight must have shape (K, C/groups, S), got [2, 2, 3, 3]");
  });
  test("a kernel longer than the sequence", () => {
    const [x, w] = [images(1, 2, 3), zeros([2, 2, 6])];
    refuses(
      () => x.conv1d(w, null, { padding: 1 }),
      ShapeError,
      "conv1d: the kernel [6] is larger than the padded image [5]",
    );
  });
});

describe("convTranspose2d refuses", () => {
  const cases: [
    what: string,
    x: Shape,
    weight: Shape,
    options: ConvTranspose2dOptions,
    kind: typeof ShapeError | typeof ArgumentError,
    message: string,
  ][] = [
    [
      "channels that differ",
      [1, 3, 4, 4],
      [2, 3, 3, 3],
      {},
      ShapeError,
      "x has 3 channels, but weight expects 2: x [1, 3, 4, 4], weight [2, 3, 3, 3]",
    ],
    [
      "groups that do not divide",
      [1, 3, 4, 4],
      [3, 2, 3, 3],
      { groups: 2 },
      ShapeError,
      "the number of input channels must be divisible by groups, got 3 channels and 2 groups",
    ],
    [
      "outputPadding as large as the stride",
      [1, 2, 4, 4],
      [2, 3, 3, 3],
      { stride: 2, outputPadding: [1, 2] },
      ArgumentError,
      "outputPadding must be smaller than the stride or the dilation, got [1, 2] for stride [2, 2] and dilation [1, 1]",
    ],
    [
      "padding that leaves nothing",
      [1, 2, 2, 2],
      [2, 3, 2, 2],
      { padding: [1, 2] },
      ShapeError,
      "images must not be empty: input size [2, 2] with padding [1, 2] gives output size [1, -1]",
    ],
  ];
  for (const [what, x, weight, options, kind, message] of cases)
    test(what, () => {
      const [xs, ws] = [images(...x), zeros(weight)];
      refuses(() => xs.convTranspose2d(ws, null, options), kind, `convTranspose2d: ${message}`);
    });
  test("a bias of another size", () => {
    const [x, w, b] = [images(1, 2, 4, 4), zeros([2, 3, 3, 3]), zeros([3])];
    refuses(
      () => x.convTranspose2d(w, b, { groups: 2 }),
      ShapeError,
      "convTranspose2d: bias must have shape [6], one value for each output channel, got [3]",
    );
  });
});

describe("pooling refuses", () => {
  test("x of three axes", () => {
    const x = images(2, 4, 4);
    refuses(() => x.maxPool2d(2), ShapeError, "maxPool2d: x must have shape (N, C, H, W), got [2, 4, 4]");
    refuses(() => x.avgPool2d(2), ShapeError, "avgPool2d: x must have shape (N, C, H, W), got [2, 4, 4]");
    refuses(
      () => x.adaptiveAvgPool2d(2),
      ShapeError,
      "adaptiveAvgPool2d: x must have shape (N, C, H, W), got [2, 4, 4]",
    );
  });
  test("a window larger than the image", () => {
    const x = images(1, 1, 3, 4);
    refuses(() => x.maxPool2d(4), ShapeError, "maxPool2d: the kernel [4, 4] is larger than the padded image [3, 4]");
    refuses(
      () => x.avgPool2d([4, 2]),
      ShapeError,
      "avgPool2d: the kernel [4, 2] is larger than the padded image [3, 4]",
    );
  });
  test("a window of 0 and a stride of 0", () => {
    const x = images(1, 1, 3, 4);
    refuses(
      () => x.maxPool2d(0),
      ArgumentError,
      "maxPool2d: each number in kernelSize must be a positive integer, got [0, 0]",
    );
    refuses(
      () => x.avgPool2d(2, { stride: [0, 1] }),
      ArgumentError,
      "avgPool2d: each number in stride must be a positive integer, got [0, 1]",
    );
  });
  test("padding over half the window", () => {
    const x = images(1, 1, 6, 6);
    const message = "padding must not exceed half of kernelSize, got padding [1, 2] for kernelSize [3, 3]";
    refuses(() => x.maxPool2d(3, { padding: [1, 2] }), ArgumentError, `maxPool2d: ${message}`);
    refuses(() => x.avgPool2d(3, { padding: [1, 2] }), ArgumentError, `avgPool2d: ${message}`);
  });
  test("a window that sees only padding", () => {
    const x = images(1, 1, 2, 2);
    refuses(
      () => x.maxPool2d(2, { padding: 1, dilation: 3 }),
      ShapeError,
      "maxPool2d: window 0 along axis 2 covers no element of the image [2, 2]; use less padding or dilation",
    );
    const empty = images(1, 1, 0, 4);
    refuses(
      () => empty.avgPool2d(2, { padding: 1 }),
      ShapeError,
      "avgPool2d: window 0 along axis 2 covers no element of the image [0, 4]; use less padding or dilation",
    );
  });
  test("an adaptive output of 0, and an empty image", () => {
    const x = images(1, 1, 3, 4);
    refuses(
      () => x.adaptiveAvgPool2d([0, 1]),
      ArgumentError,
      "adaptiveAvgPool2d: each number in outputSize must be a positive integer, got [0, 1]",
    );
    const empty = images(1, 1, 0, 4);
    refuses(
      () => empty.adaptiveAvgPool2d(1),
      ShapeError,
      "adaptiveAvgPool2d: the images of x must not be empty, got [1, 1, 0, 4]",
    );
  });
});
