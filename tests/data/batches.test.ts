import { describe, expect, test } from "vitest";
import {
  ArgumentError,
  Batches,
  type BatchOptions,
  Generator,
  type ImageSet,
  manualSeed,
  memory,
  mnistPixels,
  Tape,
  type Tensor,
} from "../../src/index.js";

/** Image i is (i, i + 1, ..., i + 5) on 2 x 3 pixels and has the label i. */
const numbered = (count: number): ImageSet => ({
  images: Uint8Array.from({ length: 6 * count }, (_, p) => Math.floor(p / 6) + (p % 6)),
  labels: Uint8Array.from({ length: count }, (_, i) => i),
  count,
  height: 2,
  width: 3,
});

/** The labels of each batch of an epoch. */
const epoch = (batches: Batches): number[][] => Array.from(batches, ({ y }) => Array.from(y.dataSync()));

describe("Batches", () => {
  test("images in [0, 1] of shape (B, 1, H, W), labels as int32, in order", () => {
    const seen: unknown[] = [];
    for (const { x, y } of new Batches(numbered(5), { batch: 2 })) {
      expect([x.dtype, y.dtype, y.shape]).toEqual(["float32", "int32", [x.shape[0]]]);
      const first = y.dataSync()[0];
      expect(Array.from(x.dataSync().subarray(0, 6))).toEqual(
        Array.from({ length: 6 }, (_, p) => Math.fround((first + p) / 255)),
      );
      seen.push([x.shape, Array.from(y.dataSync())]);
    }
    expect(seen).toEqual([
      [
        [2, 1, 2, 3],
        [0, 1],
      ],
      [
        [2, 1, 2, 3],
        [2, 3],
      ],
      [[1, 1, 2, 3], [4]],
    ]);
  });

  test("normalised as in torchvision's Normalize((0.1307,), (0.3081,))", () => {
    const [batch] = Array.from(new Batches(numbered(1), { batch: 1, normalize: mnistPixels }), ({ x }) =>
      Array.from(x.dataSync()),
    );
    batch.forEach((value, p) => void expect(value).toBeCloseTo((p / 255 - 0.1307) / 0.3081, 6));
  });

  test.each([
    [{ batch: 4 }, [4, 4, 2]],
    [{ batch: 4, dropLast: true }, [4, 4]],
    [{ batch: 5, dropLast: true }, [5, 5]],
    [{ batch: 10 }, [10]],
    [{ batch: 11 }, [10]],
    [{ batch: 11, dropLast: true }, []],
  ])("%o of 10 images: batches of %o", (options, sizes) => {
    const batches = new Batches(numbered(10), options);
    expect(epoch(batches).map((labels) => labels.length)).toEqual(sizes);
    expect(batches.length).toBe(sizes.length);
  });

  test("shuffled: each image once an epoch, each epoch in another order, the same for the same seed", () => {
    const shuffled = (seed: number): Batches =>
      new Batches(numbered(50), { batch: 8, shuffle: true, generator: new Generator(seed) });
    const [first, second] = [shuffled(1), shuffled(1)];
    const epochs = [epoch(first), epoch(first)];
    expect([epoch(second), epoch(second)]).toEqual(epochs);
    expect(epochs[0]).not.toEqual(epochs[1]);
    expect(epoch(shuffled(2))).not.toEqual(epochs[0]);
    for (const labels of epochs)
      expect(labels.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  test("images and labels stay together when they are shuffled", () => {
    for (const { x, y } of new Batches(numbered(50), { batch: 8, shuffle: true, generator: new Generator(3) })) {
      const [pixels, labels] = [x.dataSync(), y.dataSync()];
      labels.forEach((label, i) => void expect(Math.round(pixels[6 * i] * 255)).toBe(label));
    }
  });

  test("without a generator the order is the default generator's", () => {
    const batches = new Batches(numbered(30), { batch: 30, shuffle: true });
    manualSeed(5);
    const first = epoch(batches);
    manualSeed(5);
    expect(epoch(batches)).toEqual(first);
  });

  test("a batch is freed when the next is asked for, and when the loop ends early", () => {
    const before = memory().tensors;
    const seen: Tensor[] = [];
    for (const { x } of new Batches(numbered(10), { batch: 2 })) {
      expect(memory().tensors).toBe(before + 2);
      expect(x.disposed).toBe(false);
      seen.push(x);
      if (seen.length === 3) break;
    }
    expect(seen.map(({ disposed }) => disposed)).toEqual([true, true, true]);
    expect(memory().tensors).toBe(before);
  });

  test("a batch can be kept, and used on a tape", () => {
    const kept: Tensor[] = [];
    for (const { x } of new Batches(numbered(4), { batch: 2 })) {
      using tape = new Tape();
      const w = x.ones().keep();
      w.requiresGrad = true;
      const [gradient] = tape.gradients(w.mul(x).sum(), [w]);
      expect(gradient.dataSync()).toEqual(x.dataSync());
      kept.push(x.detach().keep());
    }
    expect(kept.map((x) => Math.round(x.dataSync()[0] * 255))).toEqual([0, 2]);
  });

  const set = numbered(3);
  test.each<[string, ImageSet, BatchOptions, RegExp]>([
    ["a batch of 0", set, { batch: 0 }, /batch must be a positive integer, got 0/],
    ["half an image", set, { batch: 1.5 }, /got 1.5/],
    ["a batch of NaN", set, { batch: Number.NaN }, /got NaN/],
    ["no images", numbered(0), { batch: 1 }, /has no images/],
    [
      "too few labels",
      { ...set, labels: new Uint8Array(2) },
      { batch: 1 },
      /3 images of 2 x 3, but 18 pixels and 2 labels/,
    ],
    ["too few pixels", { ...set, width: 4 }, { batch: 1 }, /3 images of 2 x 4, but 18 pixels/],
    ["a std of 0", set, { batch: 1, normalize: { mean: 0, std: 0 } }, /a finite positive std/],
    ["a mean of NaN", set, { batch: 1, normalize: { mean: Number.NaN, std: 1 } }, /finite mean/],
  ])("%s is refused", (_, images, options, message) => {
    expect(() => new Batches(images, options)).toThrow(ArgumentError);
    expect(() => new Batches(images, options)).toThrow(message);
  });
});
