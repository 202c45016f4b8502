/**
 * The type of labelled grey images, and the choice of some of them. Used by `loadMnist`, `drawDigits`, `Batches` and
 * `imageDataset`.
 */
import { ArgumentError } from "../../core/errors.js";

/** Labelled grey images, one byte a pixel. */
export interface ImageSet {
  /** Row-major (count, height, width); 0 is the background, 255 the brightest. */
  readonly images: Uint8Array;
  /** The class of each image, counted from 0. */
  readonly labels: Uint8Array;
  /** The number of images. */
  readonly count: number;
  /** The height of each image, in pixels. */
  readonly height: number;
  /** The width of each image, in pixels. */
  readonly width: number;
}

/** The images of `set` at `indices`, in that order. */
export function selectImages(set: ImageSet, indices: ArrayLike<number>): ImageSet {
  const { height, width } = set;
  const pixels = height * width;
  const images = new Uint8Array(indices.length * pixels);
  const labels = new Uint8Array(indices.length);
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i];
    if (!Number.isInteger(from) || from < 0 || from >= set.count)
      throw new ArgumentError(`selectImages: index ${from} is out of range for a set of ${set.count} images`);
    images.set(set.images.subarray(from * pixels, (from + 1) * pixels), i * pixels);
    labels[i] = set.labels[from];
  }
  return { images, labels, count: indices.length, height, width };
}
