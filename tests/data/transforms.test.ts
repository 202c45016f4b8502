import { describe, expect, test } from "vitest";
import { rotate } from "../../src/data/image/image-transforms.js";
import {
  ArgumentError,
  arrayDataset,
  compose,
  Generator,
  type HostArray,
  mixup,
  normalize,
  randomCrop,
  randomFlip,
  randomRotation,
  ShapeError,
  transformed,
} from "../../src/index.js";

const image = (height: number, width: number, channels = 1): HostArray => ({
  shape: [channels, height, width],
  data: Float32Array.from({ length: channels * height * width }, (_, i) => i + 1),
});
const values = ({ data }: HostArray): number[] => Array.from(data);

describe("normalize", () => {
  test("one mean for all, or one a channel", () => {
    expect(values(normalize(2, 4)(image(1, 3), new Generator()))).toEqual([-0.25, 0, 0.25]);
    expect(values(normalize([1, 3], [1, 2])(image(1, 2, 2), new Generator()))).toEqual([0, 1, 0, 0.5]);
  });

  test("refuses what does not fit", () => {
    expect(() => normalize(0, 0)).toThrow(ArgumentError);
    expect(() => normalize([0, 1], [1])).toThrow("as many means as stds, and at least one, got 2 and 1");
    expect(() => normalize(Number.NaN, 1)).toThrow("mean must be finite and std must be finite and positive");
    expect(() => normalize([0, 0], [1, 1])(image(2, 2, 3), new Generator())).toThrow(ShapeError);
  });
});

describe("randomCrop", () => {
  test("is a window of the padded image, at every place in turn", () => {
    const places = new Set<string>();
    const padded = (row: number, column: number): number =>
      row < 0 || row > 2 || column < 0 || column > 3 ? -1 : row * 4 + column + 1;
    for (let seed = 0; seed < 300; seed++) {
      const cropped = randomCrop(3, { padding: 1, fill: -1 })(image(3, 4), new Generator(seed));
      expect(cropped.shape).toEqual([1, 3, 3]);
      let found = "";
      for (let top = -1; top <= 1; top++)
        for (let left = -1; left <= 2; left++)
          if (values(cropped).every((v, i) => v === padded(top + Math.floor(i / 3), left + (i % 3))))
            found = `${top},${left}`;
      expect(found).not.toBe("");
      places.add(found);
    }
    expect(places.size).toBe(3 * 4);
  });

  test("moves all channels together", () => {
    const { data } = randomCrop([1, 2])(image(3, 3, 2), new Generator(4));
    expect(data[2] - data[0]).toBe(9);
  });

  test("refuses what does not fit", () => {
    expect(() => randomCrop(0)).toThrow(ArgumentError);
    expect(() => randomCrop(3, { padding: -1 })).toThrow("padding");
    expect(() => randomCrop(5)(image(3, 3), new Generator())).toThrow(
      "a crop of 5 x 5 does not fit in the image [1, 3, 3]",
    );
    expect(() => randomCrop(1)({ shape: [3], data: new Float32Array(3) }, new Generator())).toThrow(ShapeError);
  });
});

