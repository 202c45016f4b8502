/** Builds IDX files of images and labels in memory for the tests of src/data. */
import { gzipSync } from "node:zlib";

/** Bytes of an IDX file: a type's code, sizes, and the elements as they lie in the file. */
export function idx(code: number, shape: readonly number[], elements: ArrayLike<number>): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header[2] = code;
  header[3] = shape.length;
  shape.forEach((size, axis) => void header.writeUInt32BE(size, 4 + 4 * axis));
  return Buffer.concat([header, Uint8Array.from(elements)]);
}

const uint8 = 8;

/** `count` images of 2 x 3; every pixel of image i is i. */
export const images = (count: number): Buffer =>
  idx(
    uint8,
    [count, 2, 3],
    Array.from({ length: count * 6 }, (_, p) => Math.floor(p / 6)),
  );

/** The label of image i is i mod 10. */
export const labels = (count: number): Buffer =>
  idx(
    uint8,
    [count],
    Array.from({ length: count }, (_, i) => i % 10),
  );

export const gz = (bytes: Uint8Array): Buffer => gzipSync(bytes);
