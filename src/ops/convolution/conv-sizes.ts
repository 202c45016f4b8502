/**
 * The sizes of a convolution by name, from the lists of numbers that its kernel gets. Used by the CPU loops of
 * convolutions.
 */

/** The sizes of a convolution of images, as its kernels get them. */
export interface ConvSizes {
  readonly images: number;
  readonly groups: number;
  /** Channels of x and of y, in all and in one group. */
  readonly channels: number;
  readonly filters: number;
  readonly groupChannels: number;
  readonly groupFilters: number;
  readonly height: number;
  readonly width: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly strideHeight: number;
  readonly strideWidth: number;
  readonly top: number;
  readonly left: number;
  readonly dilationHeight: number;
  readonly dilationWidth: number;
  /** Elements of x that one element of y depends on. */
  readonly patch: number;
  /** Elements of one channel of y. */
  readonly pixels: number;
}

/** The numbers of a convolution's kernel, by name. */
export function convSizes(
  [images, channels, height, width]: readonly number[],
  [filters, groupChannels, kernelHeight, kernelWidth]: readonly number[],
  [, , outHeight, outWidth]: readonly number[],
  [strideHeight, strideWidth]: readonly number[],
  [top, left]: readonly number[],
  [dilationHeight, dilationWidth]: readonly number[],
  groups: number,
): ConvSizes {
  return {
    images,
    groups,
    channels,
    filters,
    groupChannels,
    groupFilters: filters / groups,
    height,
    width,
    kernelHeight,
    kernelWidth,
    outHeight,
    outWidth,
    strideHeight,
    strideWidth,
    top,
    left,
    dilationHeight,
    dilationWidth,
    patch: groupChannels * kernelHeight * kernelWidth,
    pixels: outHeight * outWidth,
  };
}
