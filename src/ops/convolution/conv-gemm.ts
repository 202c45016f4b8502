/**
 * The three products of a convolution as matrix products over blocks of output pixels. Blocks cross from one image
 * into the next, so that small images fill them, and large images are never unfolded whole. Called by conv.ts.
 */
import { gemm } from "../../core/loops/gemm.js";
import type { Numbers } from "../../core/loops/numbers.js";
import type { ConvSizes } from "./conv-sizes.js";
import { col2im, im2col, stretchesOf } from "./im2col.js";

const blockPixels = 256;

/** y = weight * im2col(x) + bias, block by block. Sums stay in float64 until they are stored. */
export function forwardByGemm(x: Numbers, weight: Numbers, bias: Numbers | null, y: Numbers, sizes: ConvSizes): void {
  const { images, groups, groupFilters, patch, pixels } = sizes;
  const total = images * pixels;
  const block = Math.min(blockPixels, total);
  const columns = sameKind(x, patch * block);
  const product = new Float64Array(groupFilters * block);
  for (let from = 0; from < total; from += block) {
    const to = Math.min(from + block, total);
    const stretches = stretchesOf(sizes, from, to);
    for (let group = 0; group < groups; group++) {
      im2col(x, sizes, group, stretches, columns);
      const filters = group * groupFilters * patch;
      gemm(groupFilters, to - from, patch, weight, filters, false, columns, 0, false, product, 0, false);
      storeBlock(product, bias, y, sizes, group, from, to);
    }
  }
}

/** dx = col2im(weight^T * dy) + bias: a few whole images at a time, added up in float64. */
export function gradInputByGemm(
  dy: Numbers,
  weight: Numbers,
  bias: Numbers | null,
  dx: Numbers,
  sizes: ConvSizes,
): void {
  const { images, groups, channels, groupChannels, groupFilters, patch, pixels } = sizes;
  const plane = sizes.height * sizes.width;
  const together = Math.min(images, Math.max(1, Math.floor(blockPixels / pixels)));
  const block = Math.min(blockPixels, together * pixels);
  const columns = new Float64Array(patch * block);
  const cotangents = sameKind(dy, groupFilters * block);
  const sums = new Float64Array(together * groupChannels * plane);
  for (let first = 0; first < images; first += together) {
    const end = Math.min(first + together, images);
    for (let group = 0; group < groups; group++) {
      sums.fill(0);
      for (let from = first * pixels; from < end * pixels; from += block) {
        const to = Math.min(from + block, end * pixels);
        loadBlock(dy, cotangents, sizes, group, from, to);
        const filters = group * groupFilters * patch;
        gemm(patch, to - from, groupFilters, weight, filters, true, cotangents, 0, false, columns, 0, false);
        col2im(columns, sizes, stretchesOf(sizes, from, to), first, sums);
      }
      for (let image = first; image < end; image++) {
        for (let c = 0; c < groupChannels; c++) {
          const channel = group * groupChannels + c;
          const b = bias ? bias[channel] : 0;
          const [start, at] = [((image - first) * groupChannels + c) * plane, (image * channels + channel) * plane];
          for (let i = 0; i < plane; i++) dx[at + i] = sums[start + i] + b;
        }
      }
    }
  }
}

/** dw = sum over blocks of dy * im2col(x)^T, in float64. */
export function gradWeightByGemm(x: Numbers, dy: Numbers, dw: Numbers, sizes: ConvSizes): void {
  const { images, groups, filters, groupFilters, patch, pixels } = sizes;
  const total = images * pixels;
  const block = Math.min(blockPixels, total);
  const columns = sameKind(x, patch * block);
  const cotangents = sameKind(dy, groupFilters * block);
  const sums = new Float64Array(filters * patch);
  for (let from = 0; from < total; from += block) {
    const to = Math.min(from + block, total);
    const stretches = stretchesOf(sizes, from, to);
    for (let group = 0; group < groups; group++) {
      im2col(x, sizes, group, stretches, columns);
      loadBlock(dy, cotangents, sizes, group, from, to);
      gemm(
        groupFilters,
        patch,
        to - from,
        cotangents,
        0,
        false,
        columns,
        0,
        true,
        sums,
        group * groupFilters * patch,
        true,
      );
    }
  }
  dw.set(sums);
}

/** An array of the class of `x`: the loops of gemm are compiled for few classes. */
const sameKind = (x: Numbers, length: number): Numbers =>
  x instanceof Float64Array ? new Float64Array(length) : new Float32Array(length);

/** Copies the output pixels [from, to) of a group's filters from (N, K, P, Q) into (K/groups, pixels). */
function loadBlock(
  y: Numbers,
  block: Numbers,
  { filters, groupFilters, pixels }: ConvSizes,
  group: number,
  from: number,
  to: number,
): void {
  let out = 0;
  for (let k = group * groupFilters; k < (group + 1) * groupFilters; k++) {
    for (let pixel = from; pixel < to; ) {
      const image = Math.floor(pixel / pixels);
      const count = Math.min((image + 1) * pixels, to) - pixel;
      const start = (image * (filters - 1) + k) * pixels + pixel;
      for (let i = 0; i < count; i++) block[out + i] = y[start + i];
      out += count;
      pixel += count;
    }
  }
}

/** The way back from (K/groups, pixels) into (N, K, P, Q), with the bias added. */
function storeBlock(
  block: Float64Array,
  bias: Numbers | null,
  y: Numbers,
  { filters, groupFilters, pixels }: ConvSizes,
  group: number,
  from: number,
  to: number,
): void {
  let at = 0;
  for (let k = group * groupFilters; k < (group + 1) * groupFilters; k++) {
    const b = bias ? bias[k] : 0;
    for (let pixel = from; pixel < to; ) {
      const image = Math.floor(pixel / pixels);
      const count = Math.min((image + 1) * pixels, to) - pixel;
      const start = (image * (filters - 1) + k) * pixels + pixel;
      for (let i = 0; i < count; i++) y[start + i] = block[at + i] + b;
      at += count;
      pixel += count;
    }
  }
}
