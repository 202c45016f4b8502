import { describe, expect, test } from "vitest";
import { ArgumentError, drawDigits, type ImageSet } from "../../src/index.js";

const pixels = 28 * 28;
const imageOf = ({ images }: ImageSet, i: number): Uint8Array => images.subarray(i * pixels, (i + 1) * pixels);

/** The mean image of each digit. */
function means(set: ImageSet): Float64Array[] {
  const sums = Array.from({ length: 10 }, () => new Float64Array(pixels));
  for (let i = 0; i < set.count; i++) {
    const sum = sums[set.labels[i]];
    imageOf(set, i).forEach((value, p) => {
      sum[p] += (10 * value) / set.count;
    });
  }
  return sums;
}

const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let p = 0; p < pixels; p++) sum += (a[p] - b[p]) ** 2;
  return sum;
};

describe("drawDigits", () => {
  const set = drawDigits(1000, 1);

  test("the same seed draws the same images, another seed others", () => {
    expect(drawDigits(50, 3)).toEqual(drawDigits(50, 3));
    expect(drawDigits(50, 4).images).not.toEqual(drawDigits(50, 3).images);
    expect(drawDigits(50, 1).images).toEqual(set.images.subarray(0, 50 * pixels));
  });

  test("every digit as often as the others, in the shape of MNIST", () => {
    expect([set.count, set.height, set.width, set.images.length, set.labels.length]).toEqual([
      1000, 28, 28, 784_000, 1000,
    ]);
    for (let digit = 0; digit < 10; digit++) expect(set.labels.filter((label) => label === digit).length).toBe(100);
    expect(drawDigits(0)).toMatchObject({ count: 0, height: 28, width: 28 });
  });

  test("no two images are the same", () => {
    const distinct = new Set(
      Array.from({ length: set.count }, (_, i) => Buffer.from(imageOf(set, i)).toString("base64")),
    );
    expect(distinct.size).toBe(1000);
  });

  test("white strokes with soft edges on black, as much ink as in MNIST, clear of the border", () => {
    let ink = 0;
    for (let i = 0; i < set.count; i++) {
      const image = imageOf(set, i);
      expect(Math.max(...image)).toBeGreaterThan(200);
      expect(image.filter((value) => value > 0 && value < 255).length).toBeGreaterThan(10);
      for (let k = 0; k < 28; k++) expect(image[k] + image[27 * 28 + k] + image[28 * k] + image[28 * k + 27]).toBe(0);
      ink += image.reduce((sum, value) => sum + value, 0) / 255 / pixels;
    }
    expect(ink / set.count).toBeGreaterThan(0.09); // MNIST: 0.13
    expect(ink / set.count).toBeLessThan(0.17);
  });

  test("the digits can be told apart, but not by their mean images alone", () => {
    const known = means(set);
    const other = drawDigits(500, 2);
    let right = 0;
    for (let i = 0; i < other.count; i++) {
      const distances = known.map((mean) => distance(mean, imageOf(other, i)));
      if (distances.indexOf(Math.min(...distances)) === other.labels[i]) right++;
    }
    expect(right / other.count).toBeGreaterThan(0.6);
    expect(right / other.count).toBeLessThan(0.95);
  });

  test("6,000 digits in a few seconds", () => {
    const start = performance.now();
    drawDigits(6000);
    expect(performance.now() - start).toBeLessThan(15_000);
  });

  test.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])("a count of %s is refused", (count) => {
    expect(() => drawDigits(count)).toThrow(ArgumentError);
  });

  test.each([-1, 0.5, 2 ** 53])("a seed of %s is refused", (seed) => {
    expect(() => drawDigits(1, seed)).toThrow(ArgumentError);
  });
});
