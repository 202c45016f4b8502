/**
 * Unfolds image patches into the columns of a matrix, and folds them back. Called by conv-gemm.ts, a block of pixels
 * at a time.
 */
import type { Numbers } from "../../core/loops/numbers.js";
import type { ConvSizes } from "./conv-sizes.js";

/**
 * The output pixels [from, to), counted over all images, as stretches that lie in one row of one output image: for
 * each its image, the row and column of x under its first pixel's first tap (negative in the padding), and its length.
 */
export function stretchesOf(sizes: ConvSizes, from: number, to: number): Int32Array {
  const { outHeight, outWidth, strideHeight, strideWidth, top, left } = sizes;
  const stretches: number[] = [];
  for (let pixel = from; pixel < to; ) {
    const row = Math.floor(pixel / outWidth);
    const column = pixel - row * outWidth;
    const image = Math.floor(row / outHeight);
    const length = Math.min(outWidth - column, to - pixel);
    stretches.push(image, (row - image * outHeight) * strideHeight - top, column * strideWidth - left, length);
    pixel += length;
  }
  return Int32Array.from(stretches);
}

/**
 * Writes the input that the filters see at the output pixels of `stretches`: a row for each channel of the group and each tap,
 * a column for each pixel, 0 in the padding. The convolution is then the product weight * columns (Chellapilla, Puri
 * and Simard, "High performance convolutional neural networks for document processing", 2006).
 *
 * @param x - (N, C, H, W)
 * @param columns - (C/groups * R * S, pixels)
 */
export function im2col(x: Numbers, sizes: ConvSizes, group: number, stretches: Int32Array, columns: Numbers): void {
  const { channels, groupChannels, height, width, kernelHeight, kernelWidth, strideWidth } = sizes;
  let out = 0;
  for (let c = group * groupChannels; c < (group + 1) * groupChannels; c++) {
    for (let r = 0; r < kernelHeight; r++) {
      for (let s = 0; s < kernelWidth; s++) {
        for (let i = 0; i < stretches.length; i += 4) {
          const h = stretches[i + 1] + r * sizes.dilationHeight;
          const first = stretches[i + 2] + s * sizes.dilationWidth;
          const end = out + stretches[i + 3];
          const last = first + (stretches[i + 3] - 1) * strideWidth;
          const row = ((stretches[i] * channels + c) * height + h) * width;
          if (h < 0 || h >= height) {
            for (; out < end; out++) columns[out] = 0;
          } else if (first >= 0 && last < width) {
            for (let at = row + first; out < end; out++, at += strideWidth) columns[out] = x[at];
          } else {
            for (let w = first; out < end; out++, w += strideWidth) columns[out] = w >= 0 && w < width ? x[row + w] : 0;
          }
        }
      }
    }
  }
}

/**
 * The transpose of `im2col`: adds each element of `columns` to the element of the image that it was read from.
 *
 * @param image - (images, C/groups, H, W), the group's channels of the images from `firstImage` on
 */
export function col2im(
  columns: Numbers,
  sizes: ConvSizes,
  stretches: Int32Array,
  firstImage: number,
  image: Float64Array,
): void {
  const { groupChannels, height, width, kernelHeight, kernelWidth, strideWidth } = sizes;
  let from = 0;
  for (let c = 0; c < groupChannels; c++) {
    for (let r = 0; r < kernelHeight; r++) {
      for (let s = 0; s < kernelWidth; s++) {
        for (let i = 0; i < stretches.length; i += 4) {
          const h = stretches[i + 1] + r * sizes.dilationHeight;
          const first = stretches[i + 2] + s * sizes.dilationWidth;
          const end = from + stretches[i + 3];
          const last = first + (stretches[i + 3] - 1) * strideWidth;
          const row = (((stretches[i] - firstImage) * groupChannels + c) * height + h) * width;
          if (h < 0 || h >= height) {
            from = end;
          } else if (first >= 0 && last < width) {
            for (let at = row + first; from < end; from++, at += strideWidth) image[at] += columns[from];
          } else {
            for (let w = first; from < end; from++, w += strideWidth)
              if (w >= 0 && w < width) image[row + w] += columns[from];
          }
        }
      }
    }
  }
}