describe("randomFlip", () => {
  test("mirrors rows or columns, as often as it is told", () => {
    const flip = (p: number, direction?: "horizontal" | "vertical") => (seed: number) =>
      values(randomFlip({ p, direction })(image(2, 2, 2), new Generator(seed)));
    expect(flip(1)(0)).toEqual([2, 1, 4, 3, 6, 5, 8, 7]);
    expect(flip(1, "vertical")(0)).toEqual([3, 4, 1, 2, 7, 8, 5, 6]);
    expect(flip(0)(0)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const flipped = Array.from({ length: 1000 }, (_, seed) => flip(0.3)(seed)[0]).filter((v) => v === 2).length;
    expect(Math.abs(flipped - 300)).toBeLessThan(60);
    expect(() => randomFlip({ p: 1.5 })).toThrow(ArgumentError);
  });
});

describe("rotation", () => {
  test("by quarter turns moves pixels, counter-clockwise", () => {
    const quarter = rotate(image(3, 3), Math.PI / 2, 0);
    values(quarter).forEach((v, i) => void expect(v).toBeCloseTo([3, 6, 9, 2, 5, 8, 1, 4, 7][i], 5));
    values(rotate(image(2, 3), Math.PI, 0)).forEach((v, i) => void expect(v).toBeCloseTo(6 - i, 5));
  });

  test("between pixels is bilinear: a plane stays a plane", () => {
    const plane = (row: number, column: number): number => 3 * row - 2 * column;
    const side = 9;
    const data = Float64Array.from({ length: side * side }, (_, i) => plane(Math.floor(i / side) - 4, (i % side) - 4));
    const angle = 0.4;
    const turned = rotate({ shape: [side, side], data }, angle, 0);
    for (let row = -2; row <= 2; row++)
      for (let column = -2; column <= 2; column++) {
        // Counter-clockwise with rows downwards: (x, y) comes from (x cos - y sin, x sin + y cos).
        const from = plane(
          Math.cos(angle) * row + Math.sin(angle) * column,
          Math.cos(angle) * column - Math.sin(angle) * row,
        );
        expect(turned.data[(row + 4) * side + column + 4]).toBeCloseTo(from, 10);
      }
  });

  test("stays within its angle, fills the corners, and rounds bytes", () => {
    const white = { shape: [1, 9, 9], data: new Uint8Array(81).fill(255) };
    expect(values(randomRotation(0)(white, new Generator(1)))).toEqual(values(white));
    const turned = randomRotation(45, { fill: 7 })(white, new Generator(3));
    expect(turned.data).toBeInstanceOf(Uint8Array);
    expect(turned.data[0]).toBeLessThan(255);
    expect(turned.data[40]).toBe(255);
    expect(() => randomRotation(200)).toThrow(ArgumentError);
  });
});

describe("mixup", () => {
  const batch = { x: { shape: [4, 1], data: Float32Array.of(1, 2, 4, 8) }, y: Int32Array.of(0, 1, 2, 2) };
  const hostBatch = { x: batch.x, y: { shape: [4], data: batch.y } };

  test("mixes inputs and labels with the same weights", () => {
    for (let seed = 0; seed < 50; seed++) {
      const { x, y } = mixup({ classes: 3, alpha: 1 })(hostBatch, new Generator(seed));
      expect([x.shape, y.shape]).toEqual([
        [4, 1],
        [4, 3],
      ]);
      const partner = new Map<number, number>();
      for (let i = 0; i < 4; i++) {
        const row = values(y).slice(3 * i, 3 * i + 3);
        expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 6);
        // The weight of the own label gives the partner's value, which must be one of the batch.
        const own = row[batch.y[i]];
        const rest = own > 1 - 1e-6 ? null : (x.data[i] - own * batch.x.data[i]) / (1 - own);
        if (rest !== null) partner.set(i, rest);
      }
      for (const value of partner.values())
        expect(Math.min(...[1, 2, 4, 8].map((v) => Math.abs(v - value)))).toBeLessThan(0.02);
    }
  });

  test.each([0.2, 1, 4])("draws its weight from Beta(%d, %d)", (alpha) => {
    // With x = 0 and its partner 1 the mixed value is 1 - lambda; symmetric, so it has the same distribution.
    const two = { x: { shape: [2, 1], data: Float32Array.of(0, 1) }, y: { shape: [2], data: Int32Array.of(0, 1) } };
    const drawn: number[] = [];
    for (let seed = 0; drawn.length < 4000; seed++) {
      const { x } = mixup({ classes: 2, alpha })(two, new Generator(seed));
      if (x.data[0] !== 0 || x.data[1] !== 1) drawn.push(x.data[0]);
    }
    const mean = drawn.reduce((a, b) => a + b) / drawn.length;
    const variance = drawn.reduce((a, b) => a + (b - mean) ** 2, 0) / drawn.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.03);
    expect(Math.abs(variance - 1 / (4 * (2 * alpha + 1)))).toBeLessThan(0.01);
  });

  test("refuses what does not fit", () => {
    const apply = mixup({ classes: 2 });
    expect(() => apply(hostBatch, new Generator())).toThrow("label 2 is out of range for 2 classes");
    expect(() => apply({ x: hostBatch.x }, new Generator())).toThrow("no field y");
    expect(() => mixup({ classes: 0 })).toThrow(ArgumentError);
    expect(() => mixup({ classes: 2, alpha: 0 })).toThrow("alpha");
  });
});

test("transforms are applied to the fields named, in order, seeded", async () => {
  const dataset = transformed(
    arrayDataset({ x: { shape: [2, 2, 2], data: image(2, 2, 2).data }, y: Int32Array.of(5, 6) }),
    {
      x: [
        compose(normalize(1, 1), randomFlip({ p: 1 })),
        (value) => ({ ...value, data: Float32Array.from(value.data, (v) => 2 * v) }),
      ],
    },
  );
  expect(await dataset.get(1, new Generator())).toEqual({
    x: { shape: [2, 2], data: Float32Array.of(10, 8, 14, 12) },
    y: { shape: [], data: Int32Array.of(6) },
  });
  const wrong = transformed(dataset, { z: [] } as never);
  await expect(wrong.get(0, new Generator())).rejects.toThrow("sample 0 has no field z");
});
