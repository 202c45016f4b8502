/**
 * Turns a set of grey images into a dataset of samples for DataLoader. The sets come from `loadMnist` or `drawDigits`.
 */
import { ArgumentError } from "../../core/errors.js";
import { checkIndex, type Dataset, type HostArray } from "../dataset.js";
import type { ImageSet } from "./images.js";

/**
 * Labelled grey images as samples: `x` is float32 (1, height, width) with pixels in [0, 1], `y` int32, without axes.
 *
 * @throws ArgumentError if the set is not as large as it says
 */
export function imageDataset(set: ImageSet): Dataset<{ readonly x: HostArray; readonly y: HostArray }> {
  const { images, labels, count, height, width } = set;
  const pixels = height * width;
  if (labels.length !== count || images.length !== count * pixels)
    throw new ArgumentError(
      `imageDataset: ${count} images of ${height} x ${width}, but ${images.length} pixels and ${labels.length} labels`,
    );
  return {
    length: count,
    get(index) {
      checkIndex("imageDataset", index, count);
      const data = new Float32Array(pixels);
      // A plain loop: `from` with a function walks an iterator, many times slower.
      for (let p = 0; p < pixels; p++) data[p] = images[index * pixels + p] / 255;
      return {
        x: { shape: [1, height, width], data },
        y: { shape: [], data: Int32Array.of(labels[index]) },
      };
    },
  };
}
