import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ArgumentError, FileError, FormatError, type ImageSet, loadMnist, selectImages } from "../../src/index.js";
import { sharedData } from "../support/data.js";
import { withFolder } from "../support/disk.js";
import { gz, idx, images, labels } from "./files.js";

const withFiles = (files: Readonly<Record<string, Uint8Array>>, fn: (folder: string) => Promise<void>): Promise<void> =>
  withFolder(async (folder) => {
    for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
    await fn(folder);
  });

/** The numbers of the images of a set of `images(n)`: what their pixels say. */
const numbers = ({ images, count, height, width }: ImageSet): number[] =>
  Array.from({ length: count }, (_, i) => images[i * height * width]);

describe("a folder with both splits", () => {
  test.each<[string, Readonly<Record<string, Uint8Array>>]>([
    [
      "gzipped",
      {
        "train-images-idx3-ubyte.gz": gz(images(5)),
        "train-labels-idx1-ubyte.gz": gz(labels(5)),
        "t10k-images-idx3-ubyte.gz": gz(images(3)),
        "t10k-labels-idx1-ubyte.gz": gz(labels(3)),
      },
    ],
    [
      "unpacked, with a dot in the names, among other files",
      {
        "train-images.idx3-ubyte": images(5),
        "train-labels.idx1-ubyte": labels(5),
        "t10k-images.idx3-ubyte": images(3),
        "t10k-labels.idx1-ubyte.gz": gz(labels(3)),
        "README.md": Buffer.from("digits"),
      },
    ],
  ])("%s", async (_, files) => {
    await withFiles(files, async (folder) => {
      const { train, test: held, source, heldOut } = await loadMnist({ data: folder });
      expect([train.count, train.height, train.width, held.count]).toEqual([5, 2, 3, 3]);
      expect([numbers(train), numbers(held)]).toEqual([
        [0, 1, 2, 3, 4],
        [0, 1, 2],
      ]);
      expect(Array.from(train.labels)).toEqual([0, 1, 2, 3, 4]);
      expect([source, heldOut]).toEqual([folder, false]);
    });
  });
});

describe("a folder with one split", () => {
  const only = { "t10k-images-idx3-ubyte": images(100), "t10k-labels-idx1-ubyte": labels(100) };

  test("a tenth is held out, the same for the same seed, and no image is lost", async () => {
    await withFiles(only, async (folder) => {
      const first = await loadMnist({ data: folder, seed: 1 });
      const again = await loadMnist({ data: folder, seed: 1 });
      const other = await loadMnist({ data: folder, seed: 2 });
      expect([first.train.count, first.test.count, first.heldOut]).toEqual([90, 10, true]);
      expect(first).toEqual(again);
      expect(numbers(first.test)).not.toEqual(numbers(other.test));
      const all = [...numbers(first.train), ...numbers(first.test)];
      expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
      for (const set of [first.train, first.test])
        expect(Array.from(set.labels)).toEqual(numbers(set).map((i) => i % 10));
    });
  });

  test("another part, and never none or all", async () => {
    await withFiles(only, async (folder) => {
      expect((await loadMnist({ data: folder, holdOut: 0.25 })).test.count).toBe(25);
      expect((await loadMnist({ data: folder, holdOut: 1e-6 })).test.count).toBe(1);
      expect((await loadMnist({ data: folder, holdOut: 0.9999 })).train.count).toBe(1);
      for (const holdOut of [0, 1, -1, Number.NaN])
        await expect(loadMnist({ data: folder, holdOut })).rejects.toThrow(ArgumentError);
    });
  });

  test("the official 10,000 images", async (context) => {
    const { train, test: held } = await loadMnist({ data: sharedData(context, "mnist") });
    expect([train.count, held.count, held.height, held.width]).toEqual([9000, 1000, 28, 28]);
  });
});

