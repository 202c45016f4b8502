import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeIdx, FileError, FormatError, readIdx } from "../../src/index.js";
import { sharedData } from "../support/data.js";
import { withFolder } from "../support/disk.js";
import { gz, idx, images } from "./files.js";

describe("the types of IDX, big-endian", () => {
  test.each([
    ["uint8", 8, [0, 255], Uint8Array.of(0, 255)],
    ["int8", 9, [127, 128], Int8Array.of(127, -128)],
    ["int16", 11, [1, 2, 255, 254], Int16Array.of(258, -2)],
    ["int32", 12, [1, 2, 3, 4, 255, 255, 255, 255], Int32Array.of(0x01020304, -1)],
    ["float32", 13, [0x3f, 0xc0, 0, 0, 0xff, 0x80, 0, 0], Float32Array.of(1.5, Number.NEGATIVE_INFINITY)],
    [
      "float64",
      14,
      [0x40, 9, 0x21, 0xfb, 0x54, 0x44, 0x2d, 0x18, 0x80, 0, 0, 0, 0, 0, 0, 0],
      Float64Array.of(Math.PI, -0),
    ],
  ] as const)("%s", (_, code, elements, data) => {
    const bytes = idx(code, [2, 1], elements);
    expect(decodeIdx(bytes)).toEqual({ shape: [2, 1], data });
    expect(decodeIdx(gz(bytes))).toEqual({ shape: [2, 1], data });
  });

  test("no elements, and bytes that begin at an odd address", () => {
    expect(decodeIdx(idx(14, [0, 5], []))).toEqual({ shape: [0, 5], data: new Float64Array(0) });
    const shifted = Buffer.concat([Buffer.of(9), idx(11, [1], [1, 0])]).subarray(1);
    expect(decodeIdx(shifted).data).toEqual(Int16Array.of(256));
  });
});

describe("bytes that are not IDX", () => {
  const good = images(3);
  const patched = (at: number, value: number): Buffer => {
    const bytes = Buffer.from(good);
    bytes[at] = value;
    return bytes;
  };
  const zeros = gzipSync(new Uint8Array(50_000_000));
  test.each<[string, Uint8Array, RegExp]>([
    ["no bytes", new Uint8Array(0), /not an IDX file: it has only 0 bytes/],
    ["3 bytes", good.subarray(0, 3), /not an IDX file: it has only 3 bytes/],
    ["another magic number", patched(0, 1), /must begin with .*, got 01 00 08 03/],
    ["an unknown type", patched(2, 10), /must begin with .*, got 00 00 0a 03/],
    ["no axes", patched(3, 0), /must begin with .*, got 00 00 08 00/],
    ["a header cut short", good.subarray(0, 11), /truncated in its header of 3 axes/],
    ["data cut short", good.subarray(0, -1), /truncated: its header \[3, 2, 3\] needs 34 bytes, got 33/],
    ["bytes after the end", Buffer.concat([good, Buffer.of(0)]), /extra bytes at its end: .* needs 34 bytes, got 35/],
    ["too many axes", patched(3, 255), /truncated in its header of 255 axes/],
    ["a huge size", patched(4, 255), /truncated|larger than/],
    [
      "sizes whose product is infinite",
      idx(8, new Array(255).fill(2 ** 32 - 1), []),
      /larger than the largest possible array/,
    ],
    [
      "infinity times 0",
      idx(8, [...new Array(200).fill(2 ** 32 - 1), 0], []),
      /larger than the largest possible array/,
    ],
    ["a gzip stream cut short", gz(good).subarray(0, -5), /gzip stream is damaged/],
    ["a gzip header alone", gz(good).subarray(0, 10), /not an IDX file: it has only 0 bytes/],
    [
      "a gzip stream with a wrong checksum",
      Buffer.concat([gz(good).subarray(0, -8), Buffer.alloc(8)]),
      /gzip stream is damaged/,
    ],
    ["what begins as gzip only", Buffer.of(0x1f, 0x8b, 0, 0, 0), /gzip stream is damaged/],
    ["bytes after the gzip stream", Buffer.concat([gz(good), Buffer.from("more")]), /gzip stream is damaged/],
    ["a second gzip stream", Buffer.concat([gz(good), gz(good)]), /more than the 34 bytes|gzip stream is damaged/],
    ["more data than the header says, gzipped", gz(Buffer.concat([good, Buffer.of(0)])), /more than the 34 bytes/],
    ["less data than the header says, gzipped", gz(good.subarray(0, -1)), /truncated: .* needs 34 bytes, got 33/],
    [
      "a header that claims 2 GB, gzipped",
      gz(idx(8, [2 ** 31 - 1], [1, 2, 3])),
      /gzipped bytes are too few for \[2147483647\]/,
    ],
    ["50 MB of zeros, gzipped", zeros, /must begin with .*, got 00 00 00 00/],
  ])("%s", (_, bytes, message) => {
    expect(() => decodeIdx(bytes)).toThrow(FormatError);
    expect(() => decodeIdx(bytes)).toThrow(message);
  });

  test("a gzip bomb is not unpacked further than its header says", () => {
    const bomb = gzipSync(Buffer.concat([idx(8, [10], []), Buffer.alloc(100_000_000)]));
    const before = process.memoryUsage().arrayBuffers;
    let peak = 0;
    try {
      decodeIdx(bomb);
    } catch (error) {
      expect(String(error)).toMatch(/more than the 18 bytes/);
      peak = process.memoryUsage().arrayBuffers - before;
    }
    expect(peak).toBeLessThan(10_000_000);
  });

  test("a gzip header with a long comment", () => {
    const packed = gz(good);
    packed[3] = 16;
    const commented = Buffer.concat([
      packed.subarray(0, 10),
      Buffer.alloc(200_000, "c"),
      Buffer.of(0),
      packed.subarray(10),
    ]);
    expect(decodeIdx(commented)).toEqual(decodeIdx(good));
  });

  test("any change to a file decodes or is a FormatError", () => {
    const changes = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 3 });
    let decoded = 0;
    fc.assert(
      fc.property(changes, fc.nat(good.length), fc.boolean(), (list, cut, zipped) => {
        let bytes: Uint8Array = zipped ? gz(good) : Buffer.from(good);
        for (const [at, value] of list) bytes[at % bytes.length] = value;
        if (cut % 3 === 0) bytes = bytes.subarray(0, cut);
        try {
          decodeIdx(bytes);
          decoded++;
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 2000 },
    );
    expect(decoded).toBeGreaterThan(50);
  });
});

describe("files", () => {
  test("the message names the file", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "x-idx");
      await expect(readIdx(path)).rejects.toThrow(FileError);
      await writeFile(path, "nothing");
      await expect(readIdx(path)).rejects.toThrow(`readIdx: ${path}: not an IDX file`);
    });
  });

  test("the official test images and labels", async (context) => {
    const folder = sharedData(context, "mnist");
    const pictures = await readIdx(join(folder, "t10k-images-idx3-ubyte.gz"));
    const digits = await readIdx(join(folder, "t10k-labels-idx1-ubyte.gz"));
    expect([pictures.shape, digits.shape]).toEqual([[10_000, 28, 28], [10_000]]);
    expect(Array.from(digits.data.subarray(0, 10))).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
    // The mean of the test images, as is well known.
    let sum = 0;
    for (const pixel of pictures.data) sum += pixel / 255;
    expect(sum / pictures.data.length).toBeCloseTo(0.1325, 4);
  });
});
