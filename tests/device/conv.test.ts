import { afterEach, describe, expect, test } from "vitest";
import {
  conv2d,
  convTranspose2d,
  type DType,
  device,
  emulator,
  type Tensor,
  tensor,
  tidy,
  vjp,
} from "../../src/index.js";
import { fewProcessors, native, processorCounts, withProcessors } from "../support/device.js";
import { callKernel } from "../support/operands.js";
import { expectProduct, floatKinds, type Mode, randomValues } from "../support/products.js";

interface Convolution {
  images: number;
  channels: number;
  filters: number;
  image: [number, number];
  kernel: [number, number];
  stride?: [number, number];
  padding?: [number, number];
  dilation?: [number, number];
  groups?: number;
}

/** A reference value and the sum of its products' magnitudes, for every element of the three results. */
class Reference {
  readonly values: Float64Array;
  readonly magnitudes: Float64Array;
  constructor(length: number) {
    this.values = new Float64Array(length);
    this.magnitudes = new Float64Array(length);
  }
  add(at: number, product: number): void {
    this.values[at] += product;
    this.magnitudes[at] += Math.abs(product);
  }
}

/** y, dx and dw of one convolution on the device, against loops in float64. Returns the device's results. */
function check(sizes: Convolution, dtype: DType, mode: Mode): Float64Array[] {
  const { images, channels, filters, image, kernel, groups = 1 } = sizes;
  const { stride = [1, 1], padding = [0, 0], dilation = [1, 1] } = sizes;
  return tidy(() => {
    const what = `${dtype} ${JSON.stringify(sizes)}`;
    const [height, width] = image;
    const [tall, wide] = kernel;
    const outOf = (axis: 0 | 1): number =>
      Math.floor((image[axis] + 2 * padding[axis] - dilation[axis] * (kernel[axis] - 1) - 1) / stride[axis]) + 1;
    const [outHeight, outWidth] = [outOf(0), outOf(1)];
    const [perGroup, filtersPerGroup] = [channels / groups, filters / groups];
    const make = (seed: number, shape: number[]): Tensor => {
      const length = shape.reduce((a, b) => a * b, 1);
      return tensor(randomValues(seed, length, dtype), { dtype }).reshape(shape);
    };
    const x = make(1, [images, channels, height, width]);
    const weight = make(2, [filters, perGroup, tall, wide]);
    const bias = make(3, [filters]);
    const dy = make(4, [images, filters, outHeight, outWidth]);
    const options = { stride, padding, dilation, groups };
    const y = conv2d(x, weight, bias, options);
    expect(y.shape, what).toEqual(dy.shape);
    const { pullback } = vjp((x: Tensor, weight: Tensor) => conv2d(x, weight, null, options))(x, weight);
    const results = [y, ...pullback(dy)].map((t) => Float64Array.from(t.dataSync()));

    const [xv, wv, bv, dyv] = [x, weight, bias, dy].map((t) => t.dataSync());
    const [yRef, dxRef, dwRef] = [dyv.length, xv.length, wv.length].map((length) => new Reference(length));
    for (let n = 0; n < images; n++)
      for (let f = 0; f < filters; f++)
        for (let p = 0; p < outHeight; p++)
          for (let q = 0; q < outWidth; q++) {
            const yAt = ((n * filters + f) * outHeight + p) * outWidth + q;
            yRef.add(yAt, bv[f]);
            for (let c = 0; c < perGroup; c++)
              for (let r = 0; r < tall; r++)
                for (let s = 0; s < wide; s++) {
                  const h = p * stride[0] - padding[0] + r * dilation[0];
                  const w = q * stride[1] - padding[1] + s * dilation[1];
                  if (h < 0 || h >= height || w < 0 || w >= width) continue;
                  const channel = Math.floor(f / filtersPerGroup) * perGroup + c;
                  const xAt = ((n * channels + channel) * height + h) * width + w;
                  const wAt = ((f * perGroup + c) * tall + r) * wide + s;
                  yRef.add(yAt, wv[wAt] * xv[xAt]);
                  dxRef.add(xAt, wv[wAt] * dyv[yAt]);
                  dwRef.add(wAt, xv[xAt] * dyv[yAt]);
                }
          }
    const depths = [perGroup * tall * wide + 1, filtersPerGroup * tall * wide, images * outHeight * outWidth];
    [yRef, dxRef, dwRef].forEach((reference, i) => {
      const name = `${["y", "dx", "dw"][i]} of ${what}`;
      expectProduct(name, results[i], reference.values, reference.magnitudes, depths[i], dtype, mode);
    });
    return results;
  });
}

// Every way through: whole and ragged tiles, lines of filters that are whole vectors and not, strides with and without
// taps in a phase, dilations that share a factor with the stride, groups, thin groups, borders wider than the image.
const convolutions: Convolution[] = [
  { images: 1, channels: 1, filters: 1, image: [1, 1], kernel: [1, 1] },
  { images: 2, channels: 3, filters: 5, image: [7, 6], kernel: [3, 2] },
  { images: 2, channels: 8, filters: 40, image: [9, 8], kernel: [3, 3], padding: [1, 1] },
  { images: 1, channels: 4, filters: 36, image: [8, 11], kernel: [1, 1] },
  { images: 2, channels: 5, filters: 7, image: [11, 10], kernel: [3, 4], stride: [2, 3], padding: [1, 2] },
  { images: 1, channels: 6, filters: 4, image: [9, 9], kernel: [1, 1], stride: [2, 2] },
  { images: 1, channels: 3, filters: 4, image: [13, 12], kernel: [3, 3], dilation: [2, 3], padding: [2, 0] },
  {
    images: 1,
    channels: 3,
    filters: 3,
    image: [12, 17],
    kernel: [3, 4],
    stride: [4, 6],
    dilation: [2, 4],
    padding: [5, 7],
  },
  { images: 2, channels: 6, filters: 8, image: [6, 5], kernel: [3, 3], groups: 2, padding: [1, 1] },
  { images: 2, channels: 4, filters: 8, image: [7, 7], kernel: [3, 3], groups: 4, stride: [2, 1], padding: [1, 1] },
  { images: 1, channels: 34, filters: 66, image: [9, 9], kernel: [3, 3], padding: [1, 1] },
  { images: 3, channels: 2, filters: 9, image: [2, 2], kernel: [5, 5], padding: [4, 4], stride: [3, 1] },
];

