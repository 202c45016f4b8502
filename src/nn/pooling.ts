import { type MaxPool2dOptions, maxPool2d, type Size2d } from "../ops/index.js";
import type { Tensor } from "../tensor.js";
import { Module } from "./module.js";

/** The largest element under a window that moves over images, (N, C, H, W) to (N, C, P, Q); see `maxPool2d`. */
export class MaxPool2d extends Module {
  readonly #kernelSize: Size2d;
  readonly #options: MaxPool2dOptions;

  constructor(kernelSize: Size2d, options: MaxPool2dOptions = {}) {
    super();
    this.#kernelSize = kernelSize;
    this.#options = options;
  }

  forward(x: Tensor): Tensor {
    return maxPool2d(x, this.#kernelSize, this.#options);
  }
}
