/**
 * The three products of a convolution as direct loops, for groups of so few channels that a matrix product has
 * nothing to reuse: depthwise convolutions above all. Rows are added up in float64. Called by conv.ts.
 */
import type { Numbers } from "../../core/loops/numbers.js";
import type { ConvSizes } from "./conv-sizes.js";

/** The output columns [first, end) whose tap `s` falls inside the image. */
function columnsInside(
  { left, dilationWidth, strideWidth, width, outWidth }: ConvSizes,
  s: number,
): [first: number, end: number] {
  const shift = left - s * dilationWidth;
  return [
    Math.max(0, Math.ceil(shift / strideWidth)),
    Math.min(outWidth, Math.floor((width - 1 + shift) / strideWidth) + 1),
  ];
}

const allColumnsInside = (sizes: ConvSizes): [first: number, end: number][] =>
  Array.from({ length: sizes.kernelWidth }, (_, s) => columnsInside(sizes, s));

/** y[n, k, p, q] = bias[k] + sum over c, r, s of weight[k, c, r, s] x[n, c, h, w], h and w being under tap (r, s). */
export function forwardDirect(x: Numbers, weight: Numbers, bias: Numbers | null, y: Numbers, sizes: ConvSizes): void {
  const { images, channels, filters, groupChannels, groupFilters, height, width, outHeight, outWidth } = sizes;
  const { kernelHeight, kernelWidth, strideWidth } = sizes;
  const inside = allColumnsInside(sizes);
  const row = new Float64Array(outWidth);
  for (let n = 0; n < images; n++) {
    for (let k = 0; k < filters; k++) {
      const firstChannel = Math.floor(k / groupFilters) * groupChannels;
      for (let p = 0; p < outHeight; p++) {
        row.fill(bias ? bias[k] : 0);
        for (let c = 0; c < groupChannels; c++) {
          for (let r = 0; r < kernelHeight; r++) {
            const h = p * sizes.strideHeight - sizes.top + r * sizes.dilationHeight;
            if (h < 0 || h >= height) continue;
            const xRow = ((n * channels + firstChannel + c) * height + h) * width - sizes.left;
            for (let s = 0; s < kernelWidth; s++) {
              const tap = weight[((k * groupChannels + c) * kernelHeight + r) * kernelWidth + s];
              const [first, end] = inside[s];
              const start = xRow + s * sizes.dilationWidth;
              for (let q = first; q < end; q++) row[q] += tap * x[start + q * strideWidth];
            }
          }
        }
        y.set(row, ((n * filters + k) * outHeight + p) * outWidth);
      }
    }
  }
}

/** dx[n, c, h, w] = bias[c] + sum of weight[k, c, r, s] dy[n, k, p, q] over the taps that read it. */
export function gradInputDirect(
  dy: Numbers,
  weight: Numbers,
  bias: Numbers | null,
  dx: Numbers,
  sizes: ConvSizes,
): void {
  const { images, channels, filters, groupChannels, groupFilters, height, width, outHeight, outWidth } = sizes;
  const { kernelHeight, kernelWidth, strideHeight, strideWidth } = sizes;
  const inside = allColumnsInside(sizes);
  const row = new Float64Array(width);
  for (let n = 0; n < images; n++) {
    for (let channel = 0; channel < channels; channel++) {
      const group = Math.floor(channel / groupChannels);
      const c = channel - group * groupChannels;
      for (let h = 0; h < height; h++) {
        row.fill(bias ? bias[channel] : 0);
        for (let k = group * groupFilters; k < (group + 1) * groupFilters; k++) {
          for (let r = 0; r < kernelHeight; r++) {
            const p = (h + sizes.top - r * sizes.dilationHeight) / strideHeight;
            if (p < 0 || p >= outHeight || !Number.isInteger(p)) continue;
            const yRow = ((n * filters + k) * outHeight + p) * outWidth;
            for (let s = 0; s < kernelWidth; s++) {
              const tap = weight[((k * groupChannels + c) * kernelHeight + r) * kernelWidth + s];
              const [first, end] = inside[s];
              const start = s * sizes.dilationWidth - sizes.left;
              for (let q = first; q < end; q++) row[start + q * strideWidth] += tap * dy[yRow + q];
            }
          }
        }
        dx.set(row, ((n * channels + channel) * height + h) * width);
      }
    }
  }
}

/** dw[k, c, r, s] = sum over n, p, q of dy[n, k, p, q] x[n, c, h, w], h and w being under tap (r, s). */
export function gradWeightDirect(x: Numbers, dy: Numbers, dw: Numbers, sizes: ConvSizes): void {
  const { images, channels, filters, groupChannels, groupFilters, height, width, outHeight, outWidth } = sizes;
  const { kernelHeight, kernelWidth, strideWidth } = sizes;
  const inside = allColumnsInside(sizes);
  let out = 0;
  for (let k = 0; k < filters; k++) {
    for (let c = 0; c < groupChannels; c++) {
      const channel = Math.floor(k / groupFilters) * groupChannels + c;
      for (let r = 0; r < kernelHeight; r++) {
        for (let s = 0; s < kernelWidth; s++) {
          const [first, end] = inside[s];
          let sum = 0;
          for (let n = 0; n < images; n++) {
            for (let p = 0; p < outHeight; p++) {
              const h = p * sizes.strideHeight - sizes.top + r * sizes.dilationHeight;
              if (h < 0 || h >= height) continue;
              const start = ((n * channels + channel) * height + h) * width - sizes.left + s * sizes.dilationWidth;
              const yRow = ((n * filters + k) * outHeight + p) * outWidth;
              for (let q = first; q < end; q++) sum += dy[yRow + q] * x[start + q * strideWidth];
            }
          }
          dw[out++] = sum;
        }
      }
    }
  }
}
