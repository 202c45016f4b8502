import { ArgumentError } from "../core/errors.js";
import { type Conv2dOptions, conv2d, type Size2d } from "../ops/index.js";
import type { Tensor } from "../tensor.js";
import { checkSize, defaultParameters, type InitOptions } from "./init.js";
import { Module } from "./module.js";

export interface Conv2dLayerOptions extends Conv2dOptions, InitOptions {
  /** Whether a bias is added. Default true. */
  readonly bias?: boolean;
}

/** The convolution of images, (N, C, H, W) to (N, K, P, Q), with learned filters; see `conv2d`. */
export class Conv2d extends Module {
  /** (K, C/groups, R, S) */
  weight: Tensor;
  /** (K) */
  bias: Tensor | null;
  readonly #options: Conv2dOptions;

  /**
   * @param kernelSize - height and width of the filters; one number for both
   * @throws ArgumentError unless sizes are integers of 1 or more and groups divide both numbers of channels
   */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size2d,
    { bias = true, generator, dtype, device, ...options }: Conv2dLayerOptions = {},
  ) {
    super();
    const [height, width] = typeof kernelSize === "number" ? [kernelSize, kernelSize] : kernelSize;
    const { groups = 1 } = options;
    const sizes = { inChannels, outChannels, "the kernel's height": height, "the kernel's width": width, groups };
    for (const [name, size] of Object.entries(sizes)) checkSize("Conv2d", name, size);
    if (inChannels % groups !== 0 || outChannels % groups !== 0)
      throw new ArgumentError(`Conv2d: ${groups} groups do not divide ${inChannels} and ${outChannels} channels`);
    const shape = [outChannels, inChannels / groups, height, width];
    ({ weight: this.weight, bias: this.bias } = defaultParameters(shape, bias, { generator, dtype, device }));
    this.#options = options;
  }

  forward(x: Tensor): Tensor {
    return conv2d(x, this.weight, this.bias, this.#options);
  }
}