describe("what is refused", () => {
  const train = { "train-images-idx3-ubyte": images(3), "train-labels-idx1-ubyte": labels(3) };
  test.each<[string, Readonly<Record<string, Uint8Array>>, typeof FormatError | typeof FileError, RegExp]>([
    ["no files", { "other.txt": new Uint8Array(1) }, FileError, /has no MNIST files/],
    [
      "images without labels",
      { "train-images-idx3-ubyte": images(3) },
      FileError,
      /has train-images-idx3-ubyte, but no train labels/,
    ],
    ["labels without images", { ...train, "t10k-labels-idx1-ubyte": labels(3) }, FileError, /but no t10k images/],
    [
      "more labels than images",
      { ...train, "train-labels-idx1-ubyte": labels(4) },
      FormatError,
      /3 images, but 4 labels/,
    ],
    ["a label of 10", { ...train, "train-labels-idx1-ubyte": idx(8, [3], [9, 10, 0]) }, FormatError, /label 1 is 10/],
    [
      "labels of two axes",
      { ...train, "train-labels-idx1-ubyte": idx(8, [3, 1], [1, 2, 3]) },
      FormatError,
      /labels must be bytes of shape \[count\], got Uint8Array \[3, 1\]/,
    ],
    [
      "labels that are no bytes",
      { ...train, "train-labels-idx1-ubyte": idx(9, [3], [1, 2, 3]) },
      FormatError,
      /got Int8Array/,
    ],
    [
      "images of one axis",
      { ...train, "train-images-idx3-ubyte": labels(3) },
      FormatError,
      /images must be bytes of shape/,
    ],
    [
      "no images",
      { "train-images-idx3-ubyte": images(0), "train-labels-idx1-ubyte": labels(0) },
      FormatError,
      /images must be bytes of shape/,
    ],
    [
      "one image, which cannot be split",
      { "train-images-idx3-ubyte": images(1), "train-labels-idx1-ubyte": labels(1) },
      FormatError,
      /at least 2 are needed/,
    ],
    [
      "a truncated file",
      { ...train, "train-images-idx3-ubyte": images(3).subarray(0, 20) },
      FormatError,
      /train-images-idx3-ubyte: the file is truncated/,
    ],
    [
      "images of two sizes",
      {
        ...train,
        "t10k-images-idx3-ubyte": idx(8, [1, 3, 2], new Array(6).fill(0)),
        "t10k-labels-idx1-ubyte": labels(1),
      },
      FormatError,
      /2 x 3 pixels, but the test images have 3 x 2/,
    ],
  ])("%s", async (_, files, type, message) => {
    await withFiles(files, async (folder) => {
      const loading = loadMnist({ data: folder });
      await expect(loading).rejects.toThrow(type);
      await expect(loading).rejects.toThrow(message);
    });
  });

  test("a folder that is not there, or is a file", async () => {
    await withFiles({ file: new Uint8Array(1) }, async (folder) => {
      await expect(loadMnist({ data: join(folder, "none") })).rejects.toThrow(/loadMnist: cannot read .*ENOENT/);
      await expect(loadMnist({ data: join(folder, "file") })).rejects.toThrow(FileError);
      await mkdir(join(folder, "train-images-idx3-ubyte"));
      await writeFile(join(folder, "train-labels-idx1-ubyte"), labels(1));
      await expect(loadMnist({ data: folder })).rejects.toThrow(/EISDIR/);
    });
  });
});

describe("selectImages", () => {
  const set: ImageSet = {
    images: Uint8Array.of(1, 2, 3, 4, 5, 6),
    labels: Uint8Array.of(7, 8, 9),
    count: 3,
    height: 1,
    width: 2,
  };

  test("images in any order, also twice", () => {
    const { images: pixels, labels: digits, count } = selectImages(set, [2, 0, 2]);
    expect([Array.from(pixels), Array.from(digits), count]).toEqual([[5, 6, 1, 2, 5, 6], [9, 7, 9], 3]);
  });

  test.each([-1, 3, 0.5, Number.NaN])("index %s is refused", (index) => {
    expect(() => selectImages(set, [index])).toThrow(ArgumentError);
  });
});
