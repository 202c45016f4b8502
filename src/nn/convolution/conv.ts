/**
 * Convolution layers: Conv1d, Conv2d and ConvTranspose2d hold the filters and call the ops `conv1d`, `conv2d` and
 * `convTranspose2d`. Users import them from `wengert/nn`. Padding other than zeros is in padding-mode.ts.
 */
import { ArgumentError } from "../../core/errors.js";
import type { Shape } from "../../core/shape.js";
import {
  type Conv1dOptions,
  type Conv2dOptions,
  type ConvTranspose2dOptions,
  conv1d,
  conv2d,
  convTranspose2d,
  type Size2d,
} from "../../ops/index.js";
import type { Tensor } from "../../tensor.js";
import { checkSize, defaultParameters, type InitOptions } from "../init/init.js";
import { Module } from "../module.js";
import { type PaddingMode, padFor } from "./padding-mode.js";

interface LayerOptions extends InitOptions {
  /** Whether a bias is added. Default true. */
  readonly bias?: boolean;
}

interface PaddedOptions extends LayerOptions {
  /** The values in the padding. Default "zeros". */
  readonly paddingMode?: PaddingMode;
}

/** Options of `Conv1d`. */
export interface Conv1dLayerOptions extends Conv1dOptions, PaddedOptions {}
/** Options of `Conv2d`. */
export interface Conv2dLayerOptions extends Conv2dOptions, PaddedOptions {}
/** Options of `ConvTranspose2d`. */
export interface ConvTranspose2dLayerOptions extends ConvTranspose2dOptions, LayerOptions {}

/** Throws unless a convolution's sizes are positive integers and both numbers of channels are divisible by groups. */
function checkConvSizes(layer: string, inChannels: number, outChannels: number, kernel: Shape, groups: number): void {
  const sides = kernel.length === 1 ? ["kernelSize"] : ["the kernel's height", "the kernel's width"];
  checkSize(layer, "inChannels", inChannels);
  checkSize(layer, "outChannels", outChannels);
  kernel.forEach((size, axis) => {
    checkSize(layer, sides[axis], size);
  });
  checkSize(layer, "groups", groups);
  if (inChannels % groups !== 0 || outChannels % groups !== 0)
    throw new ArgumentError(
      `${layer}: inChannels and outChannels must be divisible by groups = ${groups}, got ${inChannels} and ${outChannels}`,
    );
}

const pairOf = (size: Size2d): readonly [number, number] => (typeof size === "number" ? [size, size] : size);

/** The convolution of sequences, (N, C, L) to (N, K, Q), with learned filters; see `conv1d`. */
export class Conv1d extends Module {
  /** The filters, (K, C / groups, S). */
  weight: Tensor;
  /** The bias of each output channel, (K); null for none. */
  bias: Tensor | null;
  readonly #paddingMode: PaddingMode;
  readonly #options: Conv1dOptions;

  /**
   * @param inChannels - C
   * @param outChannels - K
   * @param kernelSize - S, the length of the filters
   * @throws ArgumentError unless sizes are integers of 1 or more and groups divide both numbers of channels
   */
  constructor(inChannels: number, outChannels: number, kernelSize: number, layerOptions: Conv1dLayerOptions = {}) {
    super();
    const { bias = true, paddingMode = "zeros", generator, dtype, device, ...options } = layerOptions;
    const { groups = 1 } = options;
    checkConvSizes("Conv1d", inChannels, outChannels, [kernelSize], groups);
    const shape = [outChannels, inChannels / groups, kernelSize];
    const init = { generator, dtype, device };
    ({ weight: this.weight, bias: this.bias } = defaultParameters(shape, bias ? outChannels : null, init));
    this.#paddingMode = paddingMode;
    this.#options = options;
  }

  /**
   * Convolves sequences with the filters.
   *
   * @param x - (N, C, L)
   * @returns (N, K, Q)
   * @throws ShapeError if x does not fit the filters
   */
  forward(x: Tensor): Tensor {
    const padded = padFor("Conv1d", x, this.weight, this.#paddingMode, this.#options);
    return conv1d(padded.x, this.weight, this.bias, { ...this.#options, ...padded.options });
  }
}

/** The convolution of images, (N, C, H, W) to (N, K, P, Q), with learned filters; see `conv2d`. */
export class Conv2d extends Module {
  /** The filters, (K, C / groups, R, S). */
  weight: Tensor;
  /** The bias of each output channel, (K); null for none. */
  bias: Tensor | null;
  readonly #paddingMode: PaddingMode;
  readonly #options: Conv2dOptions;

  /**
   * @param inChannels - C
   * @param outChannels - K
   * @param kernelSize - R and S, the height and width of the filters; one number for both
   * @throws ArgumentError unless sizes are integers of 1 or more and groups divide both numbers of channels
   */
  constructor(inChannels: number, outChannels: number, kernelSize: Size2d, layerOptions: Conv2dLayerOptions = {}) {
    super();
    const { bias = true, paddingMode = "zeros", generator, dtype, device, ...options } = layerOptions;
    const { groups = 1 } = options;
    const kernel = pairOf(kernelSize);
    checkConvSizes("Conv2d", inChannels, outChannels, kernel, groups);
    const shape = [outChannels, inChannels / groups, ...kernel];
    const init = { generator, dtype, device };
    ({ weight: this.weight, bias: this.bias } = defaultParameters(shape, bias ? outChannels : null, init));
    this.#paddingMode = paddingMode;
    this.#options = options;
  }

  /**
   * Convolves images with the filters.
   *
   * @param x - (N, C, H, W)
   * @returns (N, K, P, Q)
   * @throws ShapeError if x does not fit the filters
   */
  forward(x: Tensor): Tensor {
    const padded = padFor("Conv2d", x, this.weight, this.#paddingMode, this.#options);
    return conv2d(padded.x, this.weight, this.bias, { ...this.#options, ...padded.options });
  }
}

/**
 * The transposed convolution of images, (N, C, H, W) to (N, K, P, Q), which makes them larger with learned filters; see
 * `convTranspose2d`.
 */
export class ConvTranspose2d extends Module {
  /** The filters, (C, K / groups, R, S). */
  weight: Tensor;
  /** The bias of each output channel, (K); null for none. */
  bias: Tensor | null;
  readonly #options: ConvTranspose2dOptions;

  /**
   * @param inChannels - C
   * @param outChannels - K
   * @param kernelSize - R and S, the height and width of the filters; one number for both
   * @throws ArgumentError unless sizes are integers of 1 or more and groups divide both numbers of channels
   */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size2d,
    { bias = true, generator, dtype, device, ...options }: ConvTranspose2dLayerOptions = {},
  ) {
    super();
    const { groups = 1 } = options;
    const kernel = pairOf(kernelSize);
    checkConvSizes("ConvTranspose2d", inChannels, outChannels, kernel, groups);
    const shape = [inChannels, outChannels / groups, ...kernel];
    const init = { generator, dtype, device };
    ({ weight: this.weight, bias: this.bias } = defaultParameters(shape, bias ? outChannels : null, init));
    this.#options = options;
  }

  /**
   * Applies the transposed convolution to images.
   *
   * @param x - (N, C, H, W)
   * @returns (N, K, P, Q)
   * @throws ShapeError if x does not fit the filters
   */
  forward(x: Tensor): Tensor {
    return convTranspose2d(x, this.weight, this.bias, this.#options);
  }
}