describe.runIf(device() !== "cpu")(`convolutions on ${device()}`, () => {
  afterEach(() => {
    native.setOptions({ convolution: "ieee" });
    if (native === emulator) native.setOptions({ capability: 90, shuffle: false });
  });

  describe.each(floatKinds)("$dtype, capability $capability, $mode", ({ dtype, capability, mode }) => {
    const prepare = (): void => {
      native.setOptions({ convolution: mode });
      if (native === emulator) native.setOptions({ capability });
    };

    test("y, dx and dw of every shape", () => {
      prepare();
      for (const sizes of convolutions) check(sizes, dtype, mode);
    });

    test("the largest tiles", () => {
      prepare();
      const sizes: Convolution = { images: 2, channels: 100, filters: 104, image: [16, 16], kernel: [1, 1] };
      withProcessors(fewProcessors, () => check(sizes, dtype, mode));
    });

    test.each(processorCounts)("long sums are split, and come out the same in every run; processors %i", (count) => {
      prepare();
      const sizes: Convolution = {
        images: 4,
        channels: 60,
        filters: 6,
        image: [14, 14],
        kernel: [3, 3],
        padding: [1, 1],
      };
      const run = (): Float64Array[] => withProcessors(count, () => check(sizes, dtype, mode));
      const [first, second] = [run(), run()];
      expect(second.every((values, i) => values.every((value, j) => Object.is(value, first[i][j])))).toBe(true);
    });
  });

  test("a transposed convolution is the gradient, plus a bias", () => {
    tidy(() => {
      const x = tensor(randomValues(1, 2 * 6 * 5 * 4, "float32"), { dtype: "float32" }).reshape([2, 6, 5, 4]);
      const weight = tensor(randomValues(2, 6 * 3 * 3 * 3, "float32"), { dtype: "float32" }).reshape([6, 3, 3, 3]);
      const bias = tensor([10, 20, 30]);
      const options = { stride: 2, padding: 1, outputPadding: 1 } as const;
      const [plain, raised] = [null, bias].map((b) => convTranspose2d(x, weight, b, options));
      const [low, high] = [plain.dataSync(), raised.dataSync()];
      const pixels = plain.shape[2] * plain.shape[3];
      for (let i = 0; i < low.length; i++)
        if (Math.abs(high[i] - low[i] - 10 * ((Math.floor(i / pixels) % 3) + 1)) > 1e-5)
          throw new Error(`element ${i}: ${low[i]}, with bias ${high[i]}`);
    });
  });

  test("what does not fit is refused before anything is touched", () => {
    const { addon } = native;
    const [x, w, y] = [addon.alloc(2 * 3 * 5 * 5, 0), addon.alloc(4 * 3 * 2 * 2, 0), addon.alloc(2 * 4 * 4 * 4, 0)];
    const call = (xDims: number[], wDims: number[], yDims: number[], steps: number[], groups: number): void => {
      callKernel(
        addon,
        "conv2d",
        x,
        w,
        null,
        y,
        xDims,
        wDims,
        yDims,
        steps.slice(0, 2),
        steps.slice(2, 4),
        steps.slice(4),
        groups,
      );
    };
    const [xDims, wDims, yDims, steps] = [
      [2, 3, 5, 5],
      [4, 3, 2, 2],
      [2, 4, 4, 4],
      [1, 1, 0, 0, 1, 1],
    ];
    expect(() => call(xDims, wDims, yDims, steps, 1)).not.toThrow();
    expect(() => call([2, 3, 5, 6], wDims, yDims, steps, 1)).toThrow(/conv2d: x must have 180 elements, got 150/);
    expect(() => call(xDims, wDims, [2, 4, 4, 5], steps, 1)).toThrow(/conv2d: y must have 160 elements, got 128/);
    expect(() => call(xDims, [4, 3, 2, 3], yDims, steps, 1)).toThrow(/conv2d: weight must have 72 elements, got 48/);
    expect(() => call(xDims, wDims, yDims, [0, 1, 0, 0, 1, 1], 1)).toThrow(/stride and dilation/);
    expect(() => call(xDims, wDims, yDims, [1, 1, 0, -1, 1, 1], 1)).toThrow(
      /conv2d: dimensions and padding must be at least 0/,
    );
    expect(() => call(xDims, wDims, yDims, steps, 2)).toThrow(/conv2d: /);
    expect(() => call(xDims, wDims, yDims, steps, 0)).toThrow(/groups/);
    expect(() => call(xDims, wDims, [2, 4, 16], steps, 1)).toThrow(/4 entries|3 entries/);
    // Far outside the image there are zeros, however far.
    expect(() => call(xDims, wDims, yDims, [2 ** 30, 1, 2 ** 30, 0, 1, 2 ** 30], 1)).not.toThrow();
    native.addon.sync();
    for (const handle of [x, w, y]) addon.free(handle);
  });
});
