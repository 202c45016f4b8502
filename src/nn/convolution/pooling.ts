import {
  type AvgPool2dOptions,
  adaptiveAvgPool2d,
  avgPool2d,
  type MaxPool2dOptions,
  maxPool2d,
  type Size2d,
} from "../../ops/index.js";
import type { Tensor } from "../../tensor.js";
import { Module } from "../module.js";

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

/** The average under a window that moves over images, (N, C, H, W) to (N, C, P, Q); see `avgPool2d`. */
export class AvgPool2d extends Module {
  readonly #kernelSize: Size2d;
  readonly #options: AvgPool2dOptions;

  constructor(kernelSize: Size2d, options: AvgPool2dOptions = {}) {
    super();
    this.#kernelSize = kernelSize;
    this.#options = options;
  }

  forward(x: Tensor): Tensor {
    return avgPool2d(x, this.#kernelSize, this.#options);
  }
}

/** Averages that bring images of any size to one, (N, C, H, W) to (N, C, ...outputSize); see `adaptiveAvgPool2d`. */
export class AdaptiveAvgPool2d extends Module {
  readonly #outputSize: Size2d;

  /** @param outputSize - 1 is the global average */
  constructor(outputSize: Size2d) {
    super();
    this.#outputSize = outputSize;
  }

  forward(x: Tensor): Tensor {
    return adaptiveAvgPool2d(x, this.#outputSize);
  }
}
